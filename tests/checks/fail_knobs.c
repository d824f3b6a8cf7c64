/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a test of failure injection: does each knob of /sys/kernel/debug/fail_alloc,
 * /proc/PID/fail-nth and /proc/PID/make-it-fail do what it says? (selfcheck/fault_inject.c)
 *     KNOB name            it does
 *     BAD name: what       it does not
 *     DONE n               so many were bad
 *
 * The measure is a call that asks for one slab object and for nothing else, each time: a signal sent
 * to this process with a value. Asked n times it gives a pattern, 1 for got and 0 for failed, which
 * for most knobs is known beforehand. There is no other task, so nobody else's allocations count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAIL_ALLOC "/sys/kernel/debug/fail_alloc"
#define MANY 100

static int bad, all_bad;
static const char *now;

#define EXPECT(what) do { if (!(what)) { bad++; printf("BAD %s: line %d: %s\n", now, __LINE__, #what); } } while (0)
#define EXPECT_STR(is, want) do { const char *__is = (is); if (strcmp(__is, want)) { bad++; \
	printf("BAD %s: line %d: %s, not %s\n", now, __LINE__, __is, want); } } while (0)

/* 0 or an errno. */
static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

/* Open from the beginning: to open a file takes memory, which there may be none of. */
static int fail_alloc = -1, fail_nth_of_mine = -1;

static int set(const char *text)
{
	return pwrite(fail_alloc, text, strlen(text), 0) < 0 ? errno : 0;
}

static int nth(const char *text)
{
	return pwrite(fail_nth_of_mine, text, strlen(text), 0) < 0 ? errno : 0;
}

/* All as it was at boot. `times` goes last: with 0 nothing fails. */
static void off(void)
{
	int error = set("probability 0\ninterval 1\ntask-filter 0\nverbose 0\nseed 0\nfunction\nkinds slab page vmalloc\n"
			"times -1");

	if (error)
		printf("BAD %s: off: %s\n", now, strerror(error));
	nth("0");
	put("/proc/self/make-it-fail", "0");
}

/* The value of a key of fail_alloc. */
static const char *get(const char *key)
{
	static char text[4096];
	int fd = open(FAIL_ALLOC, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ')
			return line + strlen(key) + 1;
	return "";
}

/* One slab object. */
static int ask(void)
{
	const struct timespec none = { 0 };
	sigset_t set;
	int got = sigqueue(getpid(), SIGRTMIN, (union sigval) { 1 }) == 0;

	if (!got && errno != EAGAIN)
		printf("BAD %s: sigqueue: %m\n", now);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (sigtimedwait(&set, NULL, &none) > 0)
		;
	return got;
}

static const char *pattern(int n)
{
	static char text[2][MANY + 1];
	static int turn;
	char *to = text[turn ^= 1];

	for (int i = 0; i < n; i++)
		to[i] = '0' + ask();
	to[n] = '\0';
	return to;
}

static int zeros(const char *p)
{
	int n = 0;

	for (; *p; p++)
		n += *p == '0';
	return n;
}

/* Two slab objects and more. */
static int ask_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* ---- fail_alloc ---- */

static void probability(void)
{
	int half, few;

	EXPECT_STR(pattern(10), "1111111111");
	set("probability 100");
	EXPECT_STR(pattern(10), "0000000000");
	set("probability 50\nseed 1");
	half = zeros(pattern(MANY));
	EXPECT(half > 25 && half < 75);
	set("probability 10\nseed 1");
	few = zeros(pattern(MANY));
	EXPECT(few > 0 && few < 25);
	set("probability 0");
	EXPECT_STR(pattern(10), "1111111111");
}

static void seed(void)
{
	char first[MANY + 1];

	set("probability 50\nseed 7");
	strcpy(first, pattern(MANY));
	set("seed 7");
	EXPECT_STR(pattern(MANY), first);
	set("seed 8");
	EXPECT(strcmp(pattern(MANY), first));
}

static void interval(void)
{
	set("probability 100\ninterval 4");
	EXPECT_STR(pattern(12), "111011101110");
	/* Of those that the interval leaves, the probability chooses. */
	set("probability 50\nseed 1");
	EXPECT(zeros(pattern(MANY)) < MANY / 4);
}

static void times(void)
{
	set("probability 100\ntimes 3");
	EXPECT_STR(pattern(6), "000111");
	EXPECT_STR(get("times"), "0");
	set("times 1\ninterval 2");
	EXPECT_STR(pattern(6), "101111");
	set("times -1\ninterval 1");
	EXPECT_STR(pattern(6), "000000");
}

static void function(void)
{
	set("function __x64_sys_rt_sigqueueinfo\nprobability 100");
	EXPECT_STR(pattern(3), "000");
	EXPECT(ask_eventfd());
	set("function __x64_sys_eventfd2");
	EXPECT_STR(get("function"), "__x64_sys_eventfd2");
	EXPECT_STR(pattern(3), "111");
	EXPECT(!ask_eventfd());
	EXPECT(set("function there_is_no_such_function") == EINVAL);
	set("function");
	EXPECT_STR(pattern(3), "000");
	EXPECT(!ask_eventfd());
}

static void task_filter(void)
{
	int status;
	pid_t pid;

	set("task-filter 1\nkinds slab\nprobability 100");
	EXPECT_STR(pattern(3), "111");
	put("/proc/self/make-it-fail", "1");
	EXPECT_STR(pattern(3), "000");
	set("probability 0");
	/* Children inherit it. */
	pid = fork();
	if (pid == 0) {
		EXPECT(set("probability 100") == 0);
		EXPECT_STR(pattern(3), "000");
		EXPECT(set("probability 0") == 0);
		_exit(bad);
	}
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	put("/proc/self/make-it-fail", "0");
	set("probability 100");
	EXPECT_STR(pattern(3), "111");
	set("task-filter 0");
	EXPECT_STR(pattern(3), "000");
}

/* What a pipe that was never written to takes: a page. */
static int ask_page(void)
{
	int p[2], got;

	if (set("probability 0") || pipe2(p, O_CLOEXEC) || set("probability 100"))
		return -1;
	got = write(p[1], "x", 1) == 1;
	set("probability 0");
	close(p[0]);
	close(p[1]);
	return got;
}

/* A table for so many descriptors is vmalloc's; a child's, as it stays. */
static int ask_vmalloc(void)
{
	const struct rlimit many = { 200000, 200000 };
	int status;
	pid_t pid;

	set("probability 0");
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_NOFILE, &many);
		set("probability 100");
		_exit(dup2(1, 150000) == 150000);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Once only, since the call that ends it copies from the user as well. */
static int ask_user(void)
{
	struct utsname name;
	int got;

	set("probability 100\ntimes 1");
	got = uname(&name) == 0;
	EXPECT(got || errno == EFAULT);
	set("times 0");			/* if it did not fail, this does */
	set("probability 0\ntimes -1");
	return got;
}

/* 1: succeeds, 0: fails, -1: not asked. */
static void kinds(void)
{
	static const struct { const char *kinds; int slab, page, vmalloc, user; } tries[] = {
		{ "kinds slab", 0, 1, -1, 1 }, { "kinds page", 1, 0, -1, 1 }, { "kinds vmalloc", 1, 1, 0, 1 },
		{ "kinds user", -1, -1, -1, 0 }, { "kinds slab page", 0, 0, -1, 1 }, { "kinds", 1, 1, 1, 1 },
	};

	for (unsigned int i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		int before = bad;

		off();
		set(tries[i].kinds);
		EXPECT(ask_user() == tries[i].user);
		if (tries[i].page >= 0)
			EXPECT(ask_page() == tries[i].page);
		if (tries[i].slab >= 0) {
			set("probability 100");
			EXPECT(ask() == tries[i].slab);
			set("probability 0");
		}
		if (tries[i].vmalloc >= 0)
			EXPECT(ask_vmalloc() == tries[i].vmalloc);
		if (bad != before)
			printf("BAD %s: so much of it with '%s'\n", now, tries[i].kinds);
	}
	EXPECT(set("kinds slab no_such_kind") == EINVAL);
}

/* What the kernel has logged since the last time. */
static int logged(const char *what)
{
	static char text[1 << 17];
	int n = klogctl(4, text, sizeof(text) - 1);		/* read and clear */
	char *p;

	text[n < 0 ? 0 : n] = '\0';
	p = strstr(text, what);
	return p ? 1 + (strstr(p, "rt_sigqueueinfo") != NULL) : 0;
}

static void verbose(void)
{
	char line[64];

	snprintf(line, sizeof(line), "fault injection: no slab for %d (init)", getpid());
	logged("");
	set("probability 100");
	ask();
	EXPECT(logged(line) == 0);
	set("verbose 1");
	ask();
	set("probability 0");
	EXPECT(logged(line) == 1);
	set("probability 100\nverbose 2\ntimes 1");
	ask();
	EXPECT(logged(line) == 2);
}

static void count(void)
{
	set("probability 100");
	pattern(5);
	set("times 0");
	EXPECT_STR(get("failed"), "0");		/* a key that is set begins anew */
	set("times -1\nprobability 100");
	pattern(5);
	set("kinds");				/* as it is no number, not with this one */
	EXPECT_STR(get("failed"), "5");
}

static void refused(void)
{
	EXPECT(set("probability 101") == EINVAL);
	EXPECT(set("interval 0") == EINVAL);
	EXPECT(set("times -2") == EINVAL);
	EXPECT(set("task-filter 2") == EINVAL);
	EXPECT(set("verbose 3") == EINVAL);
	EXPECT(set("seed x") == EINVAL);
	EXPECT(set("no_such_key 1") == EINVAL);
	EXPECT_STR(get("probability"), "0");
}

/* ---- /proc/PID/ ---- */

static void fail_nth(void)
{
	char left[16] = "";

	nth("1");
	EXPECT_STR(pattern(4), "0111");
	nth("3");
	EXPECT_STR(pattern(6), "110111");
	nth("2 3");
	EXPECT_STR(pattern(10), "1011011011");
	nth("1 1");
	EXPECT_STR(pattern(4), "0000");
	nth("0");
	EXPECT_STR(pattern(4), "1111");
	nth("5");
	pattern(2);
	EXPECT(pread(fail_nth_of_mine, left, sizeof(left) - 1, 0) > 0);
	EXPECT_STR(left, "3\n");
	EXPECT(nth("x") == EINVAL);
}

/* Set from outside, and children do not inherit it. */
static void fail_nth_of_another(void)
{
	char file[64];
	int ready[2], go[2], status;
	pid_t pid;
	char c;

	EXPECT(pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	nth("1000");
	pid = fork();
	if (pid == 0) {
		int fd = open("/proc/self/fail-nth", O_RDONLY | O_CLOEXEC);
		char left[16] = "";

		EXPECT(read(fd, left, sizeof(left) - 1) > 0);
		EXPECT_STR(left, "0\n");
		pattern(4);			/* pages that are now its own */
		EXPECT(write(ready[1], "r", 1) == 1);
		EXPECT(read(go[0], &c, 1) == 1);
		EXPECT_STR(pattern(4), "1101");
		_exit(bad);
	}
	nth("0");
	snprintf(file, sizeof(file), "/proc/%d/fail-nth", pid);
	EXPECT(read(ready[0], &c, 1) == 1);
	EXPECT(put(file, "3") == 0);
	EXPECT(write(go[1], "g", 1) == 1);
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
}

static const struct { const char *name; void (*test)(void); } knobs[] = {
	{ "probability", probability }, { "seed", seed }, { "interval", interval }, { "times", times },
	{ "function", function }, { "task-filter", task_filter }, { "kinds", kinds }, { "verbose", verbose },
	{ "failed", count }, { "refused", refused }, { "fail-nth", fail_nth },
	{ "fail-nth-of-another", fail_nth_of_another },
};

int main(void)
{
	sigset_t blocked;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	now = "init";
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL))
		perror("init: mount");
	fail_alloc = open(FAIL_ALLOC, O_WRONLY | O_CLOEXEC);
	fail_nth_of_mine = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	/* Freed objects wait for others (mm/slab_debug.h). Once there are enough, ask() needs no new slab. */
	for (int i = 0; i < 2500; i++)
		ask();
	for (unsigned int i = 0; i < sizeof(knobs) / sizeof(*knobs); i++) {
		now = knobs[i].name;
		bad = 0;
		off();
		knobs[i].test();
		off();
		if (!bad)
			printf("KNOB %s\n", now);
		all_bad += bad != 0;
	}
	printf("DONE %d\n", all_bad);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
