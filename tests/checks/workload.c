/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a test for leaks: a bit of everything, in equal rounds, by a process on each CPU at
 * once. After each round but the first, which fills caches, the kernel's memory is counted: leaks.h.
 *     JOB name         it was done in all rounds
 *     BAD name: what   it did not work
 *     LEAK ...         leaks.h
 *     DONE n
 *
 * Each job does its thing in a child of its own, which ends in the middle of it as often as not: the
 * kernel has to clear up. What each call must answer is for tests/abi; here it must only work. The
 * command line may have only=NAME,NAME.
 */
#define _GNU_SOURCE
#include "leaks.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#define WORKERS 2
#define PAGE 4096
#define KIB64 (16 * PAGE)

static int worker;			/* which of the processes at once this is */
static const char *job_name;
static char dir[16];			/* its own; the working directory of its jobs */

static void fail(const char *what, int line)
{
	dprintf(1, "BAD %s: line %d: %s: %s\n", job_name, line, what, strerror(errno));
	_exit(1);
}
#define OK(what) do { if (!(what)) fail(#what, __LINE__); } while (0)

/* A child: 0 in it. */
static pid_t start(void)
{
	pid_t pid = fork();

	OK(pid >= 0);
	return pid;
}

static int end(pid_t pid)
{
	int status;

	OK(waitpid(pid, &status, 0) == pid);
	return status;
}

/* ---- processes ---- */

static void orphans(void)
{
	siginfo_t info;
	pid_t pid = start();

	if (!pid) {
		for (int i = 0; i < 3; i++)
			if (!start()) {
				setsid();
				usleep(1000 * i);
				_exit(0);
			}
		_exit(3);
	}
	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_status == 3);
	OK(WEXITSTATUS(end(pid)) == 3);
	pid = vfork();
	if (!pid)
		_exit(4);
	OK(WEXITSTATUS(end(pid)) == 4);
	pid = start();
	if (!pid)
		for (;;)
			pause();
	OK(setpgid(pid, pid) == 0 && kill(-pid, SIGSTOP) == 0);
	OK(waitid(P_PID, pid, &info, WSTOPPED) == 0 && kill(pid, SIGKILL) == 0);
	OK(WTERMSIG(end(pid)) == SIGKILL);
}

static void *sleep_on(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

static void exec_it(void)
{
	static char *const argv[] = { "/init", "exec", NULL }, *const env[] = { "A=B", NULL };
	pid_t pid = start();
	pthread_t t;

	if (!pid) {
		OK(execve("/none", argv, env) < 0 && execve("/proc/self/maps", argv, env) < 0);
		/* Another thread is killed by it. */
		OK(!pthread_create(&t, NULL, sleep_on, NULL));
		execve("/script", argv, env);
		fail("execve", __LINE__);
	}
	OK(end(pid) == 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void *contend(void *arg)
{
	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&mutex);
		++*(int *)arg;
		pthread_cond_signal(&cond);
		if (i % 4 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[4], asleep;
	pthread_mutexattr_t robust;
	pthread_mutex_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec soon;
	int n = 0;
	pid_t pid;

	for (int i = 0; i < 4; i++)
		OK(!pthread_create(&t[i], NULL, contend, &n));
	pthread_mutex_lock(&mutex);
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec = (soon.tv_nsec + 1000000) % 1000000000;
	pthread_cond_timedwait(&cond, &mutex, &soon);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	OK(n == 80 && shared != MAP_FAILED);
	pthread_mutexattr_init(&robust);
	pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(shared, &robust);
	pid = start();
	if (!pid) {
		pthread_mutex_lock(shared);
		_exit(0);
	}
	OK(end(pid) == 0 && pthread_mutex_lock(shared) == EOWNERDEAD);
	/* The process ends while one sleeps. */
	OK(!pthread_create(&asleep, NULL, sleep_on, NULL));
}

/* ---- memory ---- */

static void *map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	OK(p != MAP_FAILED);
	for (size_t i = 0; i < size; i += PAGE)
		p[i]++;
	return p;
}

static void areas(void)
{
	char *p = map(KIB64, MAP_PRIVATE | MAP_ANONYMOUS, -1), *q = map(KIB64, MAP_SHARED | MAP_ANONYMOUS, -1);
	pid_t pid = start();

	if (!pid) {
		memset(p, 1, KIB64);
		memset(q, 2, KIB64);
		*(volatile char *)NULL = 1;
	}
	memset(p + PAGE, 3, PAGE);
	OK(WTERMSIG(end(pid)) == SIGSEGV);
	OK(mprotect(p + PAGE, 2 * PAGE, PROT_READ) == 0 && munmap(p + 4 * PAGE, PAGE) == 0);
	OK(madvise(q, 2 * PAGE, MADV_DONTNEED) == 0 && mlock(q, PAGE) == 0);
	p = mremap(p + 5 * PAGE, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	OK(p != MAP_FAILED);
	OK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + PAGE);
	OK(sbrk(KIB64) != (void *)-1);
	memset((char *)sbrk(0) - KIB64, 1, KIB64);
}

static void file_memory(void)
{
	int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600), mem = memfd_create("m", MFD_ALLOW_SEALING);
	char *p, *q;

	OK(fd >= 0 && mem >= 0 && ftruncate(fd, KIB64) == 0 && ftruncate(mem, KIB64) == 0);
	p = map(KIB64, MAP_SHARED, fd);
	q = map(KIB64, MAP_PRIVATE, fd);
	map(KIB64, MAP_SHARED, mem);
	OK(msync(p, KIB64, MS_SYNC) == 0 && ftruncate(fd, PAGE) == 0);
	OK(unlink("mapped") == 0 && q[0] == 2);
	OK(fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	if (!start())
		_exit(p[2 * PAGE]);		/* SIGBUS */
	wait(NULL);
}

/* ---- files ---- */

static void names(void)
{
	char name[300];
	int fd;

	OK(mkdir("d", 0700) == 0 && mkdir("d/e", 0700) == 0);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d/e/%d", i);
		fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0600);
		OK(fd >= 0 && pwrite(fd, name, 300, i * 10000) == 300);
		close(fd);
	}
	OK(link("d/e/1", "d/one") == 0 && symlink("e/2", "d/two") == 0 && mkfifo("d/fifo", 0600) == 0);
	OK(rename("d/e/3", "d/e/4") == 0 && rename("d/e", "d/f") == 0 && rename("d/f/5", "d/one") == 0);
	OK(access("d/none", F_OK) < 0 && truncate("d/one", 100000) == 0 && rmdir("d") < 0);
	/* Deleted while it is open, and a directory while somebody is in it. */
	OK((fd = open("d/one", O_RDONLY)) >= 0 && unlink("d/one") == 0);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d/f/%d", i);
		unlink(name);
	}
	OK(chdir("d/f") == 0 && rmdir("../f") == 0 && open("x", O_CREAT | O_RDWR, 0600) < 0);
	OK(unlink("../two") == 0 && unlink("../fifo") == 0 && chdir("../..") == 0 && rmdir("d") == 0);
}

static void locks(void)
{
	struct flock whole = { .l_type = F_WRLCK }, part = { .l_type = F_RDLCK, .l_start = 10, .l_len = 5 };
	int fd = open("locked", O_RDWR | O_CREAT, 0600);
	pid_t pid;

	OK(fd >= 0 && flock(fd, LOCK_EX) == 0 && fcntl(fd, F_SETLK, &whole) == 0);
	pid = start();
	if (!pid) {
		fcntl(fd, F_SETLKW, &whole);	/* waits, and is killed */
		_exit(1);
	}
	usleep(2000);
	part.l_type = F_UNLCK;
	OK(fcntl(fd, F_SETLK, &part) == 0 && kill(pid, SIGKILL) == 0);
	end(pid);
	OK(unlink("locked") == 0);
}

static void proc_files(void)
{
	static const char *const files[] = { "status", "maps", "stat", "mounts", "cmdline", "fd", "task", "auxv", "exe" };
	char name[64], text[4096];
	pid_t pid = start();

	if (!pid)
		for (;;)
			pause();
	for (unsigned int i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd;

		snprintf(name, sizeof(name), "/proc/%d/%s", pid, files[i]);
		fd = open(name, O_RDONLY);
		OK(fd >= 0);
		/* Some are still open, and read, when the process is gone. */
		if (i % 2 && syscall(SYS_getdents64, fd, text, sizeof(text)) < 0)
			OK(read(fd, text, sizeof(text)) >= 0);
		if (i == 3)
			kill(pid, SIGKILL), end(pid), pid = start();
		if (!pid)
			for (;;)
				pause();
	}
	kill(pid, SIGKILL);
	end(pid);
}

/* ---- pipes ---- */

static void pipes(void)
{
	struct iovec page = { map(PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE };
	int p[2], q[2], fd;
	pid_t pid;

	OK(pipe2(p, 0) == 0 && pipe2(q, O_NONBLOCK) == 0 && fcntl(q[1], F_SETPIPE_SZ, KIB64 * 2) > 0);
	OK(write(p[1], page.iov_base, 100) == 100 && vmsplice(p[1], &page, 1, 0) == PAGE);
	OK(tee(p[0], q[1], 50, 0) == 50 && splice(p[0], NULL, q[1], NULL, 100, 0) == 100);
	fd = open("spliced", O_RDWR | O_CREAT | O_TRUNC, 0600);
	OK(fd >= 0 && splice(q[0], NULL, fd, NULL, 100, 0) > 0 && unlink("spliced") == 0);
	pid = start();
	if (!pid) {
		close(p[0]);
		while (write(p[1], page.iov_base, PAGE) > 0)
			;			/* SIGPIPE */
		_exit(0);
	}
	close(p[0]);
	end(pid);
	OK(mkfifo("fifo", 0600) == 0);
	pid = start();
	if (!pid)
		_exit(open("fifo", O_WRONLY) < 0);
	OK((fd = open("fifo", O_RDONLY)) >= 0 && end(pid) == 0);
	pid = start();
	if (!pid)
		_exit(open("fifo", O_WRONLY | O_NONBLOCK) < 0);
	OK(end(pid) == 0 && unlink("fifo") == 0);
}

/* ---- waiting ---- */

static void epolls(void)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 1000000 } };
	struct epoll_event e = { .events = EPOLLIN | EPOLLET }, got[4];
	int outer = epoll_create1(0), inner = epoll_create1(EPOLL_CLOEXEC), p[2], ev = eventfd(0, EFD_NONBLOCK), copy;
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t one = 1;
	pid_t pid;

	OK(outer >= 0 && inner >= 0 && pipe(p) == 0 && ev >= 0 && timer >= 0);
	OK(!epoll_ctl(outer, EPOLL_CTL_ADD, inner, &e) && !epoll_ctl(inner, EPOLL_CTL_ADD, p[0], &e));
	OK(!epoll_ctl(inner, EPOLL_CTL_ADD, ev, &e) && !epoll_ctl(inner, EPOLL_CTL_ADD, timer, &e));
	OK(!timerfd_settime(timer, 0, &soon, NULL) && epoll_wait(outer, got, 4, 1000) == 1);
	OK(write(ev, &one, 8) == 8 && epoll_wait(inner, got, 4, 1000) > 0);
	/* A watched file goes while a copy of it lives; another one, and the set that watches it. */
	copy = dup(p[0]);
	close(p[0]);
	OK(write(p[1], "x", 1) == 1 && epoll_wait(inner, got, 4, 0) >= 0 && copy >= 0);
	close(ev);
	pid = start();
	if (!pid) {
		epoll_wait(outer, got, 4, 10);
		close(inner);
		_exit(0);
	}
	close(timer);
	close(inner);
	OK(end(pid) == 0);
}

static void timers(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } };
	struct itimerval real = { { 0, 500 }, { 0, 500 } };
	struct timespec nap = { 0, 3000000 };
	timer_t t[3];
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	for (int i = 0; i < 3; i++)
		OK(!timer_create(i ? CLOCK_MONOTONIC : CLOCK_REALTIME, &event, &t[i]) &&
		   !timer_settime(t[i], 0, &often, NULL));
	OK(!setitimer(ITIMER_REAL, &real, NULL));
	nanosleep(&nap, NULL);
	OK(!timer_delete(t[1]));
	/* The others run when the process ends; one has its signal pending, blocked. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, SIG_DFL);
	nanosleep(&nap, NULL);
}

static volatile int handled;
static void handler(int sig) { (void)sig; handled++; }

static void signals(void)
{
	stack_t stack = { .ss_sp = map(KIB64, MAP_PRIVATE | MAP_ANONYMOUS, -1), .ss_size = KIB64 };
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART };
	sigset_t rt;
	int fd;
	pid_t pid;

	OK(!sigaltstack(&stack, NULL) && !sigaction(SIGUSR1, &act, NULL));
	pid = start();
	if (!pid) {
		for (int i = 0; i < 20; i++)
			kill(getppid(), SIGUSR1);
		_exit(0);
	}
	OK(end(pid) == 0 && handled);
	sigemptyset(&rt);
	sigaddset(&rt, SIGRTMIN + 1);
	sigaddset(&rt, SIGUSR2);
	OK(!sigprocmask(SIG_BLOCK, &rt, NULL) && (fd = signalfd(-1, &rt, SFD_NONBLOCK)) >= 0);
	/* Most are never taken. */
	for (int i = 0; i < 20; i++) {
		struct signalfd_siginfo info;

		OK(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval) { i }));
		OK(i % 4 || read(fd, &info, sizeof(info)) == sizeof(info));
	}
	kill(getpid(), SIGUSR2);
	pid = start();
	if (!pid) {
		sigqueue(getpid(), SIGRTMIN + 1, (union sigval) { 1 });
		signal(SIGRTMIN + 1, SIG_IGN);		/* those pending go */
		abort();
	}
	OK(WTERMSIG(end(pid)) == SIGABRT);
}

static void traced(void)
{
	struct user_regs_struct regs;
	pid_t pid = start();
	int status;

	if (!pid) {
		OK(!ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		for (int i = 0; getppid() != 1; i++)
			if (i % 3 == 0 && !start())
				_exit(0);
		_exit(0);
	}
	OK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	/* One tracer has the children, too, which stop at once and are killed with it. */
	OK(!ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD |
		   (worker ? 0 : PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL)));
	for (int i = 0; i < 12; i++) {
		OK(!ptrace(PTRACE_SYSCALL, pid, 0, 0) && waitpid(pid, &status, __WALL) == pid);
		OK(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
		errno = 0;
		ptrace(PTRACE_PEEKDATA, pid, regs.rsp, 0);
		OK(!errno);
	}
	if (!worker)
		OK(!ptrace(PTRACE_DETACH, pid, 0, SIGKILL));
	/* The other one is gone before its child, which goes on by itself. */
}

/* ---- mounts, terminals ---- */

static void mounts(void)
{
	int fd;

	OK(!mkdir("m", 0700) && !mkdir("n", 0700));
	OK(!mount("none", "m", "tmpfs", 0, "size=1m") && (fd = open("m/f", O_CREAT | O_RDWR, 0600)) >= 0);
	OK(write(fd, "x", 1) == 1 && !mkdir("m/d", 0700));
	OK(umount("m") < 0 && !mount("m", "n", NULL, MS_BIND, NULL));
	OK(!mount("proc", "m/d", "proc", 0, NULL) && !access("m/d/self/maps", R_OK));
	OK(!umount("m/d") && !umount("n"));
	OK(!umount2("m", MNT_DETACH) && write(fd, "y", 1) == 1);
	close(fd);
	OK(!rmdir("m") && !rmdir("n"));
}

static void terminal(void)
{
	struct termios t;
	struct winsize w;
	int fd, tty;
	pid_t pid;

	if (worker)		/* there is one of them, not the console: its files are dead afterwards */
		return;
	pid = start();
	if (!pid) {
		OK(setsid() > 0 && (fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY)) >= 0 && !ioctl(fd, TIOCSCTTY, 1));
		OK((tty = open("/dev/tty", O_RDWR)) >= 0 && !tcgetattr(tty, &t) && !tcsetattr(tty, TCSANOW, &t));
		OK(!ioctl(tty, TIOCGWINSZ, &w) && !ioctl(tty, TIOCSWINSZ, &w) && tcgetpgrp(tty) == getpgrp());
		pid = start();
		if (!pid) {
			OK(!setpgid(0, 0));
			signal(SIGTTOU, SIG_IGN);
			OK(!tcsetpgrp(tty, getpgrp()));
			_exit(0);
		}
		OK(end(pid) == 0);
		_exit(0);			/* the leader: hangs up */
	}
	OK(end(pid) == 0);
}

/* ---- rounds ---- */

static const struct job { const char *name; void (*run)(void); } jobs[] = {
	{ "orphans", orphans }, { "exec", exec_it }, { "threads", threads }, { "areas", areas },
	{ "file_memory", file_memory }, { "names", names }, { "locks", locks }, { "proc", proc_files },
	{ "pipes", pipes }, { "epoll", epolls }, { "timers", timers }, { "signals", signals },
	{ "ptrace", traced }, { "mounts", mounts }, { "terminal", terminal },
};
#define NR_JOBS (int)(sizeof(jobs) / sizeof(*jobs))

static int chosen(const char *list, const char *name)
{
	const char *p = list ? strstr(list, name) : NULL;
	size_t n = strlen(name);

	return !list || (p && (p == list || p[-1] == ',') && (!p[n] || p[n] == ','));
}

/* Each worker begins elsewhere, so that different things happen at once. */
static void work(int me, const char *only)
{
	int bad = 0, status;

	worker = me;
	snprintf(dir, sizeof(dir), "/tmp/%d", me);
	OK(!mkdir(dir, 0700) && !chdir(dir));
	for (int i = 0; i < NR_JOBS; i++) {
		const struct job *job = &jobs[(i + me * NR_JOBS / WORKERS) % NR_JOBS];
		pid_t pid;

		if (!chosen(only, job->name))
			continue;
		job_name = job->name;
		pid = start();
		if (!pid) {
			job->run();
			_exit(0);
		}
		status = end(pid);
		if (WIFSIGNALED(status))
			dprintf(1, "BAD %s: killed by %d\n", job_name, WTERMSIG(status));
		bad |= status;
	}
	OK(!chdir("/") && !rmdir(dir));
	_exit(bad != 0);
}

static int one_round(const char *only)
{
	int status, bad = 0;

	for (int i = 0; i < WORKERS; i++)
		if (!start())
			work(i, only);
	while (wait(&status) > 0)
		bad |= WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : status;
	return bad != 0;
}

int main(int argc, char **argv)
{
	const char *only = getenv("only");
	int bad = 0, fd;

	if (argc > 1)
		return strcmp(argv[argc - 1], "exec") != 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	job_name = "init";
	signal(SIGHUP, SIG_IGN);
	for (const char *const *d = (const char *const[]) { "/proc", "/sys", "/tmp", "/dev", NULL }; *d; d++)
		mkdir(*d, 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) ||
	    mount("tmpfs", "/tmp", "tmpfs", 0, NULL) || mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		perror("init: mount");
	fd = open("/script", O_CREAT | O_WRONLY, 0755);
	OK(fd >= 0 && write(fd, "#!/init exec\n", 13) == 13 && close(fd) == 0);
	bad += one_round(only);
	for (int round = 0; round < LEAK_ROUNDS; round++) {
		bad += one_round(only);
		if (leaks_count(round))
			dprintf(1, "BAD owners: %m\n");
	}
	bad += leaks_report();
	for (int i = 0; i < NR_JOBS; i++)
		if (chosen(only, jobs[i].name))
			dprintf(1, "JOB %s\n", jobs[i].name);
	dprintf(1, "DONE %d\n", bad);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
