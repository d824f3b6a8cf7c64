/* SPDX-License-Identifier: MIT */
/* fork(2): what the child gets, shares, and does not inherit. */
#include "abi.h"
#include <sys/times.h>

static int global = 1;

static void on_alarm(int sig)
{
}

int main(void)
{
	int *shared = shared_pages(1), local = 1, p[2], fd;
	struct itimerval it = { { 0, 0 }, { 100, 0 } }, got;
	sigset_t set, old;
	pid_t pid, parent = getpid();
	struct tms tms;
	char *m, c;

	/* Ids. */
	CHECK_OK(pid = fork());
	if (!pid) {
		shared[0] = getpid();
		shared[1] = getppid();
		shared[2] = getpgrp();
		shared[3] = getsid(0);
		shared[4] = syscall(SYS_gettid);
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(shared[0], pid);
	CHECK_EQ(shared[1], parent);
	CHECK_EQ(shared[2], getpgrp());
	CHECK_EQ(shared[3], getsid(0));
	CHECK_EQ(shared[4], pid);

	/* Memory is a copy, both ways; shared mappings are not. */
	m = pages(1);
	*m = 1;
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		CHECK_EQ(read(p[0], &c, 1), 1);
		CHECK(global == 1 && local == 1 && *m == 1);
		global = local = 2;
		*m = 2;
		shared[5] = 2;
		_exit(abi_failed);
	}
	global = local = 3;
	*m = 3;
	CHECK_EQ(write(p[1], "g", 1), 1);
	EXPECT_EXIT(pid, 0);
	CHECK(global == 3 && local == 3 && *m == 3);
	CHECK_EQ(shared[5], 2);

	/* Descriptors are copies of the table, not the table. */
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	IN_CHILD({
		CHECK_OK(close(fd));
		CHECK_EQ(open("g", O_CREAT | O_RDWR, 0600), fd);
	});
	CHECK_EQ(stat_of("f").st_size, 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(stat_of("f").st_size, 1);

	/* Inherited: mask, handlers, directory, umask. Not: pending signals, timers, times. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	signal(SIGUSR2, SIG_IGN);
	umask(031);
	raise(SIGUSR1);
	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	IN_CHILD({
		CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &old));
		CHECK(sigismember(&old, SIGUSR1));
		CHECK_OK(sigpending(&old));
		CHECK(!sigismember(&old, SIGUSR1));
		CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
		CHECK_EQ(umask(0), 031);
		CHECK_OK(getitimer(ITIMER_REAL, &got));
		CHECK_EQ(got.it_value.tv_sec, 0);
		CHECK_EQ(got.it_value.tv_usec, 0);
		times(&tms);
		CHECK_EQ(tms.tms_cutime, 0);
		CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
	});
	CHECK_OK(sigpending(&old));
	CHECK(sigismember(&old, SIGUSR1));
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);

	/* A crowd: all pids differ, all come back. */
	{
		pid_t crowd[40];
		int i, k, st;

		for (i = 0; i < 40; i++) {
			crowd[i] = FORK();
			if (!crowd[i])
				_exit(i);
			for (k = 0; k < i; k++)
				CHECK(crowd[k] != crowd[i]);
		}
		for (i = 39; i >= 0; i--) {
			CHECK_EQ(waitpid(crowd[i], &st, 0), crowd[i]);
			CHECK_EQ(WEXITSTATUS(st), i);
		}
	}

	/* A large process under a timer that is faster than its copying gets its child all the same. */
	{
		struct itimerval fast = { { 0, 500 }, { 0, 500 } }, off = { };
		volatile char *large = pages(8192);
		pid_t pid;

		for (int i = 0; i < 8192; i++)
			large[i * PAGE] = 1;
		catch_sig(SIGALRM, on_alarm, SA_RESTART);
		NEED(setitimer(ITIMER_REAL, &fast, NULL));
		pid = FORK();
		if (!pid)
			_exit(5);
		NEED(setitimer(ITIMER_REAL, &off, NULL));
		EXPECT_EXIT(pid, 5);
	}
	return abi_done();
}
