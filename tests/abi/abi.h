/* SPDX-License-Identifier: MIT */
/*
 * abi.h: what all ABI tests share.
 *
 * A test is one static program about one system call or one topic. It runs as root in an empty
 * tmpfs directory with /proc and /dev mounted, prints "file:line: what" for every check that
 * fails, and exits with 0 (all passed), 1 (something failed) or 77 (skipped). It must pass on
 * Linux 6.1 first: what it asserts is the ABI, not an opinion.
 *
 * Checks go on after a failure, so that one run shows everything that is wrong; NEED() is for
 * what the rest of the test cannot do without. Code that may die or change the whole process
 * runs in a child: IN_CHILD() expects it to end without a failed check, DIES_BY() expects a
 * signal. No test asserts that something was quick, only that it was not too quick.
 */
#ifndef ABI_H
#define ABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Wrong arguments are the point of these programs. */
#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wunused-result"

#define ABI_FN static __attribute__((unused))
#define PAGE 4096UL

/* One more failed check in this process; children hand theirs up as exit status 1. */
static volatile int abi_failed;

/* Print with write(2) alone: no stdio buffer exists that a fork could print twice. */
ABI_FN __attribute__((format(printf, 3, 4)))
void abi_fail(const char *file, int line, const char *fmt, ...)
{
	char buf[512];
	const char *base = strrchr(file, '/');
	int n = snprintf(buf, sizeof(buf), "%s:%d: ", base ? base + 1 : file, line);
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(buf + n, sizeof(buf) - n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 2)
		n = sizeof(buf) - 2;
	buf[n++] = '\n';
	abi_failed = 1;
	if (write(1, buf, n) < 0)
		_exit(1);
}

#define FAIL(...) abi_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond) do {							\
	if (!(cond))								\
		FAIL("%s", #cond);						\
} while (0)

#define CHECK_EQ(a, b) do {							\
	long a_ = (long)(a), b_ = (long)(b);					\
	if (a_ != b_)								\
		FAIL("%s is %ld (0x%lx), not %s = %ld", #a, a_, a_, #b, b_);	\
} while (0)

#define CHECK_STR(a, b) do {							\
	const char *a_ = (a), *b_ = (b);					\
	if (strcmp(a_, b_))							\
		FAIL("%s is \"%s\", not \"%s\"", #a, a_, b_);			\
} while (0)

/* The call fails with -1 and exactly this errno. */
#define CHECK_ERR(expr, err) do {						\
	errno = 0;								\
	long r_ = (long)(expr);							\
	int e_ = errno;								\
	if (r_ != -1)								\
		FAIL("%s gave %ld, not " #err, #expr, r_);			\
	else if (e_ != (err))							\
		FAIL("%s gave %s, not " #err, #expr, strerrorname_np(e_));	\
} while (0)

/* The call does not fail; its value is the value of the macro. */
#define CHECK_OK(expr) ({							\
	long r_ = (long)(expr);							\
	if (r_ == -1)								\
		FAIL("%s gave %s", #expr, strerrorname_np(errno));		\
	r_;									\
})

/* As CHECK_OK, for what the rest of the test builds on. */
#define NEED(expr) ({								\
	long n_ = CHECK_OK(expr);						\
	if (n_ == -1)								\
		_exit(1);							\
	n_;									\
})

#define SKIP(...) do {								\
	FAIL("skipped: " __VA_ARGS__);						\
	_exit(77);								\
} while (0)

/* main() ends with this. */
ABI_FN int abi_done(void)
{
	return abi_failed ? 1 : 0;
}

/* ---- pointers that no system call may follow ---- */

#define UNMAPPED  ((void *)0x100000000000)	/* far below the mmap area, far above brk */
#define KERNEL    ((void *)0xffffffff81000000)	/* where kernels keep their text */
#define NONCANON  ((void *)0x8000000000000000)	/* no such address on any x86-64 */

static void *const bad_ptrs[] = {
	NULL,
	(void *)8,
	UNMAPPED,
	(void *)0x00007ffffffff000,		/* first byte past user space, 4 levels */
	(void *)0x0000800000000000,		/* first non-canonical one */
	NONCANON,
	(void *)0xdeadbeefdeadb000,
	(void *)0xffff800000000000,		/* first byte of the kernel's half */
	(void *)0xffff888000000000,
	KERNEL,
	(void *)0xfffffffffffff000,
	(void *)-8L,
};

/* EACH_BAD(p) runs its body with every bad pointer; the second leaves out NULL. */
#define EACH_BAD(p)								\
	for (unsigned i_##p = 0; i_##p < sizeof(bad_ptrs) / sizeof(*bad_ptrs); i_##p++)	\
		for (void *p = bad_ptrs[i_##p], *o_##p = &i_##p; o_##p; o_##p = NULL)
#define EACH_BAD_NONNULL(p)							\
	for (unsigned i_##p = 1; i_##p < sizeof(bad_ptrs) / sizeof(*bad_ptrs); i_##p++)	\
		for (void *p = bad_ptrs[i_##p], *o_##p = &i_##p; o_##p; o_##p = NULL)

/* A pointer with exactly n usable bytes behind it and an inaccessible page after those. */
ABI_FN void *edge(size_t n)
{
	size_t len = (n + PAGE - 1) & -PAGE;
	char *p = mmap(NULL, len + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED || mprotect(p + len, PAGE, PROT_NONE))
		_exit(1);
	return p + len - n;
}

/* n fresh zeroed pages; the test ends if there are none. */
ABI_FN void *pages(size_t n)
{
	void *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	return p;
}

/* The same, shared with children: the usual blackboard between processes. */
ABI_FN void *shared_pages(size_t n)
{
	void *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	return p;
}

/* fcntl(2) with F_SETLK or one of its kin. */
ABI_FN int lock_range(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* ---- children ---- */

ABI_FN pid_t abi_fork(const char *file, int line)
{
	pid_t pid = fork();

	if (pid < 0) {
		abi_fail(file, line, "fork: %s", strerrorname_np(errno));
		_exit(1);
	}
	return pid;
}
#define FORK() abi_fork(__FILE__, __LINE__)

/* Wait for pid; its wait status, or -1. */
ABI_FN int abi_wait(pid_t pid)
{
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid ? status : -1;
}

ABI_FN void abi_expect(const char *file, int line, pid_t pid, int want_exit, int want_sig)
{
	int st = abi_wait(pid);

	if (st == -1)
		abi_fail(file, line, "waitpid(%d): %s", pid, strerrorname_np(errno));
	else if (want_sig && !(WIFSIGNALED(st) && WTERMSIG(st) == want_sig))
		abi_fail(file, line, "child status 0x%x, not signal %d", st, want_sig);
	else if (!want_sig && !(WIFEXITED(st) && WEXITSTATUS(st) == want_exit))
		abi_fail(file, line, "child status 0x%x, not exit %d", st, want_exit);
}
#define EXPECT_EXIT(pid, code) abi_expect(__FILE__, __LINE__, pid, code, 0)
#define EXPECT_SIGNAL(pid, sig) abi_expect(__FILE__, __LINE__, pid, 0, sig)

/* Run the statements in a child that must not fail a check (nor die of anything else). */
#define IN_CHILD(...) do {							\
	pid_t c_ = FORK();							\
	if (!c_) {								\
		abi_failed = 0;							\
		__VA_ARGS__;							\
		_exit(abi_failed);						\
	}									\
	EXPECT_EXIT(c_, 0);							\
} while (0)

/* Run the statements in a child that the signal must kill. */
#define DIES_BY(sig, ...) do {							\
	pid_t c_ = FORK();							\
	if (!c_) {								\
		__VA_ARGS__;							\
		_exit(99);							\
	}									\
	EXPECT_SIGNAL(c_, sig);							\
} while (0)

/* Become an ordinary user with no groups; only in a child. */
ABI_FN void become_user(uid_t uid)
{
	NEED(syscall(SYS_setgroups, 0, NULL));
	NEED(syscall(SYS_setresgid, uid, uid, uid));
	NEED(syscall(SYS_setresuid, uid, uid, uid));
}

ABI_FN void msleep(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* From here on the process, and its children to come, run on the lowest of their CPUs alone. */
ABI_FN void stay_on_one_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	NEED(sched_getaffinity(0, sizeof(set), &set));
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	NEED(sched_setaffinity(0, sizeof(set), &set));
}

/* Wait, at most 2 s, until the condition holds; a failed check if it never does. */
#define AWAIT(cond) do {							\
	for (int a_ = 0; a_ < 1000 && !(cond); a_++)				\
		msleep(2);							\
	CHECK(cond);								\
} while (0)

/* The letter that /proc/tid/stat shows for a process or thread, 0 if there is none. */
ABI_FN char task_state(pid_t tid)
{
	char path[64], buf[512], *p;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = 0;
	p = strrchr(buf, ')');
	return p && p[1] ? p[2] : 0;
}

/* Wait until the task is in this state ('S' asleep, 'T' stopped, 'Z' dead), at most 2 s. */
ABI_FN int wait_state(pid_t tid, char state)
{
	for (int i = 0; i < 400; i++) {
		if (task_state(tid) == state)
			return 1;
		msleep(5);
	}
	return 0;
}

/*
 * Give a task that is about to block the time to do it. Not an assertion: where /proc cannot
 * tell, a short sleep must do, and the tests are written so that being early proves less but
 * fails nothing.
 */
ABI_FN void let_block(pid_t tid)
{
	if (access("/proc/self/stat", R_OK) || !wait_state(tid, 'S'))
		msleep(60);
}

/* ---- signals and faults ---- */

ABI_FN void catch_sig(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	NEED(sigaction(sig, &sa, NULL));
}

ABI_FN void catch_info(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO };

	NEED(sigaction(sig, &sa, NULL));
}

static volatile int abi_ticks;

ABI_FN void abi_tick(int sig)
{
	(void)sig;
	abi_ticks++;
}

/*
 * A SIGALRM every 20 ms from here to ticks_stop(), so that the next call that sleeps is sure to
 * be interrupted, even if the first one came before it slept.
 */
ABI_FN void ticks_start(int flags)
{
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } };

	abi_ticks = 0;
	catch_sig(SIGALRM, abi_tick, flags);
	NEED(setitimer(ITIMER_REAL, &it, NULL));
}

ABI_FN void ticks_stop(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 0 } };

	NEED(setitimer(ITIMER_REAL, &it, NULL));
}

static sigjmp_buf abi_fault_env;
static siginfo_t abi_fault_info;

ABI_FN void abi_on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	abi_fault_info = *si;
	siglongjmp(abi_fault_env, 1);
}

ABI_FN void abi_fault_handlers(int on)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	struct sigaction sa = { .sa_flags = on ? SA_SIGINFO : 0 };

	if (on)
		sa.sa_sigaction = abi_on_fault;
	else
		sa.sa_handler = SIG_DFL;
	for (unsigned i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

/* The signal that the statements raise (0 for none); its siginfo is in abi_fault_info. */
#define FAULT(...) ({								\
	volatile int f_ = 0;							\
	memset(&abi_fault_info, 0, sizeof(abi_fault_info));			\
	abi_fault_handlers(1);							\
	if (!sigsetjmp(abi_fault_env, 1)) {					\
		__VA_ARGS__;							\
	} else {								\
		f_ = abi_fault_info.si_signo;					\
	}									\
	abi_fault_handlers(0);							\
	f_;									\
})

/* The statements raise this signal with this si_code at this address. */
#define CHECK_FAULT(sig, code, addr, ...) do {					\
	CHECK_EQ(FAULT(__VA_ARGS__), sig);					\
	CHECK_EQ(abi_fault_info.si_code, code);					\
	CHECK_EQ(abi_fault_info.si_addr, addr);					\
} while (0)

/* Memory accesses that the compiler may neither drop nor move. */
#define POKE(p, v) (*(volatile char *)(p) = (v))
#define PEEK(p) (*(volatile char *)(p))

/* ---- files ---- */

/* Create or replace a file with this text. */
ABI_FN void put_file(const char *path, const char *text)
{
	int fd = NEED(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
}

/* The whole text of a file (at most 64 KiB), NUL-terminated, in a static buffer. */
ABI_FN char *get_file(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY), n, len = 0;

	buf[0] = 0;
	if (fd < 0)
		return buf;
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	close(fd);
	return buf;
}

/* Copy this very program to path, mode 0755: something to execute. */
ABI_FN void copy_self(const char *path)
{
	static char buf[65536];
	int in = NEED(open("/proc/self/exe", O_RDONLY));
	int out = NEED(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	int n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	fchmod(out, 0755);
	close(in);
	close(out);
}

ABI_FN struct stat stat_of(const char *path)
{
	struct stat st = { 0 };

	CHECK_OK(lstat(path, &st));
	return st;
}

ABI_FN int mode_of(const char *path)
{
	return stat_of(path).st_mode & 07777;
}

/* Nanoseconds on a clock. */
ABI_FN long long now_ns(clockid_t clock)
{
	struct timespec ts;

	NEED(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

#endif
