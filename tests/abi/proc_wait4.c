/* SPDX-License-Identifier: MIT */
/* wait4(2), waitpid(2): which children, which options, the status word, errors. */
#include "abi.h"

static pid_t child(int ms, int code)
{
	pid_t pid = FORK();

	if (!pid) {
		if (ms)
			msleep(ms);
		_exit(code);
	}
	return pid;
}

static void statuses(void)
{
	struct rusage ru;
	int st;
	pid_t pid;

	for (int code = 0; code < 256; code += 51) {
		pid = child(0, code);
		CHECK_EQ(wait4(pid, &st, 0, &ru), pid);
		CHECK_EQ(st, code << 8);
	}
	pid = child(0, 0x12345);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0x4500);
	pid = child(0, -1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0xff00);
	pid = child(10000, 0);
	CHECK_OK(kill(pid, SIGTERM));
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, SIGTERM);
	CHECK_EQ(waitpid(child(0, 1), NULL, 0) > 0, 1);
}

static void selection(void)
{
	int st, p[2];
	pid_t a, b, c;

	NEED(pipe(p));
	a = child(0, 1);
	b = FORK();
	if (!b) {
		setpgid(0, 0);
		close(p[1]);
		read(p[0], &st, 1);
		_exit(2);
	}
	setpgid(b, b);
	CHECK(wait_state(a, 'Z'));
	/* -1 any, 0 own group, -pgid that group, pid only that. */
	CHECK_EQ(waitpid(b, &st, WNOHANG), 0);
	CHECK_EQ(waitpid(-b, &st, WNOHANG), 0);
	CHECK_EQ(waitpid(0, &st, 0), a);
	CHECK_ERR(waitpid(0, &st, 0), ECHILD);
	CHECK_ERR(waitpid(a, &st, 0), ECHILD);
	CHECK_EQ(waitpid(-1, &st, WNOHANG), 0);
	close(p[1]);
	CHECK_EQ(waitpid(-b, &st, 0), b);
	CHECK_EQ(WEXITSTATUS(st), 2);
	CHECK_ERR(waitpid(-1, &st, WNOHANG), ECHILD);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
	/* Somebody else's child, or nobody's. */
	CHECK_ERR(waitpid(1, &st, 0), ECHILD);
	CHECK_ERR(waitpid(getpid(), &st, 0), ECHILD);
	/* A grandchild is not a child. */
	NEED(pipe(p));
	a = FORK();
	if (!a) {
		c = child(60, 0);
		CHECK_EQ(write(p[1], &c, sizeof(c)), sizeof(c));
		EXPECT_EXIT(c, 0);
		_exit(abi_failed);
	}
	CHECK_EQ(read(p[0], &c, sizeof(c)), sizeof(c));
	CHECK_ERR(waitpid(c, &st, 0), ECHILD);
	EXPECT_EXIT(a, 0);
}

static void stops(void)
{
	int st;
	pid_t pid = FORK();

	if (!pid)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK_EQ(st, 0x137f);
	/* Each stop is told once. */
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED | WNOHANG), 0);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK(WIFCONTINUED(st));
	CHECK_EQ(st, 0xffff);
	CHECK_EQ(waitpid(pid, &st, WCONTINUED | WUNTRACED | WNOHANG), 0);
	/* Without the option neither is told. */
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK(wait_state(pid, 'T'));
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED | WCONTINUED), pid);
	CHECK_EQ(st, SIGKILL);
}

static void bad_arguments(void)
{
	int st = 0x5a5a;
	pid_t pid;

	CHECK_ERR(waitpid(-1, &st, 0x100), EINVAL);
	CHECK_ERR(waitpid(-1, &st, WEXITED), EINVAL);
	CHECK_ERR(waitpid(-1, &st, ~0), EINVAL);
	CHECK_ERR(waitpid(INT_MIN, &st, 0), ESRCH);
	CHECK_ERR(waitpid(-1, &st, 0), ECHILD);
	CHECK_EQ(st, 0x5a5a);
	EACH_BAD_NONNULL(p) {
		/* The child is gone even though its status could not be stored. */
		pid = child(0, 0);
		CHECK(wait_state(pid, 'Z'));
		CHECK_ERR(syscall(SYS_wait4, pid, p, 0, NULL), EFAULT);
		CHECK_ERR(waitpid(pid, &st, 0), ECHILD);
		pid = child(0, 0);
		CHECK_ERR(syscall(SYS_wait4, pid, NULL, 0, p), EFAULT);
		CHECK_ERR(waitpid(pid, &st, 0), ECHILD);
	}
}

static volatile int *sh;

static void on_sig(int sig)
{
	++*sh;
}

int main(void)
{
	int st;
	pid_t pid;

	statuses();
	selection();
	stops();
	bad_arguments();

	/* Signals: EINTR without SA_RESTART, patience with it. */
	sh = shared_pages(1);
	pid = FORK();
	if (!pid) {
		AWAIT(*sh >= 4);
		_exit(9);
	}
	ticks_start(0);
	CHECK_ERR(waitpid(pid, &st, 0), EINTR);
	catch_sig(SIGALRM, on_sig, SA_RESTART);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 9);
	ticks_stop();
	return abi_done();
}
