/* SPDX-License-Identifier: MIT */
/* pidfd_open(2), pidfd_send_signal(2), CLONE_PIDFD. Skipped where there is none. */
#include "abi.h"

int main(void)
{
	struct pollfd f;
	int fd, st, cfd = -1;
	pid_t pid = FORK();

	if (!pid)
		for (;;)
			pause();
	fd = syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 && errno == ENOSYS) {
		kill(pid, SIGKILL);
		SKIP("no pidfds");
	}
	NEED(fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	f = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 99, NULL, 0), EINVAL);
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	CHECK_EQ(poll(&f, 1, -1), 1);
	CHECK_EQ(f.revents, POLLIN);
	EXPECT_SIGNAL(pid, SIGTERM);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, 0x3fffffff, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, getpid(), 0x10000000), EINVAL);

	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0L, &cfd, 0L, 0L);
	if (!pid)
		_exit(3);
	CHECK(pid > 0 && cfd > 0);
	f.fd = cfd;
	CHECK_EQ(poll(&f, 1, -1), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0x300);
	return abi_done();
}
