/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a test of what the kernel does without memory. For each call of calls.h a child lets
 * the first allocation of it fail, the next child the second, and so on until the call gets through
 * (/proc/PID/fail-nth). Each time the answer must be success or an honest error, the same call must
 * work afterwards, and the whole of it, run three times, must not leave more and more behind.
 *     CALL name N          so many allocations failed
 *     BAD name N: what     the answer when the N'th failed
 *     LEAK ...             leaks.h; also promised memory (Committed_AS), that grows or shrinks
 *     DONE
 * The command line may have only=NAME,NAME and plant=alloc_unchecked or leak_object: then the
 * planted bug is one of the calls.
 */
#include "calls.h"
#include "leaks.h"
#include <sys/reboot.h>
#include <sys/rseq.h>

#define MAX_NTH 500

enum { THROUGH, FAILED_WELL, BAD };	/* what a child found */

static int fail_fd;

static void say(const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (write(1, text, strlen(text)) < 0)
		_exit(BAD);
}

static int honest(const struct call *c, int error)
{
	return error == ENOMEM || error == EAGAIN || (c->also && error == c->also);
}

/* In the child. */
static int try_nth(const struct call *c, int nth)
{
	char text[16];
	int ret, n, left;

	if (c->prepare && (ret = c->prepare()) < 0) {
		say("BAD %s %d: prepare: %s\n", c->name, nth, strerror(-ret));
		return BAD;
	}
	memset(buffer, 1, sizeof(buffer));
	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_fd < 0)
		fail_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	n = snprintf(text, sizeof(text), "%d", nth);
	if (fail_fd < 0 || pwrite(fail_fd, text, n, 0) != n) {
		say("BAD %s %d: fail-nth: %m\n", c->name, nth);
		return BAD;
	}
	ret = c->run();
	n = pread(fail_fd, text, sizeof(text) - 1, 0);
	if (pwrite(fail_fd, "0", 1, 0) != 1 || n <= 0) {
		say("BAD %s %d: fail-nth read: %m\n", c->name, nth);
		return BAD;
	}
	text[n] = '\0';
	left = atoi(text);
	if (ret < 0 && left) {
		say("BAD %s %d: %s although nothing failed\n", c->name, nth, strerror(-ret));
		return BAD;
	}
	if (ret < 0 && !honest(c, -ret)) {
		say("BAD %s %d: says %s\n", c->name, nth, strerror(-ret));
		return BAD;
	}
	if (ret < 0 && (ret = c->run()) < 0) {
		say("BAD %s %d: and afterwards %s\n", c->name, nth, strerror(-ret));
		return BAD;
	}
	return left ? THROUGH : FAILED_WELL;
}

static int in_child(const struct call *c, int nth)
{
	int status, code;
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_nth(c, nth));
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		say("BAD %s %d: fork: %m\n", c->name, nth);
		return BAD;
	}
	code = WIFEXITED(status) ? WEXITSTATUS(status) : c->may_die == WTERMSIG(status) ? FAILED_WELL : BAD;
	if (WIFSIGNALED(status) && code == BAD)
		say("BAD %s %d: killed by signal %d\n", c->name, nth, WTERMSIG(status));
	while (waitpid(-1, NULL, 0) > 0)
		;			/* its children, killed with it */
	if (c->clean)
		c->clean();
	return code;
}

/* All allocations of one call; quiet: only what is bad. */
static int sweep(const struct call *c, int quiet)
{
	int nth, code, bad = 0;

	for (nth = 1; nth < MAX_NTH; nth++) {
		code = in_child(c, nth);
		bad += code == BAD;
		if (code == THROUGH || bad > 5)
			break;
	}
	if (nth == MAX_NTH)
		say("BAD %s: does not get through\n", c->name);
	if (!quiet)
		say("CALL %s %d\n", c->name, nth - 1);
	return bad;
}

/* KiB that areas were promised. */
static long committed(void)
{
	static char text[8192];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *line;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "Committed_AS:");
	return line ? atol(line + strlen("Committed_AS:")) : -1;
}

static int chosen(const char *list, const char *name)
{
	const char *p = list ? strstr(list, name) : NULL;
	size_t n = strlen(name);

	return !list || (p && (p == list || p[-1] == ',') && (!p[n] || p[n] == ','));
}

/*
 * A task that gives way has its CPU written into its rseq area. Behind a fork that wants a page, and whose allocation
 * of the page fails gets SIGSEGV, as on Linux; when it gives way is chance.
 */
static void leave_rseq(void)
{
	syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

int main(int argc, char **argv)
{
	const char *only = getenv("only"), *plant = getenv("plant");
	long promised[LEAK_ROUNDS];
	int bad = 0, up = 0, down = 0;

	if (argc > 1 && !strcmp(argv[1], "exec"))
		return after_exec();
	if (argc > 1)
		return 0;		/* a program that somebody ran */
	leave_rseq();
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 0777);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) ||
	    mount("tmpfs", "/tmp", "tmpfs", 0, NULL) || mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		perror("init: mount");
	if (chdir("/tmp") || make_files())
		perror("init: files");
	for (int round = 0; round < LEAK_ROUNDS; round++) {
		for (const struct call *c = calls; c->name; c++)
			if (plant ? !strcmp(plant, c->name) : c->planted ? 0 : chosen(only, c->name))
				bad += sweep(c, round);
		if (leaks_count(round))
			say("BAD owners: %m\n");
		promised[round] = committed();
		up += round && promised[round] > promised[round - 1];
		down += round && promised[round] < promised[round - 1];
	}
	bad += leaks_report();
	if (up == LEAK_ROUNDS - 1 || down == LEAK_ROUNDS - 1) {
		say("LEAK Committed_AS: %ld, %ld, %ld kB\n", promised[0], promised[1], promised[2]);
		bad++;
	}
	printf("DONE %d\n", bad);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
