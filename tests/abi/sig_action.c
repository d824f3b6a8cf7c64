/* SPDX-License-Identifier: MIT */
/* rt_sigaction(2): old and new, flags, masks during the handler, errors. */
#include "abi.h"

static volatile int count, depth, deepest, blocked_usr2, blocked_self;

static void handler(int sig)
{
	sigset_t now;

	count++;
	sigprocmask(SIG_BLOCK, NULL, &now);
	blocked_self = sigismember(&now, SIGUSR1);
	blocked_usr2 = sigismember(&now, SIGUSR2);
}

static void nests(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (++count < 3)
		raise(sig);
	depth--;
}

int main(void)
{
	struct sigaction sa = { 0 }, old;
	sigset_t mask;

	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
	sa.sa_handler = handler;
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaddset(&sa.sa_mask, SIGKILL);
	sa.sa_flags = SA_RESTART;
	CHECK_OK(sigaction(SIGUSR1, &sa, &old));
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == handler);
	CHECK(old.sa_flags & SA_RESTART);
	CHECK(sigismember(&old.sa_mask, SIGUSR2));
	CHECK(!sigismember(&old.sa_mask, SIGKILL));	/* cannot be blocked, so is not kept */

	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK(blocked_self && blocked_usr2);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
	CHECK(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));

	/* Blocked while its own handler runs: runs again after it. SA_NODEFER: at once. */
	count = 0;
	catch_sig(SIGUSR1, nests, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 3);
	CHECK_EQ(deepest, 1);
	count = 0;
	catch_sig(SIGUSR1, nests, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 3);

	/* SA_RESETHAND: once only; the second time is the default action's. */
	count = 0;
	catch_sig(SIGUSR1, handler, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
	DIES_BY(SIGUSR1, catch_sig(SIGUSR1, handler, SA_RESETHAND); raise(SIGUSR1);
		raise(SIGUSR1));

	/* Ignoring drops what is pending, and so does the default of an ignored kind. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGCHLD);
	CHECK_OK(sigprocmask(SIG_BLOCK, &mask, NULL));
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	count = 0;
	catch_sig(SIGUSR1, handler, 0);
	catch_sig(SIGCHLD, handler, 0);
	raise(SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	catch_sig(SIGCHLD, handler, 0);
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &mask, NULL));
	CHECK_EQ(count, 0);

	/* Every signal but two can be caught and ignored. */
	for (int s = 1; s <= 64; s++) {
		if (s == 32 || s == 33)
			continue;	/* glibc keeps these */
		sa = (struct sigaction){ .sa_handler = SIG_IGN };
		if (s == SIGKILL || s == SIGSTOP)
			CHECK_ERR(sigaction(s, &sa, NULL), EINVAL);
		else
			CHECK_OK(sigaction(s, &sa, NULL));
		CHECK_OK(sigaction(s, NULL, &old));
	}
	CHECK_ERR(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, -1, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 128), EINVAL);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8), EFAULT);
	}
	return abi_done();
}
