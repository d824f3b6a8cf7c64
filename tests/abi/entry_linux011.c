/* SPDX-License-Identifier: MIT */
/*
 * All 72 calls of Linux 0.11's table, by int $0x80 from a 32-bit program, through macros of the
 * shape that 0.11's <unistd.h> had. docs/linux-0.11-calls.md has a line for each.
 * CFLAGS: -m32
 */
#include "abi.h"
#include <sys/utsname.h>
#include <sys/times.h>
#include <utime.h>

#define _syscall0(type, name)						\
static type old_##name(void)						\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(nr_##name) : "memory"); \
	return (type)res;						\
}
#define _syscall1(type, name, atype, a)					\
static type old_##name(atype a)						\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(nr_##name), "b"((long)(a)) : "memory"); \
	return (type)res;						\
}
#define _syscall2(type, name, atype, a, btype, b)			\
static type old_##name(atype a, btype b)				\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(nr_##name), "b"((long)(a)), "c"((long)(b)) : \
		     "memory");						\
	return (type)res;						\
}
#define _syscall3(type, name, atype, a, btype, b, ctype, c)		\
static type old_##name(atype a, btype b, ctype c)			\
{									\
	long res;							\
	asm volatile("int $0x80" : "=a"(res) : "0"(nr_##name), "b"((long)(a)), "c"((long)(b)), \
		     "d"((long)(c)) : "memory");			\
	return (type)res;						\
}

/* 0.11's include/unistd.h: the numbers, in its order. */
enum {
	nr_setup, nr_exit, nr_fork, nr_read, nr_write, nr_open, nr_close, nr_waitpid, nr_creat,
	nr_link, nr_unlink, nr_execve, nr_chdir, nr_time, nr_mknod, nr_chmod, nr_chown, nr_break,
	nr_stat, nr_lseek, nr_getpid, nr_mount, nr_umount, nr_setuid, nr_getuid, nr_stime,
	nr_ptrace, nr_alarm, nr_fstat, nr_pause, nr_utime, nr_stty, nr_gtty, nr_access, nr_nice,
	nr_ftime, nr_sync, nr_kill, nr_rename, nr_mkdir, nr_rmdir, nr_dup, nr_pipe, nr_times,
	nr_prof, nr_brk, nr_setgid, nr_getgid, nr_signal, nr_geteuid, nr_getegid, nr_acct, nr_phys,
	nr_lock, nr_ioctl, nr_fcntl, nr_mpx, nr_setpgid, nr_ulimit, nr_uname, nr_umask, nr_chroot,
	nr_ustat, nr_dup2, nr_getppid, nr_getpgrp, nr_setsid, nr_sigaction, nr_sgetmask,
	nr_ssetmask, nr_setreuid, nr_setregid, NR_CALLS
};
_Static_assert(NR_CALLS == 72, "0.11's table");

struct old_stat {
	unsigned short dev, ino, mode, nlink, uid, gid, rdev, pad;
	unsigned int size, atime, mtime, ctime;
};
struct old_sigaction { void (*handler)(int); unsigned long mask, flags; void (*restorer)(void); };
struct old_name { char sysname[9], nodename[9], release[9], version[9], machine[9]; };

_syscall1(int, exit, int, status)
_syscall0(int, fork)
_syscall3(int, read, int, fd, char *, buf, int, n)
_syscall3(int, write, int, fd, const char *, buf, int, n)
_syscall3(int, open, const char *, name, int, flags, int, mode)
_syscall1(int, close, int, fd)
_syscall3(int, waitpid, int, pid, int *, status, int, options)
_syscall2(int, creat, const char *, name, int, mode)
_syscall2(int, link, const char *, a, const char *, b)
_syscall1(int, unlink, const char *, name)
_syscall3(int, execve, const char *, file, char **, argv, char **, envp)
_syscall1(int, chdir, const char *, name)
_syscall1(int, time, int *, t)
_syscall3(int, mknod, const char *, name, int, mode, int, dev)
_syscall2(int, chmod, const char *, name, int, mode)
_syscall3(int, chown, const char *, name, int, owner, int, group)
_syscall2(int, stat, const char *, name, struct old_stat *, st)
_syscall3(int, lseek, int, fd, int, offset, int, origin)
_syscall0(int, getpid)
_syscall1(int, setuid, int, uid)
_syscall0(int, getuid)
_syscall1(int, stime, int *, t)
_syscall1(int, alarm, int, seconds)
_syscall2(int, fstat, int, fd, struct old_stat *, st)
_syscall0(int, pause)
_syscall2(int, utime, const char *, name, int *, times)
_syscall2(int, access, const char *, name, int, mode)
_syscall1(int, nice, int, n)
_syscall0(int, sync)
_syscall2(int, kill, int, pid, int, sig)
_syscall2(int, rename, const char *, a, const char *, b)
_syscall2(int, mkdir, const char *, name, int, mode)
_syscall1(int, rmdir, const char *, name)
_syscall1(int, dup, int, fd)
_syscall1(int, pipe, int *, fds)
_syscall1(int, times, int *, tms)
_syscall1(int, brk, int, end)
_syscall1(int, setgid, int, gid)
_syscall0(int, getgid)
_syscall2(int, signal, int, sig, void *, handler)
_syscall0(int, geteuid)
_syscall0(int, getegid)
_syscall3(int, ioctl, int, fd, int, cmd, int, arg)
_syscall3(int, fcntl, int, fd, int, cmd, int, arg)
_syscall2(int, setpgid, int, pid, int, pgid)
_syscall1(int, uname, struct old_name *, name)
_syscall1(int, umask, int, mask)
_syscall1(int, chroot, const char *, name)
_syscall2(int, dup2, int, a, int, b)
_syscall0(int, getppid)
_syscall0(int, getpgrp)
_syscall0(int, setsid)
_syscall3(int, sigaction, int, sig, struct old_sigaction *, act, struct old_sigaction *, old)
_syscall0(int, sgetmask)
_syscall1(int, ssetmask, int, mask)
_syscall2(int, setreuid, int, r, int, e)
_syscall2(int, setregid, int, r, int, e)

static long call(int nr, long a, long b, long c)
{
	long res;

	asm volatile("int $0x80" : "=a"(res) : "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return res;
}

/* Numbers that Linux keeps for calls that never were, or are no more. */
static void gone(void)
{
	static const int numbers[] = { nr_break, nr_stty, nr_gtty, nr_ftime, nr_prof, nr_phys,
				       nr_lock, nr_mpx, nr_ulimit };

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CHECK_EQ(call(numbers[i], 0, 0, 0), -ENOSYS);
	/* setup is restart_syscall today: nothing to restart */
	CHECK_EQ(call(nr_setup, 0, 0, 0), -EINTR);
}

static void files(void)
{
	struct old_stat st;
	char buf[16];
	int fd, fds[2], times[2] = { 1000, 2000 };

	fd = old_creat("f", 0644);
	CHECK(fd >= 0);
	CHECK_EQ(old_write(fd, "hello", 5), 5);
	CHECK_EQ(old_close(fd), 0);
	fd = old_open("f", O_RDWR, 0);
	CHECK_EQ(old_lseek(fd, -2, SEEK_END), 3);
	CHECK_EQ(old_read(fd, buf, 16), 2);
	CHECK_EQ(old_fstat(fd, &st), 0);
	CHECK_EQ(st.size, 5);
	CHECK_EQ(st.mode, S_IFREG | 0644);
	CHECK_EQ(old_utime("f", times), 0);
	CHECK_EQ(old_stat("f", &st), 0);
	CHECK(st.atime == 1000 && st.mtime == 2000);
	CHECK_EQ(old_stat("none", &st), -ENOENT);
	CHECK_EQ(old_dup(fd), fd + 1);
	CHECK_EQ(old_dup2(fd, fd + 4), fd + 4);
	CHECK_EQ(old_fcntl(fd, F_GETFL, 0), O_RDWR);
	CHECK_EQ(old_ioctl(fd, 0x5401, (long)buf), -ENOTTY);
	CHECK_EQ(old_link("f", "g"), 0);
	CHECK_EQ(old_unlink("f"), 0);
	CHECK_EQ(old_rename("g", "h"), 0);
	CHECK_EQ(old_access("h", R_OK), 0);
	CHECK_EQ(old_chmod("h", 0600), 0);
	CHECK_EQ(old_chown("h", 1, 2), 0);
	CHECK_EQ(old_stat("h", &st), 0);
	CHECK(st.mode == (S_IFREG | 0600) && st.uid == 1 && st.gid == 2 && st.nlink == 1);
	CHECK_EQ(old_mknod("p", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(old_mkdir("d", 0755), 0);
	CHECK_EQ(old_rmdir("d"), 0);
	CHECK_EQ(old_umask(022), 022);
	CHECK_EQ(old_chdir("/none"), -ENOENT);
	CHECK_EQ(old_chdir("."), 0);
	CHECK_EQ(old_chroot("/none"), -ENOENT);
	CHECK_EQ(old_sync(), 0);
	CHECK_EQ(old_pipe(fds), 0);
	CHECK_EQ(old_write(fds[1], "x", 1), 1);
	CHECK_EQ(old_read(fds[0], buf, 1), 1);
	CHECK_EQ(call(nr_mount, (long)"none", (long)"/none", (long)"tmpfs"), -ENOENT);
	CHECK_EQ(call(nr_umount, (long)"/none", 0, 0), -ENOENT);
	CHECK_EQ(call(nr_ustat, 0x7fffffff, (long)buf, 0), -EINVAL);
}

static volatile int got;

static void handler(int sig)
{
	got = sig;
}

static void signals(void)
{
	struct old_sigaction act = { .handler = handler, .mask = 1 << (SIGUSR2 - 1) }, old;

	CHECK_EQ(old_signal(SIGUSR1, handler), 0);
	CHECK_EQ(old_kill(old_getpid(), SIGUSR1), 0);
	CHECK_EQ(got, SIGUSR1);
	/* once only: the handler is SIG_DFL now */
	CHECK_EQ(old_sigaction(SIGUSR1, &act, &old), 0);
	CHECK(old.handler == SIG_DFL);
	CHECK_EQ(old_sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.handler == handler && old.mask == act.mask);
	CHECK_EQ(old_ssetmask(1 << (SIGUSR1 - 1)), 0);
	CHECK_EQ(old_sgetmask(), 1 << (SIGUSR1 - 1));
	got = 0;
	old_kill(old_getpid(), SIGUSR1);
	CHECK_EQ(got, 0);
	CHECK_EQ(old_ssetmask(0), 1 << (SIGUSR1 - 1));
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(old_sigaction(SIGALRM, &act, NULL), 0);
	CHECK_EQ(old_alarm(1), 0);
	CHECK_EQ(old_pause(), -EINTR);
	CHECK_EQ(got, SIGALRM);
}

static void processes(void)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL }, *envp[] = { NULL };
	int status, pid, tms[4], now;
	struct old_name name;

	pid = old_fork();
	if (!pid)
		old_exit(3);
	CHECK_EQ(old_waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 3 << 8);
	CHECK_EQ(old_waitpid(-1, &status, 0), -ECHILD);
	pid = old_fork();
	if (!pid) {
		old_execve("/bin/sh", argv, envp);
		old_exit(1);
	}
	CHECK_EQ(old_waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 7 << 8);
	pid = old_fork();
	if (!pid)
		old_exit(!(old_getppid() > 0 && old_setsid() == old_getpid() &&
			   old_getpgrp() == old_getpid() && old_setpgid(0, 0) == -EPERM &&
			   old_nice(1) == 0 && old_setregid(1, 2) == 0 && old_getgid() == 1 &&
			   old_getegid() == 2 && old_setgid(1) == 0 &&
			   old_setreuid(5, 6) == 0 && old_getuid() == 5 && old_geteuid() == 6 &&
			   old_setuid(7) == -EPERM && old_stime(&now) == -EPERM));
	CHECK_EQ(old_waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(old_times(tms) > 0 && tms[0] >= 0);
	CHECK(old_time(&now) == now && now > 0);
	CHECK(old_brk(0) > 0);
	memset(&name, 0xa5, sizeof(name));
	CHECK_EQ(old_uname(&name), 0);
	/* Behind the end of a short name stands nothing that the kernel happened to have there. */
	for (int field = 0; field < 5; field++) {
		char *s = name.sysname + 9 * field;

		for (int i = strnlen(s, 9); i < 9; i++)
			CHECK_EQ(s[i], 0);
	}
	CHECK_STR(name.sysname, "Linux");
	CHECK_EQ(call(nr_acct, (long)"/none", 0, 0) < 0, 1);
	CHECK(call(nr_ptrace, 77, old_getpid(), 0) < 0);
}

int main(void)
{
	gone();
	files();
	signals();
	processes();
	return 0;
}
