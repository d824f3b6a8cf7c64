/* SPDX-License-Identifier: MIT */
/* Orphans: reparented to init or to the nearest PR_SET_CHILD_SUBREAPER. */
#include "abi.h"
#include <sys/prctl.h>

int main(void)
{
	volatile int *sh = shared_pages(1);
	int p[2], on = 0, st;
	pid_t pid;
	char c;

	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0));
	CHECK_EQ(on, 0);

	/* No subreaper below init: the orphan's parent becomes another process, which
	 * this test sees by its pid only (1, or a subreaper above the test). */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		pid_t me = getpid();

		if (!fork()) {
			close(p[0]);
			while (getppid() == me)
				msleep(2);
			sh[0] = getppid();
			_exit(0);
		}
		_exit(0);
	}
	close(p[1]);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], &c, 1), 0);
	close(p[0]);
	CHECK(sh[0] > 0 && sh[0] != pid && sh[0] != getpid());
	CHECK_ERR(waitpid(-1, NULL, WNOHANG), ECHILD);

	/* A subreaper gets the orphan, its SIGCHLD and its status. */
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0));
	CHECK_EQ(on, 1);
	pid = FORK();
	if (!pid) {
		pid_t me = getpid();

		sh[2] = fork();
		if (!sh[2]) {
			while (getppid() == me)
				msleep(2);
			sh[1] = getppid();
			_exit(33);
		}
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	pid = waitpid(-1, &st, 0);
	CHECK(pid > 0);
	CHECK_EQ(WEXITSTATUS(st), 33);
	CHECK_EQ(sh[1], getpid());

	/* A zombie whose parent dies can be reaped by the subreaper, too. */
	pid = FORK();
	if (!pid) {
		pid_t z = FORK();

		if (!z)
			_exit(44);
		wait_state(z, 'Z');
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	CHECK(waitpid(-1, &st, 0) > 0);
	CHECK_EQ(WEXITSTATUS(st), 44);
	/* fork does not hand the mark down. */
	IN_CHILD({
		CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0));
		CHECK_EQ(on, 0);
	});
	CHECK_ERR(prctl(PR_GET_CHILD_SUBREAPER, UNMAPPED, 0, 0, 0), EFAULT);
	return abi_done();
}
