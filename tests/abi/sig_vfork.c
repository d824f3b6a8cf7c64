/* SPDX-License-Identifier: MIT */
/* Signals around vfork: the parent takes none until the child is done; SIGKILL gets through. */
#include "abi.h"

static volatile int handled_in;
static volatile int *sh;

static void on(int sig)
{
	handled_in = getpid();
}

int main(void)
{
	pid_t me = getpid(), pid;

	sh = shared_pages(1);
	catch_sig(SIGUSR1, on, 0);
	pid = vfork();
	if (!pid) {
		/* shared memory: handled_in stays 0 while the parent cannot run */
		kill(me, SIGUSR1);
		syscall(SYS_sched_yield);
		_exit(handled_in == 0 ? 0 : 1);
	}
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(handled_in, me);

	/* A killed parent goes at once, the child lives on. */
	pid = FORK();
	if (!pid) {
		if (!vfork()) {
			sh[0] = getpid();
			while (!sh[1])
				syscall(SYS_sched_yield);
			sh[2] = 1;
			_exit(0);
		}
		_exit(9);
	}
	AWAIT(sh[0]);
	CHECK_OK(kill(pid, SIGKILL));
	EXPECT_SIGNAL(pid, SIGKILL);
	CHECK_EQ(sh[2], 0);
	sh[1] = 1;
	for (int i = 0; i < 400 && !sh[2]; i++)
		msleep(5);
	CHECK_EQ(sh[2], 1);
	return abi_done();
}
