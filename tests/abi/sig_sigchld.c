/* SPDX-License-Identifier: MIT */
/* SIGCHLD: SIG_IGN and SA_NOCLDWAIT leave no zombies, and wait knows it. */
#include "abi.h"

static volatile int count;

static void on(int sig)
{
	count++;
}

static pid_t child(void)
{
	pid_t pid = FORK();

	if (!pid) {
		msleep(10);
		_exit(1);
	}
	return pid;
}

int main(void)
{
	struct sigaction sa;
	int st = 77;
	pid_t pid;

	/* The default (also "ignore") keeps zombies. */
	signal(SIGCHLD, SIG_DFL);
	pid = child();
	CHECK(wait_state(pid, 'Z'));
	EXPECT_EXIT(pid, 1);

	signal(SIGCHLD, SIG_IGN);
	pid = child();
	CHECK_ERR(waitpid(pid, &st, 0), ECHILD);	/* after it has ended */
	CHECK_EQ(st, 77);
	AWAIT(kill(pid, 0) == -1 && errno == ESRCH);	/* its pid goes a moment later */

	catch_sig(SIGCHLD, on, SA_NOCLDWAIT | SA_RESTART);
	pid = child();
	CHECK_ERR(waitpid(-1, &st, 0), ECHILD);
	AWAIT(kill(pid, 0) == -1 && errno == ESRCH);	/* its pid goes a moment later */
	CHECK_EQ(count, 1);	/* Linux sends the signal all the same */

	/* A zombie from before SIG_IGN stays for wait. */
	signal(SIGCHLD, SIG_DFL);
	pid = child();
	CHECK(wait_state(pid, 'Z'));
	signal(SIGCHLD, SIG_IGN);
	EXPECT_EXIT(pid, 1);

	/* Several at once may be one signal, so handlers loop; here: none is lost. */
	sa = (struct sigaction){ .sa_handler = on, .sa_flags = SA_RESTART };
	CHECK_OK(sigaction(SIGCHLD, &sa, NULL));
	count = 0;
	for (int i = 0; i < 5; i++)
		child();
	for (int i = 0; i < 5; i++)
		CHECK(waitpid(-1, &st, 0) > 0);
	CHECK_ERR(waitpid(-1, &st, 0), ECHILD);
	CHECK(count >= 1 && count <= 5);
	return abi_done();
}
