/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the ABI tests: runs each program that /tests/list names and reports on the console.
 *
 * tools/run-tests.py writes the list ("name seconds" a line) and reads what is printed here:
 *     RUN name                          before a test, so that a crash can be laid at its door
 *     TEST name PASS|FAIL|TIMEOUT|SKIP  after it; on failure the test's output follows, each line after "  | "
 *     DONE                              at the end, and the machine powers off
 * A test runs as root in a session of its own, in an empty directory of a fresh tmpfs on /tmp, with nothing of
 * init's but descriptors 0 (/dev/null), 1 and 2 (a file).  Whatever it leaves running is killed.
 *
 * It uses as little of the kernel as it can, since the kernel is what is under test: a time limit is alarm()
 * around a blocking wait4, and each mount that fails is reported and lived with.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT "/output"
#define MAX_OUTPUT 6000

static volatile pid_t running;
static volatile int timed_out;

static void on_alarm(int sig)
{
	(void)sig;
	timed_out = 1;
	kill(-running, SIGKILL);
	kill(running, SIGKILL);
}

static void try_mount(const char *type, const char *where, const char *options)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, options) && errno != EBUSY)
		printf("init: mount %s on %s: %s\n", type, where, strerror(errno));
}

/* The test's own process, up to execve. */
static void become(const char *name)
{
	char path[200], dir[200];
	char *argv[] = { path, NULL };
	char *envp[] = { "PATH=/bin", "HOME=/root", "TERM=dumb", NULL };
	int fd;

	snprintf(path, sizeof(path), "/tests/%s", name);
	snprintf(dir, sizeof(dir), "/tmp/%s", name);
	setsid();
	signal(SIGALRM, SIG_DFL);
	if (mkdir(dir, 0755) || chdir(dir)) {
		printf("init: %s: %s\n", dir, strerror(errno));
		_exit(126);
	}
	fd = open("/dev/null", O_RDONLY);
	if (fd >= 0) {
		dup2(fd, 0);
		if (fd > 2)
			close(fd);
	}
	fd = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
		if (fd > 2)
			close(fd);
	}
	execve(path, argv, envp);
	dprintf(2, "init: execve %s: %s\n", path, strerror(errno));
	_exit(126);
}

static void show_output(void)
{
	FILE *f = fopen(OUTPUT, "r");
	int c, start = 1, n = 0;

	if (!f)
		return;
	while ((c = getc(f)) != EOF && n++ < MAX_OUTPUT) {
		if (start)
			fputs("  | ", stdout);
		putchar(c >= ' ' || c == '\n' || c == '\t' ? c : '?');
		start = c == '\n';
	}
	if (!start)
		putchar('\n');
	fclose(f);
}

/* Kill and reap all that the test left behind: everything but this process. */
static void sweep(void)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0)
			return;
		usleep(5000);
	}
	printf("init: something does not die\n");
}

static void run(const char *name, int seconds)
{
	int status = 0;
	pid_t pid;

	printf("RUN %s\n", name);
	try_mount("tmpfs", "/tmp", NULL);
	unlink(OUTPUT);
	timed_out = 0;
	pid = fork();
	if (pid == 0)
		become(name);
	if (pid < 0) {
		printf("TEST %s FAIL\n  | init: fork: %s\n", name, strerror(errno));
		return;
	}
	running = pid;
	alarm(seconds);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	sweep();

	if (timed_out) {
		printf("TEST %s TIMEOUT\n", name);
		show_output();
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("TEST %s PASS\n", name);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		printf("TEST %s SKIP\n", name);
		show_output();
	} else {
		printf("TEST %s FAIL\n", name);
		show_output();
		if (WIFSIGNALED(status))
			printf("  | killed by signal %d (%s)\n", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
		else
			printf("  | exit status %d\n", WEXITSTATUS(status));
	}
	if (chdir("/") || umount2("/tmp", MNT_DETACH))
		printf("init: umount /tmp: %s\n", strerror(errno));
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	char name[128];
	int seconds;
	FILE *list;

	setvbuf(stdout, NULL, _IOLBF, 0);
	try_mount("proc", "/proc", NULL);
	try_mount("sysfs", "/sys", NULL);
	try_mount("devtmpfs", "/dev", NULL);
	try_mount("devpts", "/dev/pts", "ptmxmode=666");
	try_mount("tmpfs", "/dev/shm", NULL);
	sigaction(SIGALRM, &sa, NULL);

	list = fopen("/tests/list", "re");
	if (!list)
		printf("init: /tests/list: %s\n", strerror(errno));
	while (list && fscanf(list, "%127s %d", name, &seconds) == 2)
		run(name, seconds);
	printf("DONE\n");
	sync();
	reboot(RB_POWER_OFF);
	printf("init: power off: %s\n", strerror(errno));
	for (;;)
		pause();
}
