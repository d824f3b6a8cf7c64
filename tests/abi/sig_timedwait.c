/* SPDX-License-Identifier: MIT */
/* rt_sigtimedwait(2): taking signals without handlers. */
#include "abi.h"

static volatile int got;

static void on(int sig)
{
	got = sig;
}

int main(void)
{
	struct timespec ts = { 0, 0 }, bad = { 0, 1000000000 }, neg = { -1, 0 };
	sigset_t set, empty;
	siginfo_t si;
	long long t;
	pid_t pid;
	int p[2];
	char c;

	NEED(pipe(p));
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_ERR(sigtimedwait(&set, &si, &ts), EAGAIN);
	raise(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGUSR1);
	CHECK_EQ(si.si_signo, SIGUSR1);
	CHECK_EQ(si.si_pid, getpid());
	CHECK_ERR(sigtimedwait(&set, &si, &ts), EAGAIN);
	raise(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, NULL, &ts), SIGUSR1);

	t = now_ns(CLOCK_MONOTONIC);
	ts.tv_nsec = 30000000;
	CHECK_ERR(sigtimedwait(&set, &si, &ts), EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 30000000);

	/* SIGCHLD can be waited for though its default is to be ignored. */
	pid = FORK();
	if (!pid)
		_exit(3);
	CHECK_EQ(sigwaitinfo(&set, &si), SIGCHLD);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 3);
	EXPECT_EXIT(pid, 3);

	/* Another signal's handler ends it. */
	ticks_start(SA_RESTART);
	CHECK_ERR(sigwaitinfo(&set, &si), EINTR);
	CHECK(abi_ticks >= 1);
	ticks_stop();
	/* A signal in the set that is not blocked is taken, too, while one waits. */
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pid = FORK();
	if (!pid) {
		catch_sig(SIGALRM, on, 0);
		alarm(0);
		write(p[1], "r", 1);
		CHECK_EQ(sigwaitinfo(&set, &si), SIGALRM);
		CHECK_EQ(si.si_pid, getppid());
		CHECK_EQ(got, 0);
		_exit(abi_failed);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	let_block(pid);
	kill(pid, SIGALRM);
	EXPECT_EXIT(pid, 0);

	CHECK_ERR(sigtimedwait(&set, &si, &bad), EINVAL);
	CHECK_ERR(sigtimedwait(&set, &si, &neg), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, &si, &ts, 4), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_rt_sigtimedwait, p, NULL, &ts, 8), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, p, 8), EFAULT);
	}
	return abi_done();
}
