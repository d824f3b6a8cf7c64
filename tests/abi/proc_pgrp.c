/* SPDX-License-Identifier: MIT */
/* setpgid(2), getpgid(2), setsid(2), getsid(2): the rules of groups and sessions. */
#include "abi.h"

static pid_t sleeper(void)
{
	pid_t pid = FORK();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
}

static void groups(void)
{
	pid_t a = sleeper(), b = sleeper();

	CHECK_EQ(getpgid(a), getpgrp());
	CHECK_EQ(getpgid(0), getpgrp());
	CHECK_EQ(getpgid(getpid()), getpgrp());
	CHECK_OK(setpgid(a, 0));
	CHECK_EQ(getpgid(a), a);
	CHECK_OK(setpgid(b, a));
	CHECK_EQ(getpgid(b), a);
	CHECK_OK(setpgid(b, b));
	CHECK_OK(setpgid(b, getpgrp()));
	CHECK_ERR(setpgid(b, 0x3fffffff), EPERM);
	CHECK_ERR(setpgid(b, -1), EINVAL);
	CHECK_ERR(setpgid(0x3fffffff, 0), ESRCH);
	CHECK_ERR(setpgid(1, 0), ESRCH);
	CHECK_ERR(getpgid(0x3fffffff), ESRCH);
	CHECK_ERR(getpgid(-1), ESRCH);
	/* A group outlives its leader while it has members. */
	CHECK_OK(setpgid(b, a));
	end(a);
	CHECK_EQ(getpgid(b), a);
	CHECK_OK(kill(-a, 0));
	end(b);
	CHECK_ERR(kill(-a, 0), ESRCH);
}

static void sessions(void)
{
	pid_t a, b;
	int p[2];
	char c;

	CHECK_ERR(getsid(0x3fffffff), ESRCH);
	IN_CHILD({
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		/* A group leader cannot found a session, a session leader cannot leave. */
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		/* Children inherit it; their groups stay inside. */
		a = sleeper();
		CHECK_EQ(getsid(a), getpid());
		CHECK_ERR(setpgid(a, getpgid(getppid())), EPERM);
		end(a);
	});
	IN_CHILD({
		CHECK_OK(setpgid(0, 0));
		CHECK_ERR(setsid(), EPERM);
	});
	/* A child in another session cannot be moved, nor a session leader. */
	NEED(pipe(p));
	b = FORK();
	if (!b) {
		setsid();
		write(p[1], "s", 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(getsid(b), b);
	CHECK_ERR(setpgid(b, b), EPERM);
	CHECK_ERR(setpgid(b, getpgrp()), EPERM);
	end(b);
}

int main(int argc, char **argv)
{
	pid_t pid;
	int p[2], q[2];
	char c;

	if (argc > 1) {
		write(50, "x", 1);
		read(51, &c, 1);
		_exit(0);
	}
	groups();
	sessions();

	/* After the child's exec its parent may not move it any more. */
	NEED(pipe(p));
	NEED(pipe(q));
	pid = FORK();
	if (!pid) {
		dup2(p[1], 50);
		dup2(q[0], 51);
		execl("/proc/self/exe", "x", "exec", NULL);
		_exit(1);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_ERR(setpgid(pid, 0), EACCES);
	CHECK_EQ(write(q[1], "x", 1), 1);
	EXPECT_EXIT(pid, 0);
	/* Groups over exec and setpgid(0,0) by oneself. */
	IN_CHILD({
		CHECK_OK(setpgid(0, 0));
		CHECK_EQ(getpgrp(), getpid());
		IN_CHILD(CHECK_EQ(getpgrp(), getppid()));
	});
	return abi_done();
}
