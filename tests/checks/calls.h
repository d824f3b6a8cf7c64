/* SPDX-License-Identifier: MIT */
/*
 * The calls whose allocations fail_nth.c lets fail. Each runs in a child of its own, so what it opens
 * and maps goes with that; clean() runs in process 1 afterwards and undoes what stays. run() answers
 * 0 or more, or -errno; prepare(), before it, may allocate as it likes. What run() writes to is
 * touched before, so that no page fault of the program counts.
 */
#ifndef CALLS_H
#define CALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct call {
	const char *name;
	int (*run)(void);
	int (*prepare)(void);
	void (*clean)(void);
	int also;			/* an errno that is honest, too */
	int may_die;			/* the signal that may end it instead */
	int planted;			/* only if asked for: a planted bug */
};

static int fd_a, fd_b, pipe_fd[2];
static char *area;
static pid_t victim;
static char buffer[65536];

static long rc(long ret) { return ret < 0 ? -errno : ret; }

/* ---- tasks ---- */

/* A child that ends at once; the parent waits for it. */
static int reap(pid_t pid)
{
	int status;

	if (pid < 0)
		return -errno;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -ECHILD;
}

static int do_fork(void)
{
	pid_t pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	return reap(pid);
}

static int many_areas(void)
{
	for (int i = 0; i < 40; i++)
		if (mmap(NULL, 8192, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
			return -errno;
	memset(buffer, 1, sizeof(buffer));
	return 0;
}

static int do_clone_parts(void)
{
	pid_t pid = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_FS | SIGCHLD, 0, &victim, 0, 0);

	if (pid == 0)
		_exit(0);
	return reap(pid);
}

static void *thread(void *arg) { return arg; }

/* pthread_create(3) answers EAGAIN for any ENOMEM of clone(2). */
static int do_thread(void)
{
	pthread_t t;
	int error = pthread_create(&t, NULL, thread, NULL);

	if (error)
		return -error;
	return -pthread_join(t, NULL);
}

/* The new program: did its task's allocation fail? 0: it is still to come */
static int after_exec(void)
{
	char text[16];
	int fd = -1;

	for (int tries = 0; fd < 0 && tries < 9; tries++)
		fd = open("/proc/self/fail-nth", O_RDONLY);
	return fd < 0 || read(fd, text, sizeof(text)) < 1 || *text == '0';
}

static int run_program(const char *path)
{
	char *argv[] = { (char *)path, "ran", NULL }, *envp[] = { NULL };
	int status, error;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		execve(path, argv, envp);
		_exit(errno);
	}
	if (pid < 0)
		return -errno;
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	error = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return -error;
}

static int do_vfork(void) { return run_program("/init"); }

static int exec_self(const char *path)
{
	char *argv[] = { (char *)path, "exec", NULL }, *envp[] = { NULL };

	execve(path, argv, envp);
	return -errno;
}

static int do_setsid_group(void) { return setpgid(0, 0) ? -errno : 0; }

static int do_unshare(void) { return rc(unshare(CLONE_FILES | CLONE_FS)); }

static int do_setuid(void)
{
	gid_t groups[40] = { 1, 2, 3 };

	if (setgroups(40, groups) || setresgid(5, 5, 5))
		return -errno;
	return 0;
}

static int do_affinity(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return rc(sched_setaffinity(0, sizeof(set), &set));
}

/* ---- memory ---- */

static int do_mmap(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	return 0;
}

static int do_mmap_populate(void)
{
	void *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int do_mmap_file(void)
{
	void *p = mmap(NULL, 1 << 16, PROT_READ, MAP_SHARED, fd_a, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static int map_area(void)
{
	area = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return area == MAP_FAILED ? -errno : 0;
}

static int do_munmap_middle(void) { return rc(munmap(area + 65536, 65536)); }
static int do_mprotect_middle(void) { return rc(mprotect(area + 65536, 65536, PROT_READ)); }
static int do_madvise(void) { return rc(madvise(area + 4096, 4096, MADV_DONTFORK)); }
static int do_mlock(void) { return rc(mlock(area, 65536)); }

static int do_mremap(void)
{
	void *p = mremap(area, 65536, 1 << 21, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, 1 << 21);
	return map_area();
}

/* The middle goes elsewhere, and leaves two areas behind. */
static int do_mremap_middle(void)
{
	return mremap(area + 65536, 65536, 1 << 17, MREMAP_MAYMOVE) == MAP_FAILED ? -errno : 0;
}

static int do_brk(void)
{
	char *now = (char *)syscall(SYS_brk, 0);
	char *then = (char *)syscall(SYS_brk, now + (1 << 20));

	return then == now + (1 << 20) ? 0 : -ENOMEM;
}

/* The kernel touches memory that is not there yet: the copy fails, and no one is killed. */
static int do_fault_in_call(void)
{
	ssize_t n = pread(fd_a, area + 128 * 1024, 4096, 0);

	return n == 4096 ? 0 : n < 0 ? -errno : -EFAULT;
}

/* As the program itself does: the fault is tried again. */
static int do_fault(void)
{
	for (int i = 0; i < 8; i++)
		((volatile char *)area)[i * 65536] = 1;
	return 0;
}

static int do_memfd(void)
{
	int fd = syscall(SYS_memfd_create, "m", 0);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, 1 << 20) || pwrite(fd, buffer, 8192, 65536) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return close(fd) ? -errno : 0;
}

/* ---- files ---- */

static int open_file(void)
{
	fd_a = open("/tmp/file", O_RDWR | O_CLOEXEC);
	memset(buffer, 1, sizeof(buffer));
	return fd_a < 0 ? -errno : map_area();
}

static int close_after(int fd) { return fd < 0 ? -errno : close(fd) ? -errno : 0; }

static int do_open(void) { return close_after(open("/tmp/dir/below/../../file", O_RDONLY)); }
static int do_create(void) { return close_after(open("/tmp/new", O_CREAT | O_RDWR, 0644)); }
static void rm_new(void) { unlink("/tmp/new"); unlink("/tmp/new2"); rmdir("/tmp/new"); }
static int do_mkdir(void) { return rc(mkdir("/tmp/new", 0755)); }
static int do_symlink(void) { return rc(symlink("/a/long/enough/target/that/is/not/inline/anywhere", "/tmp/new")); }
static int do_link(void) { return rc(link("/tmp/file", "/tmp/new")); }
static int do_mknod(void) { return rc(mknod("/tmp/new", S_IFIFO | 0644, 0)); }

static int make_new(void)
{
	int fd = open("/tmp/new", O_CREAT | O_RDWR, 0644);

	return fd < 0 ? -errno : close(fd) ? -errno : 0;
}

static int do_rename(void)
{
	if (!access("/tmp/new2", F_OK))
		return 0;
	return rc(rename("/tmp/new", "/tmp/new2"));
}

static int do_unlink(void) { return unlink("/tmp/new") && errno != ENOENT ? -errno : 0; }

static int do_stat(void)
{
	struct stat st;

	return rc(stat("/tmp/dir/below/link", &st));
}

static int do_readlink(void) { return rc(readlink("/proc/self/exe", buffer, 100)); }
static int do_getcwd(void) { return rc(syscall(SYS_getcwd, buffer, 4096)); }
static int do_chdir(void) { return rc(chdir("/tmp/dir/below")); }
static int do_truncate(void) { return rc(truncate("/tmp/file", 70000)); }
static int do_chmod(void) { return rc(chmod("/tmp/file", 0600)); }

static int do_utimens(void) { return rc(utimensat(AT_FDCWD, "/tmp/file", NULL, 0)); }

static int do_getdents(void)
{
	int fd = open("/tmp/dir", O_RDONLY | O_DIRECTORY), n = -1, error;

	if (fd < 0)
		return -errno;
	n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer));
	error = errno;
	close(fd);
	return n < 0 ? -error : 0;
}

static int read_all(const char *path)
{
	int fd = open(path, O_RDONLY), n, error;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	error = errno;
	close(fd);
	return n < 0 ? -error : 0;
}

static int do_read_status(void) { return read_all("/proc/self/status"); }
static int do_read_maps(void) { return read_all("/proc/self/maps"); }
static int do_read_stat(void) { return read_all("/proc/stat"); }
static int do_read_mounts(void) { return read_all("/proc/self/mountinfo"); }
static int do_read_cmdline(void) { return read_all("/proc/self/cmdline"); }
static int do_read_slabinfo(void) { return read_all("/proc/slabinfo"); }

static int do_list_proc(void)
{
	int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY), n, error;

	if (fd < 0)
		return -errno;
	n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer));
	error = errno;
	close(fd);
	return n < 0 ? -error : 0;
}

/* The end of a write that could do a part is a success. */
static int do_write(void)
{
	ssize_t n = pwrite(fd_a, buffer, 40000, 200000);

	return n < 0 ? -errno : 0;
}

static int do_write_hole(void) { return rc(pwrite(fd_a, buffer, 10, 1L << 33)); }

static int do_writev(void)
{
	struct iovec v[64];

	for (int i = 0; i < 64; i++)
		v[i] = (struct iovec){ buffer + i, 16 };
	return rc(pwritev(fd_a, v, 64, 0));
}

static int do_fallocate(void) { return rc(fallocate(fd_a, 0, 1 << 20, 65536)); }
static int do_flock(void) { return rc(flock(fd_a, LOCK_EX)); }

static int do_lock(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
	int ret = rc(fcntl(fd_a, F_SETLK, &l));

	l = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 14, .l_len = 2 };
	return ret < 0 ? ret : rc(fcntl(fd_a, F_SETLK, &l));
}

static int do_dup_far(void)
{
	struct rlimit r = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &r);
	return close_after(dup2(1, 2000));
}

static int do_owner(void) { return rc(fcntl(fd_a, F_SETOWN, getpid())); }

static int do_sendfile(void)
{
	off_t at = 0;

	return rc(sendfile(fd_b, fd_a, &at, 20000));
}

static int open_two(void)
{
	int error = open_file();

	fd_b = open("/tmp/file2", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	return error ? error : fd_b < 0 ? -errno : 0;
}

/* ---- descriptors of other kinds ---- */

static int do_pipe(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	close(fd[0]);
	return rc(close(fd[1]));
}

static int open_pipe(void)
{
	int error = open_file();

	return error ? error : rc(pipe2(pipe_fd, O_NONBLOCK));
}

static int do_pipe_write(void)
{
	ssize_t n = write(pipe_fd[1], buffer, 20000);
	int error = errno;

	while (read(pipe_fd[0], buffer, sizeof(buffer)) > 0)
		;
	return n < 0 ? -error : 0;
}

static int do_pipe_size(void) { return rc(fcntl(pipe_fd[1], F_SETPIPE_SZ, 262144)); }

static int do_splice(void)
{
	loff_t at = 0;
	ssize_t n = splice(fd_a, &at, pipe_fd[1], NULL, 16384, 0);
	int error = errno;

	while (read(pipe_fd[0], buffer, sizeof(buffer)) > 0)
		;
	return n < 0 ? -error : 0;
}

static int do_socketpair(void)
{
	int fd[2];

	if (syscall(SYS_socketpair, 1, 1, 0, fd))
		return errno == ENOSYS || errno == EAFNOSUPPORT ? 0 : -errno;
	close(fd[0]);
	return rc(close(fd[1]));
}

static int do_eventfd(void) { return close_after(eventfd(0, 0)); }
static int do_epoll(void) { return close_after(epoll_create1(0)); }

static int do_epoll_ctl(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(0), ret;

	if (fd < 0)
		return -errno;
	ret = rc(epoll_ctl(fd, EPOLL_CTL_ADD, pipe_fd[0], &e));
	close(fd);
	return ret;
}

static int do_timerfd(void)
{
	struct itimerspec t = { .it_value.tv_sec = 100 };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ret;

	if (fd < 0)
		return -errno;
	ret = rc(timerfd_settime(fd, 0, &t, NULL));
	close(fd);
	return ret;
}

static int do_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return close_after(signalfd(-1, &set, 0));
}

static int do_poll(void)
{
	static struct pollfd p[600];

	for (int i = 0; i < 600; i++)
		p[i] = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	return rc(poll(p, 600, 0));
}

static int do_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipe_fd[0], &set);
	return rc(select(1000, &set, NULL, NULL, &(struct timeval){ 0, 0 }));
}

/* ---- timers, signals, tracing ---- */

static int do_timer(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int id;

	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id))
		return -errno;
	return rc(syscall(SYS_timer_delete, id));
}

static int do_itimer(void)
{
	return rc(setitimer(ITIMER_REAL, &(struct itimerval){ .it_value.tv_sec = 100 }, NULL));
}

static int block_usr(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	return rc(sigprocmask(SIG_BLOCK, &set, NULL));
}

static int do_sigqueue(void) { return rc(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 })); }
static int do_kill(void) { return rc(kill(getpid(), SIGUSR1)); }

static void handler(int sig) { }

static int do_handle(void)
{
	struct sigaction sa = { .sa_handler = handler };

	if (sigaction(SIGUSR2, &sa, NULL))
		return -errno;
	return rc(kill(getpid(), SIGUSR2));
}

static int start_victim(void)
{
	pid_t parent = getpid();

	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		for (;;)
			pause();
	}
	return victim < 0 ? -errno : 0;
}

static int do_ptrace(void)
{
	int status;

	if (ptrace(PTRACE_ATTACH, victim, NULL, NULL) && errno != EPERM)
		return -errno;
	waitpid(victim, &status, __WALL);
	ptrace(PTRACE_PEEKDATA, victim, buffer, NULL);
	return rc(ptrace(PTRACE_DETACH, victim, NULL, NULL)) < 0 && errno != ESRCH ? -errno : 0;
}

static int do_vm_readv(void)
{
	struct iovec to = { buffer, 4096 }, from = { buffer + 8192, 4096 };
	ssize_t n = process_vm_readv(victim, &to, 1, &from, 1, 0);

	return n < 0 ? -errno : 0;
}

/* ---- mounts ---- */

/* If that fails, too, the mount must not stay in the way of the next try. */
static int unmount(void)
{
	int ret = rc(umount2("/tmp/dir", 0));

	if (ret < 0)
		umount2("/tmp/dir", 0);
	return ret;
}

static int do_mount(void)
{
	if (mount("t", "/tmp/dir", "tmpfs", 0, "size=1m"))
		return -errno;
	return unmount();
}

static int do_bind(void)
{
	if (mount("/tmp/dir/below", "/tmp/dir", NULL, MS_BIND, NULL))
		return -errno;
	return unmount();
}

static int do_mount_proc(void)
{
	if (mount("p", "/tmp/dir", "proc", 0, NULL))
		return -errno;
	return unmount();
}

static void umount_dir(void)
{
	while (umount2("/tmp/dir", MNT_DETACH) == 0)
		;
}

static int do_statfs(void)
{
	struct statfs st;

	return rc(statfs("/tmp/dir", &st));
}

/* ---- planted bugs ---- */

static int plant(const char *name)
{
	int fd = open("/sys/kernel/debug/plant", O_WRONLY), ret, error;

	if (fd < 0)
		return -errno;
	ret = write(fd, name, strlen(name));
	error = errno;
	close(fd);
	return ret < 0 ? -error : 0;
}

static int plant_unchecked(void) { return plant("alloc_unchecked"); }
static int plant_lost_path(void) { return plant("alloc_error_leaks"); }
static int plant_dishonest(void) { return plant("alloc_says_nothing"); }
static int plant_leak_page(void) { return plant("leak_one_page"); }
static int plant_leak(void) { return plant("leak_object"); }

static int exec_elf(void) { return exec_self("/init"); }
static int exec_script(void) { return exec_self("/tmp/script"); }

static const struct call calls[] = {
	{ "fork", do_fork, many_areas },
	{ "clone", do_clone_parts },
	{ "thread", do_thread },
	{ "vfork", do_vfork },
	/* Past the point of no return there is no program to go back to. */
	{ "execve", exec_elf, .may_die = SIGSEGV },
	{ "script", exec_script, .may_die = SIGSEGV },
	{ "setpgid", do_setsid_group },
	{ "unshare", do_unshare },
	{ "setgroups", do_setuid },
	{ "affinity", do_affinity },
	{ "mmap", do_mmap },
	{ "populate", do_mmap_populate },
	{ "mmap_file", do_mmap_file, open_file },
	{ "munmap", do_munmap_middle, map_area },
	{ "mprotect", do_mprotect_middle, map_area },
	{ "madvise", do_madvise, map_area },
	{ "mlock", do_mlock, map_area },
	{ "mremap", do_mremap, map_area },
	{ "mremap_middle", do_mremap_middle, map_area },
	{ "brk", do_brk },
	{ "fault_in_call", do_fault_in_call, open_file, .also = EFAULT },
	{ "fault", do_fault, map_area },
	{ "memfd", do_memfd, .also = ENOSPC },
	{ "open", do_open },
	/* A tmpfs without memory is full, as Linux's. */
	{ "create", do_create, .also = ENOSPC, .clean = rm_new },
	{ "mkdir", do_mkdir, .also = ENOSPC, .clean = rm_new },
	{ "symlink", do_symlink, .also = ENOSPC, .clean = rm_new },
	{ "link", do_link, .clean = rm_new },
	{ "mknod", do_mknod, .also = ENOSPC, .clean = rm_new },
	{ "rename", do_rename, make_new, .clean = rm_new },
	{ "unlink", do_unlink, make_new, .clean = rm_new },
	{ "stat", do_stat },
	{ "readlink", do_readlink },
	{ "getcwd", do_getcwd },
	{ "chdir", do_chdir },
	{ "truncate", do_truncate },
	{ "chmod", do_chmod },
	{ "utimensat", do_utimens },
	{ "getdents", do_getdents },
	{ "proc_status", do_read_status },
	{ "proc_maps", do_read_maps },
	{ "proc_stat", do_read_stat },
	{ "proc_mounts", do_read_mounts },
	{ "proc_cmdline", do_read_cmdline },
	{ "proc_slabinfo", do_read_slabinfo },
	{ "proc_fd", do_list_proc },
	{ "write", do_write, open_file, .also = ENOSPC },
	{ "write_far", do_write_hole, open_file, .also = ENOSPC },
	{ "writev", do_writev, open_file, .also = ENOSPC },
	{ "fallocate", do_fallocate, open_file, .also = ENOSPC },
	{ "flock", do_flock, open_file, .also = ENOLCK },
	{ "fcntl_lock", do_lock, open_file, .also = ENOLCK },
	{ "dup2", do_dup_far },
	{ "setown", do_owner, open_file },
	{ "sendfile", do_sendfile, open_two },
	{ "pipe", do_pipe, .also = ENFILE },
	{ "pipe_write", do_pipe_write, open_pipe },
	{ "pipe_size", do_pipe_size, open_pipe },
	{ "splice", do_splice, open_pipe },
	{ "socketpair", do_socketpair },
	{ "eventfd", do_eventfd },
	{ "epoll_create", do_epoll },
	{ "epoll_ctl", do_epoll_ctl, open_pipe },
	{ "timerfd", do_timerfd },
	{ "signalfd", do_signalfd },
	{ "poll", do_poll, open_pipe },
	{ "select", do_select, open_pipe },
	{ "timer_create", do_timer },
	{ "setitimer", do_itimer },
	{ "sigqueue", do_sigqueue, block_usr },
	{ "kill", do_kill, block_usr },
	{ "handler", do_handle, .may_die = SIGSEGV },
	{ "ptrace", do_ptrace, start_victim, .also = EIO },
	{ "vm_readv", do_vm_readv, start_victim, .also = EFAULT },
	{ "mount", do_mount, .clean = umount_dir },
	{ "bind", do_bind, .clean = umount_dir },
	{ "mount_proc", do_mount_proc, .clean = umount_dir },
	{ "statfs", do_statfs },
	{ "alloc_unchecked", plant_unchecked, .planted = 1 },
	{ "alloc_error_leaks", plant_lost_path, .planted = 1 },
	{ "alloc_says_nothing", plant_dishonest, .planted = 1 },
	{ "leak_one_page", plant_leak_page, .planted = 1 },
	{ "leak_object", plant_leak, .planted = 1 },
	{ }
};

static int make_files(void)
{
	int fd = open("/tmp/file", O_CREAT | O_RDWR | O_CLOEXEC, 0644), script;

	memset(buffer, 'x', sizeof(buffer));
	if (fd < 0 || write(fd, buffer, sizeof(buffer)) != sizeof(buffer) || close(fd))
		return -1;
	script = open("/tmp/script", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	if (script < 0 || write(script, "#!/init exec\n", 13) != 13 || close(script))
		return -1;
	return mkdir("/tmp/dir", 0755) || mkdir("/tmp/dir/below", 0755) ||
	       symlink("/tmp/file", "/tmp/dir/below/link") ? -1 : 0;
}

#endif
