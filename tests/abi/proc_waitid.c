/* SPDX-License-Identifier: MIT */
/* waitid(2): the siginfo, WNOWAIT, options, pidfds. */
#include "abi.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static pid_t child(int code)
{
	pid_t pid = FORK();

	if (!pid)
		_exit(code);
	return pid;
}

int main(void)
{
	siginfo_t si;
	struct rusage ru;
	pid_t pid, pid2;
	int fd;

	/* Look first, take later. */
	pid = child(77);
	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED | WNOWAIT), 0);
	CHECK_EQ(si.si_signo, SIGCHLD);
	CHECK_EQ(si.si_errno, 0);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_uid, 0);
	CHECK_EQ(si.si_status, 77);
	CHECK_EQ(waitid(P_ALL, 0, &si, WEXITED | WNOWAIT), 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED), 0);
	CHECK_ERR(waitid(P_PID, pid, &si, WEXITED), ECHILD);

	/* Killed, stopped, continued. */
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	memset(&si, 0xff, sizeof(si));
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED | WSTOPPED | WNOHANG), 0);
	CHECK_EQ(si.si_pid, 0);
	CHECK_EQ(si.si_signo, 0);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitid(P_PID, pid, &si, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(si.si_code, CLD_STOPPED);
	CHECK_EQ(si.si_status, SIGSTOP);
	CHECK_EQ(waitid(P_PID, pid, &si, WSTOPPED), 0);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitid(P_PID, pid, &si, WCONTINUED), 0);
	CHECK_EQ(si.si_code, CLD_CONTINUED);
	CHECK_EQ(si.si_status, SIGCONT);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitid(P_PID, pid, &si, WEXITED), 0);
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_status, SIGKILL);

	/* Groups. */
	pid = FORK();
	if (!pid) {
		setpgid(0, 0);
		_exit(0);
	}
	setpgid(pid, pid);
	pid2 = child(0);
	CHECK_EQ(waitid(P_PGID, pid, &si, WEXITED), 0);
	CHECK_EQ(si.si_pid, pid);
	CHECK_ERR(waitid(P_PGID, pid, &si, WEXITED), ECHILD);
	CHECK_EQ(waitid(P_PGID, 0, &si, WEXITED), 0);
	CHECK_EQ(si.si_pid, pid2);

	/* The raw call's fifth argument, and no siginfo at all. */
	pid = child(0);
	CHECK_EQ(syscall(SYS_waitid, P_PID, pid, NULL, WEXITED, &ru), 0);
	CHECK(ru.ru_maxrss >= 0);

	pid = child(12);
	fd = syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0) {
		struct pollfd f = { fd, POLLIN, 0 };

		CHECK_EQ(poll(&f, 1, -1), 1);
		CHECK_EQ(waitid(P_PIDFD, fd, &si, WEXITED), 0);
		CHECK_EQ(si.si_status, 12);
		CHECK_ERR(waitid(P_PIDFD, 0, &si, WEXITED), EBADF);
		CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	} else {
		EXPECT_EXIT(pid, 12);
	}

	CHECK_ERR(waitid(P_ALL, 0, &si, 0), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &si, WNOHANG), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &si, WEXITED | 0x800), EINVAL);
	CHECK_ERR(waitid(9, 0, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PID, 0, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PID, -1, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PGID, -1, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &si, WEXITED), ECHILD);
	EACH_BAD_NONNULL(p) {
		pid = child(0);
		CHECK_ERR(syscall(SYS_waitid, P_PID, pid, p, WEXITED, NULL), EFAULT);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return abi_done();
}
