/* SPDX-License-Identifier: MIT */
/* rt_sigsuspend(2), pause(2): the mask is swapped while waiting, the handler runs, EINTR. */
#include "abi.h"

static volatile int got, mask_in_handler;

static void on(int sig)
{
	sigset_t now;

	got = sig;
	sigprocmask(SIG_BLOCK, NULL, &now);
	mask_in_handler = sigismember(&now, SIGUSR2);
}

int main(void)
{
	sigset_t block, wait, now;
	pid_t pid;
	int p[2];
	char c;

	catch_sig(SIGUSR1, on, SA_RESTART);
	catch_sig(SIGUSR2, on, SA_RESTART);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &block, NULL));
	sigemptyset(&wait);
	sigaddset(&wait, SIGUSR2);

	/* Already pending: comes at once. The handler runs with the waiting mask. */
	raise(SIGUSR1);
	CHECK_ERR(sigsuspend(&wait), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(mask_in_handler, 1);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));

	/* From another process, while it sleeps. */
	got = 0;
	pid = FORK();
	if (!pid) {
		CHECK_ERR(sigsuspend(&wait), EINTR);
		CHECK_EQ(got, SIGUSR1);
		_exit(abi_failed);
	}
	let_block(pid);
	kill(pid, SIGUSR1);
	EXPECT_EXIT(pid, 0);

	/* An ignored signal does not end it, a stop and continue neither; death does. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		signal(SIGURG, SIG_IGN);
		write(p[1], "r", 1);
		sigemptyset(&wait);
		sigsuspend(&wait);
		_exit(got == SIGUSR1 ? 0 : 1);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	let_block(pid);
	kill(pid, SIGURG);
	kill(pid, SIGSTOP);
	CHECK(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	msleep(20);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGUSR1);
	EXPECT_EXIT(pid, 0);

	/* pause: the same without a mask. */
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &block, NULL));
	got = 0;
	pid = FORK();
	if (!pid) {
		CHECK_ERR(pause(), EINTR);
		_exit(abi_failed);
	}
	let_block(pid);
	kill(pid, SIGUSR1);
	while (!wait_state(pid, 'Z') && !kill(pid, SIGUSR1))
		;	/* the first came too early for pause */
	EXPECT_EXIT(pid, 0);

	CHECK_ERR(syscall(SYS_rt_sigsuspend, &wait, 4), EINVAL);
	EACH_BAD(q)
		CHECK_ERR(syscall(SYS_rt_sigsuspend, q, 8), EFAULT);
	return abi_done();
}
