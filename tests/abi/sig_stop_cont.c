/* SPDX-License-Identifier: MIT */
/* Job control: SIGCONT continues even if it is caught or blocked; threads stop together. */
#include "abi.h"

static volatile int *sh;

static void on_cont(int sig)
{
	sh[0]++;
}

static void *spin(void *arg)
{
	for (;;)
		sh[1]++;
	return NULL;
}

int main(void)
{
	int st, before;
	pthread_t t;
	pid_t pid;
	sigset_t set;

	sh = shared_pages(1);
	pid = FORK();
	if (!pid) {
		catch_sig(SIGCONT, on_cont, 0);
		sh[2] = 1;
		for (;;)
			pause();
	}
	AWAIT(sh[2]);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_EQ(sh[0], 0);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	for (int i = 0; i < 200 && !sh[0]; i++)
		msleep(5);
	CHECK_EQ(sh[0], 1);
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);

	/* Blocked: continues all the same, the handler waits. */
	sh[0] = sh[2] = 0;
	pid = FORK();
	if (!pid) {
		catch_sig(SIGCONT, on_cont, 0);
		sigemptyset(&set);
		sigaddset(&set, SIGCONT);
		sigprocmask(SIG_BLOCK, &set, NULL);
		kill(getpid(), SIGSTOP);
		sh[2] = sh[0] == 0;
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		_exit(sh[0] == 1 ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_OK(kill(pid, SIGCONT));
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(sh[2], 1);

	/* All threads stop, and all go on. */
	sh[1] = 0;
	pid = FORK();
	if (!pid) {
		pthread_create(&t, NULL, spin, NULL);
		for (;;)
			pause();
	}
	AWAIT(sh[1] >= 1000);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	before = sh[1];
	msleep(40);
	CHECK_EQ(sh[1], before);
	CHECK_OK(kill(pid, SIGCONT));
	for (int i = 0; i < 200 && sh[1] == before; i++)
		msleep(5);
	CHECK(sh[1] != before);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_OK(kill(pid, SIGKILL));
	EXPECT_SIGNAL(pid, SIGKILL);

	/* A newly orphaned group with a stopped member gets SIGHUP and SIGCONT. */
	pid = FORK();
	if (!pid) {
		pid_t c;

		setpgid(0, 0);
		c = FORK();
		if (!c) {
			catch_sig(SIGCONT, on_cont, 0);
			signal(SIGHUP, SIG_DFL);
			sh[3] = getpid();
			kill(getpid(), SIGSTOP);
			for (;;)
				pause();
		}
		waitpid(c, &st, WUNTRACED);
		_exit(0);
	}
	setpgid(pid, pid);
	EXPECT_EXIT(pid, 0);
	for (int i = 0; i < 400 && task_state(sh[3]) && task_state(sh[3]) != 'Z'; i++)
		msleep(5);
	CHECK(!task_state(sh[3]) || task_state(sh[3]) == 'Z');
	return abi_done();
}
