/* SPDX-License-Identifier: MIT */
/* exit(2), exit_group(2): one thread or all of them; what the end releases. */
#include "abi.h"

static void *end_thread(void *arg)
{
	syscall(SYS_exit, 3);
	return NULL;
}

static void *end_group(void *arg)
{
	syscall(SYS_exit_group, 4);
	return NULL;
}

static int go[2];

static void *later(void *arg)
{
	char c;

	read(go[0], &c, 1);
	syscall(SYS_exit_group, 5);
	return NULL;
}

static void *last(void *arg)
{
	msleep(40);
	syscall(SYS_exit, 6);
	return NULL;
}

int main(void)
{
	pthread_t t;
	pid_t pid;
	int p[2], st;
	char c;

	pid = FORK();
	if (!pid)
		syscall(SYS_exit, 0x101);
	EXPECT_EXIT(pid, 1);

	/* exit ends only the calling thread. */
	IN_CHILD({
		NEED(pthread_create(&t, NULL, end_thread, NULL) ? -1 : 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	});
	pid = FORK();
	if (!pid) {
		pthread_create(&t, NULL, end_group, NULL);
		pause();
		_exit(1);
	}
	EXPECT_EXIT(pid, 4);
	/* The first thread may go; the process lives on with the others and ends with the
	 * status of exit_group, or of the thread that exits last. */
	NEED(pipe(go));
	pid = FORK();
	if (!pid) {
		pthread_create(&t, NULL, later, NULL);
		syscall(SYS_exit, 0);
	}
	CHECK(wait_state(pid, 'Z'));	/* the first thread's state */
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_EQ(write(go[1], "g", 1), 1);
	EXPECT_EXIT(pid, 5);
	pid = FORK();
	if (!pid) {
		pthread_create(&t, NULL, last, NULL);
		syscall(SYS_exit, 2);
	}
	EXPECT_EXIT(pid, 6);

	/* Descriptors close at the end, zombie or not. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid)
		_exit(0);
	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
	/* A zombie still has its pid. */
	CHECK(wait_state(pid, 'Z'));
	CHECK_OK(kill(pid, 0));
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(getpgid(pid), getpgrp());
	EXPECT_EXIT(pid, 0);
	CHECK_ERR(kill(pid, 0), ESRCH);
	CHECK_ERR(getpgid(pid), ESRCH);
	return abi_done();
}
