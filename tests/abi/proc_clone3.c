/* SPDX-License-Identifier: MIT */
/* clone3(2): the same with a struct that may grow. */
#include "abi.h"
#include <linux/sched.h>

static long clone3(void *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

int main(void)
{
	struct { struct clone_args a; uint64_t more[4]; } big;
	struct clone_args a = { .exit_signal = SIGCHLD };
	volatile pid_t tid = 0;
	pid_t pid;

	pid = clone3(&a, sizeof(a));
	if (pid == -1 && errno == ENOSYS)
		SKIP("no clone3");
	if (!pid)
		_exit(4);
	EXPECT_EXIT(pid, 4);
	pid = clone3(&a, CLONE_ARGS_SIZE_VER0);
	if (!pid)
		_exit(5);
	EXPECT_EXIT(pid, 5);

	a.flags = CLONE_PARENT_SETTID;
	a.parent_tid = (uintptr_t)&tid;
	pid = clone3(&a, sizeof(a));
	if (!pid)
		_exit(0);
	CHECK_EQ(tid, pid);
	EXPECT_EXIT(pid, 0);

	/* A larger struct is fine as long as what is unknown is zero. */
	memset(&big, 0, sizeof(big));
	big.a.exit_signal = SIGCHLD;
	pid = clone3(&big, sizeof(big));
	if (!pid)
		_exit(6);
	EXPECT_EXIT(pid, 6);
	big.more[3] = 1;
	CHECK_ERR(clone3(&big, sizeof(big)), E2BIG);

	a = (struct clone_args){ .exit_signal = SIGCHLD };
	CHECK_ERR(clone3(&a, 63), EINVAL);
	CHECK_ERR(clone3(&a, 0), EINVAL);
	CHECK_ERR(clone3(&a, 5000), E2BIG);
	a.exit_signal = 65;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.exit_signal = 0x100;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.exit_signal = SIGCHLD;
	a.stack = 4096;		/* a stack without a size, a size without a stack */
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.stack = 0;
	a.stack_size = 4096;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.stack_size = 0;
	a.flags = CLONE_DETACHED;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = SIGCHLD;	/* the exit signal has a field of its own */
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_SIGHAND;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;	/* threads have no exit signal */
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = 1UL << 40;
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	EACH_BAD(p)
		CHECK_ERR(clone3(p, sizeof(a)), EFAULT);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
	return abi_done();
}
