/* SPDX-License-Identifier: MIT */
/* rt_sigprocmask(2), rt_sigpending(2): sets, pending, delivery on unblocking. */
#include "abi.h"

static volatile int order[16], n;

static void on(int sig)
{
	order[n++ & 15] = sig;
}

static int pending(int sig)
{
	sigset_t s;

	CHECK_OK(sigpending(&s));
	return sigismember(&s, sig);
}

int main(void)
{
	sigset_t set, old, all;
	uint64_t raw;

	catch_sig(SIGUSR1, on, 0);
	catch_sig(SIGUSR2, on, 0);
	catch_sig(SIGHUP, on, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, &old));
	CHECK(!sigismember(&old, SIGUSR1));
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(n, 0);
	CHECK(pending(SIGUSR1) && pending(SIGUSR2) && !pending(SIGHUP));
	/* Standard signals do not queue; both come before sigprocmask returns. */
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, &old));
	CHECK_EQ(n, 2);
	CHECK(sigismember(&old, SIGUSR1));
	CHECK(order[0] != order[1]);
	CHECK(!pending(SIGUSR1) && !pending(SIGUSR2));

	/* SIG_SETMASK; SIGKILL and SIGSTOP are left out silently. */
	sigfillset(&all);
	CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &raw, 8));
	CHECK(!(raw & 1UL << (SIGKILL - 1)) && !(raw & 1UL << (SIGSTOP - 1)));
	CHECK(raw & 1UL << (SIGHUP - 1));
	raise(SIGHUP);
	CHECK_EQ(n, 2);
	sigemptyset(&set);
	CHECK_OK(sigprocmask(SIG_SETMASK, &set, NULL));
	CHECK_EQ(n, 3);
	CHECK_EQ(order[2], SIGHUP);

	/* An ignored signal is not even kept pending; unless it is blocked. */
	signal(SIGURG, SIG_IGN);
	raise(SIGURG);
	CHECK(!pending(SIGURG));
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGURG);
	CHECK(pending(SIGURG));
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK(!pending(SIGURG));

	/* how counts only if there is a set. */
	CHECK_OK(syscall(SYS_rt_sigprocmask, 77, NULL, &raw, 8));
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 77, &raw, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &raw, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &raw, NULL, 16), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigpending, &raw, 16), EINVAL);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, p, 8), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigpending, p, 8), EFAULT);
	}
	return abi_done();
}
