/* SPDX-License-Identifier: MIT */
/* /proc/pid/stat, statm, status, comm, cmdline, environ: the forms that ps and top read. */
#include "abi.h"
#include <sys/prctl.h>

static char *status(const char *key)
{
	static char buf[256];
	char want[64], *p;

	snprintf(want, sizeof(want), "\n%s:\t", key);
	p = strstr(get_file("/proc/self/status"), want);
	if (!p) {
		FAIL("no %s in /proc/self/status", key);
		return "";
	}
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(p + strlen(want), "\n"), p + strlen(want));
	return buf;
}

int main(int argc, char **argv, char **envp)
{
	char path[64], *s, *p, state;
	long f[60] = { 0 };
	int n, pid, ppid, fd;
	pid_t child;
	sigset_t set;

	/* Linux counts resident pages in batches: have many. */
	memset(pages(400), 1, 400 * PAGE);

	/* A name with everything that breaks naive parsers. */
	CHECK_OK(prctl(PR_SET_NAME, "a) b (c", 0, 0, 0));
	s = get_file("/proc/self/stat");
	CHECK_EQ(sscanf(s, "%d (a) b (c) %c %d", &pid, &state, &ppid), 3);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(state, 'R');
	p = strrchr(s, ')') + 2;
	for (n = 3, p += 2; n < 52; n++) {
		char *end;

		f[n + 1] = strtol(p, &end, 10);
		if (end == p)
			break;
		p = end;
	}
	CHECK_EQ(n, 52);
	CHECK_STR(p, "\n");
	CHECK_EQ(f[4], getppid());
	CHECK_EQ(f[5], getpgrp());
	CHECK_EQ(f[6], getsid(0));
	CHECK_EQ(f[18], 20);		/* priority */
	CHECK_EQ(f[19], 0);		/* nice */
	CHECK_EQ(f[20], 1);		/* threads */
	CHECK(f[22] > 0);		/* start time in clock ticks since boot */
	CHECK(f[22] <= now_ns(CLOCK_BOOTTIME) / 10000000 + 1);
	CHECK(f[23] > 500000);		/* virtual size in bytes */
	CHECK(f[24] > 200);		/* resident pages */
	CHECK_EQ(f[38], SIGCHLD);	/* exit signal */
	CHECK(f[28] > (long)&n);	/* stack start */
	CHECK(f[26] <= (long)&main && f[27] >= (long)&main);	/* text */

	n = sscanf(get_file("/proc/self/statm"), "%ld %ld %ld %ld %ld %ld %ld", f, f + 1, f + 2,
		   f + 3, f + 4, f + 5, f + 6);
	CHECK_EQ(n, 7);
	CHECK(f[0] > f[1] && f[1] > 0 && f[4] == 0);

	CHECK(!strncmp(get_file("/proc/self/status"), "Name:\ta) b (c\n", 14));
	CHECK(!strncmp(status("State"), "R (running)", 11));
	CHECK_EQ(atoi(status("Pid")), getpid());
	CHECK_EQ(atoi(status("Tgid")), getpid());
	CHECK_EQ(atoi(status("PPid")), getppid());
	CHECK_STR(status("Uid"), "0\t0\t0\t0");
	CHECK_STR(status("Gid"), "0\t0\t0\t0");
	CHECK_EQ(atoi(status("Threads")), 1);
	CHECK(atol(status("VmSize")) > 500);
	CHECK(atol(status("VmRSS")) > 800);
	CHECK(strstr(status("VmSize"), " kB"));
	IN_CHILD({
		NEED(setresuid(1, 2, 3));
		CHECK_STR(status("Uid"), "1\t2\t3\t2");
	});
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGHUP);
	signal(SIGUSR2, SIG_IGN);
	CHECK_STR(status("SigBlk"), "0000000000000001");
	CHECK(strtoul(status("ShdPnd"), NULL, 16) + strtoul(status("SigPnd"), NULL, 16) == 1);
	CHECK(strtoul(status("SigIgn"), NULL, 16) & 1 << (SIGUSR2 - 1));

	/* comm is what PR_SET_NAME set, and can be written. */
	CHECK_STR(get_file("/proc/self/comm"), "a) b (c\n");
	fd = open("/proc/self/comm", O_WRONLY);
	if (fd >= 0) {
		CHECK_EQ(write(fd, "written", 7), 7);
		CHECK_STR(get_file("/proc/self/comm"), "written\n");
		close(fd);
	}

	/* Command line and environment: the strings with their NULs. */
	fd = NEED(open("/proc/self/cmdline", O_RDONLY));
	{
		char buf[4096];

		n = read(fd, buf, sizeof(buf));
		CHECK_EQ(n, strlen(argv[0]) + 1);
		CHECK(n > 0 && !memcmp(buf, argv[0], n));
	}
	fd = NEED(open("/proc/self/environ", O_RDONLY));
	if (envp[0]) {
		char buf[256] = "";

		n = read(fd, buf, sizeof(buf) - 1);
		CHECK(n > 0 && !strncmp(buf, envp[0], 200));
	}

	/* Other processes and their states. */
	child = FORK();
	if (!child)
		for (;;)
			pause();
	CHECK(wait_state(child, 'S'));
	kill(child, SIGSTOP);
	CHECK(wait_state(child, 'T'));
	kill(child, SIGKILL);
	CHECK(wait_state(child, 'Z'));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	CHECK_STR(get_file(path), "");
	snprintf(path, sizeof(path), "/proc/%d/status", child);
	CHECK(strstr(get_file(path), "\nState:\tZ (zombie)\n"));
	EXPECT_SIGNAL(child, SIGKILL);
	CHECK_ERR(access(path, F_OK), ENOENT);
	/* A file opened before the process went away. */
	CHECK_ERR(open("/proc/1073741823/stat", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/self/nosuch", O_RDONLY), ENOENT);
	return abi_done();
}
