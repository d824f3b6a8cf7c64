/* SPDX-License-Identifier: MIT */
/* Default actions of all signals: end, ignore, stop, continue; no core file where none may be. */
#include "abi.h"

int main(void)
{
	static const int stops[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	struct rlimit rl = { 0, 0 };
	int st;
	pid_t pid;

	CHECK_OK(setrlimit(RLIMIT_CORE, &rl));
	for (int s = 1; s <= 64; s++) {
		if (s == SIGSTOP || s == SIGTSTP || s == SIGTTIN || s == SIGTTOU)
			continue;
		pid = FORK();
		if (!pid) {
			syscall(SYS_kill, getpid(), s);
			_exit(0);
		}
		st = abi_wait(pid);
		if (s == SIGCHLD || s == SIGCONT || s == SIGURG || s == SIGWINCH) {
			CHECK_EQ(st, 0);
		} else {
			CHECK_EQ(st, s);	/* and bit 7, "core dumped", is clear */
			CHECK(!WCOREDUMP(st));
		}
	}

	/* Stopping, in a process group whose parent is in the session (not orphaned). */
	for (unsigned i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
		pid = FORK();
		if (!pid) {
			setpgid(0, 0);
			kill(getpid(), stops[i]);
			_exit(5);
		}
		setpgid(pid, pid);
		CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
		CHECK(WIFSTOPPED(st));
		CHECK_EQ(WSTOPSIG(st), stops[i]);
		CHECK_OK(kill(pid, SIGCONT));
		EXPECT_EXIT(pid, 5);
	}
	/* In an orphaned group the terminal's stops do nothing, SIGSTOP does. */
	IN_CHILD({
		setsid();
		CHECK_OK(kill(getpid(), SIGTSTP));
		CHECK_OK(kill(getpid(), SIGTTIN));
	});

	/* A stopped process takes no signal but SIGKILL and SIGCONT; the rest waits. */
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_OK(kill(pid, SIGTERM));
	msleep(20);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_EQ(task_state(pid), 'T');
	CHECK_OK(kill(pid, SIGCONT));
	EXPECT_SIGNAL(pid, SIGTERM);
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK_OK(kill(pid, SIGKILL));
	EXPECT_SIGNAL(pid, SIGKILL);

	/* SIGCONT discards pending stops, stops discard a pending SIGCONT. */
	IN_CHILD({
		sigset_t set;

		setpgid(0, 0);
		sigfillset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		raise(SIGTSTP);
		raise(SIGCONT);
		CHECK_OK(sigpending(&set));
		CHECK(sigismember(&set, SIGCONT) && !sigismember(&set, SIGTSTP));
		raise(SIGTTIN);
		CHECK_OK(sigpending(&set));
		CHECK(!sigismember(&set, SIGCONT) && sigismember(&set, SIGTTIN));
	});
	return abi_done();
}
