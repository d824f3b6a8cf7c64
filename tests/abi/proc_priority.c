/* SPDX-License-Identifier: MIT */
/* nice, getpriority(2), setpriority(2). */
#include "abi.h"

int main(void)
{
	pid_t pid;

	/* The raw call answers 20 - nice, so that no answer is negative. */
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 15);
	CHECK_EQ(getpriority(PRIO_PROCESS, getpid()), 5);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 100));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, -100));
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 40);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 0));

	pid = FORK();
	if (!pid) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	CHECK_OK(setpriority(PRIO_PGRP, pid, 7));
	CHECK_EQ(getpriority(PRIO_PROCESS, pid), 7);
	CHECK_EQ(getpriority(PRIO_PGRP, pid), 7);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	IN_CHILD({
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 3));
		IN_CHILD(CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3));
		become_user(1000);
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 4));
		CHECK_ERR(setpriority(PRIO_PROCESS, 0, 3), EACCES);
		CHECK_ERR(setpriority(PRIO_PROCESS, pid, 10), EPERM);
		CHECK_OK(setpriority(PRIO_USER, 0, 6));
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 6);
		CHECK_EQ(getpriority(PRIO_USER, 1000), 6);
	});
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
	CHECK_ERR(getpriority(PRIO_PROCESS, 0x3fffffff), ESRCH);
	CHECK_ERR(setpriority(PRIO_PROCESS, 0x3fffffff, 1), ESRCH);
	CHECK_ERR(getpriority(3, 0), EINVAL);
	CHECK_ERR(setpriority(-1, 0, 0), EINVAL);
	return abi_done();
}
