/* SPDX-License-Identifier: MIT */
/* prctl(2) PR_SET_PDEATHSIG: a signal when the parent dies. */
#include "abi.h"
#include <sys/prctl.h>

int main(void)
{
	int p[2], sig = 9, ready[2];
	sigset_t set;
	pid_t pid;
	char c = 0;

	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0));
	CHECK_EQ(sig, 0);
	NEED(pipe(p));
	NEED(pipe(ready));
	pid = FORK();
	if (!pid) {
		if (!fork()) {
			sigemptyset(&set);
			sigaddset(&set, SIGUSR2);
			sigprocmask(SIG_BLOCK, &set, NULL);
			prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0);
			prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
			write(ready[1], "r", 1);
			c = sigwaitinfo(&set, NULL) == SIGUSR2 && sig == SIGUSR2 ? 'y' : 'n';
			write(p[1], &c, 1);
			_exit(0);
		}
		read(ready[0], &c, 1);
		_exit(0);
	}
	close(p[1]);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'y');

	/* Not inherited over fork. */
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0));
	IN_CHILD({
		CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0));
		CHECK_EQ(sig, 0);
	});
	CHECK_OK(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, -1, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_PDEATHSIG, UNMAPPED, 0, 0, 0), EFAULT);
	return abi_done();
}
