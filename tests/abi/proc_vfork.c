/* SPDX-License-Identifier: MIT */
/* vfork(2): shared memory, the parent waits until exec or exit. */
#include "abi.h"

static volatile int seen;
static volatile int order;

int main(int argc, char **argv)
{
	char *const args[] = { "prog", "child", NULL }, *const env[] = { NULL };
	pid_t pid;
	int p[2], q[2];
	char c;

	if (argc > 1) {
		read(51, &c, 1);
		_exit(7);
	}
	/* The child runs first, in the parent's memory. */
	pid = vfork();
	if (!pid) {
		seen = 42;
		order = 1;
		_exit(3);
	}
	CHECK(pid > 0);
	CHECK_EQ(order, 1);
	CHECK_EQ(seen, 42);
	EXPECT_EXIT(pid, 3);

	/* exec releases the parent, long before the new program ends; the pipe shows that the
	 * descriptors were the child's own. */
	NEED(pipe2(p, O_CLOEXEC));
	NEED(pipe2(q, O_CLOEXEC));
	seen = 0;
	pid = vfork();
	if (!pid) {
		seen = 1;
		dup2(p[1], 50);
		dup2(q[0], 51);
		execve("/proc/self/exe", args, env);
		_exit(99);
	}
	CHECK_EQ(seen, 1);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	CHECK_ERR(fcntl(50, F_GETFD), EBADF);
	CHECK_EQ(write(q[1], "g", 1), 1);
	EXPECT_EXIT(pid, 7);
	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);

	/* A failed exec leaves the child where it was. */
	seen = 0;
	pid = vfork();
	if (!pid) {
		execve("/nonexistent", args, env);
		seen = errno;
		_exit(1);
	}
	CHECK_EQ(seen, ENOENT);
	EXPECT_EXIT(pid, 1);

	/* Death by a signal releases the parent too. */
	pid = vfork();
	if (!pid) {
		kill(getpid(), SIGKILL);
		_exit(1);
	}
	EXPECT_SIGNAL(pid, SIGKILL);
	return abi_done();
}
