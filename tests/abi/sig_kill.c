/* SPDX-License-Identifier: MIT */
/* kill(2), tkill(2), tgkill(2): targets, permission, signal 0, errors. */
#include "abi.h"

static pid_t sleeper(uid_t uid, pid_t pgrp)
{
	int p[2];
	pid_t pid;
	char c;

	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		signal(SIGUSR1, SIG_DFL);
		setpgid(0, pgrp);
		if (uid)
			become_user(uid);
		write(p[1], "r", 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	close(p[0]);
	close(p[1]);
	return pid;
}

int main(void)
{
	pid_t a, b, c;

	/* One process, a group, one's own group. */
	a = sleeper(0, 0);
	b = sleeper(0, a);
	c = sleeper(0, 0);
	CHECK_OK(kill(a, 0));
	CHECK_OK(kill(-a, 0));
	CHECK_OK(kill(-a, SIGTERM));
	EXPECT_SIGNAL(a, SIGTERM);
	EXPECT_SIGNAL(b, SIGTERM);
	CHECK_ERR(kill(-a, SIGTERM), ESRCH);
	CHECK_OK(kill(c, 0));
	kill(c, SIGKILL);
	EXPECT_SIGNAL(c, SIGKILL);
	IN_CHILD({
		setpgid(0, 0);
		signal(SIGUSR1, SIG_IGN);
		a = sleeper(0, getpgrp());
		CHECK_OK(kill(0, SIGUSR1));
		EXPECT_SIGNAL(a, SIGUSR1);
	});

	/* Permission: the sender's real or effective id is the target's real or saved one. */
	a = sleeper(1000, 0);
	b = sleeper(2000, 0);
	IN_CHILD({
		become_user(1000);
		CHECK_OK(kill(a, 0));
		CHECK_ERR(kill(b, 0), EPERM);
		CHECK_ERR(kill(b, SIGKILL), EPERM);
		CHECK_ERR(kill(1, SIGTERM), EPERM);
		CHECK_ERR(kill(-b, SIGTERM), EPERM);
		CHECK_ERR(syscall(SYS_tkill, b, SIGTERM), EPERM);
		CHECK_ERR(syscall(SYS_tgkill, b, b, SIGTERM), EPERM);
	});
	IN_CHILD({
		NEED(setresuid(1000, 2000, 5));
		CHECK_OK(kill(a, 0));
		CHECK_OK(kill(b, 0));
	});
	IN_CHILD({
		NEED(setresuid(5, 6, 1000));
		CHECK_ERR(kill(a, 0), EPERM);
	});
	/* SIGCONT within one's session is always allowed. */
	IN_CHILD({
		become_user(1000);
		CHECK_OK(kill(b, SIGCONT));
		setsid();
		CHECK_ERR(kill(b, SIGCONT), EPERM);
	});
	/* Everybody that may be signalled, but not oneself. */
	IN_CHILD({
		signal(SIGUSR1, SIG_DFL);
		become_user(1000);
		CHECK_OK(kill(-1, SIGUSR1));
	});
	EXPECT_SIGNAL(a, SIGUSR1);
	CHECK_OK(kill(b, 0));
	CHECK_OK(syscall(SYS_tkill, b, SIGTERM));
	EXPECT_SIGNAL(b, SIGTERM);

	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(0x3fffffff, 0), ESRCH);
	CHECK_ERR(kill(INT_MIN, 0), ESRCH);
	CHECK_ERR(kill(0x3fffffff, 65), ESRCH);
	CHECK_ERR(syscall(SYS_tkill, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 0x3fffffff, 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, 0, getpid(), 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, 1, getpid(), 0), ESRCH);
	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), 0));
	return abi_done();
}
