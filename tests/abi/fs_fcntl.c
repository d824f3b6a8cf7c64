/* SPDX-License-Identifier: MIT */
/* fcntl(2): F_DUPFD, descriptor flags, status flags, owner, bad commands. */
#include "abi.h"

int main(void)
{
	struct rlimit rl;
	int fd, fd2, p[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	fd2 = CHECK_OK(fcntl(fd, F_DUPFD, 0));
	CHECK(fd2 > fd);
	CHECK_EQ(fcntl(fd, F_DUPFD, 50), 50);
	CHECK_EQ(fcntl(fd, F_DUPFD, 50), 51);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 60), 60);
	CHECK_EQ(fcntl(60, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(60, F_DUPFD, 61), 61);
	CHECK_EQ(fcntl(61, F_GETFD), 0);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &rl));
	CHECK_ERR(fcntl(fd, F_DUPFD, rl.rlim_cur), EINVAL);
	CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
	rl.rlim_cur = 52;
	IN_CHILD({
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &rl));
		CHECK_ERR(fcntl(fd, F_DUPFD, 50), EMFILE);
		CHECK_ERR(fcntl(fd, F_DUPFD, 52), EINVAL);
	});

	/* FD_CLOEXEC belongs to the descriptor, the status flags to the open file. */
	CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(fd2, F_GETFD), 0);
	CHECK_OK(fcntl(fd, F_SETFD, 0xfffe));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	CHECK_EQ(fcntl(fd2, F_GETFL) & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK);
	/* The access mode and creation flags cannot be changed, and nobody complains. */
	CHECK_OK(fcntl(fd, F_SETFL, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL));
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR);

	NEED(pipe(p));
	CHECK_EQ(fcntl(p[0], F_GETFL) & ~0100000, O_RDONLY);
	CHECK_EQ(fcntl(p[1], F_GETFL) & ~0100000, O_WRONLY);
	CHECK_EQ(fcntl(p[0], F_GETOWN), 0);
	CHECK_OK(fcntl(p[0], F_SETOWN, getpid()));
	CHECK_EQ(fcntl(p[0], F_GETOWN), getpid());
	CHECK_ERR(fcntl(p[0], F_SETOWN, 0x3fffffff), ESRCH);
	CHECK_OK(fcntl(p[0], F_SETOWN, 0));
	CHECK_EQ(fcntl(p[0], F_GETSIG), 0);
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGUSR1));
	CHECK_EQ(fcntl(p[0], F_GETSIG), SIGUSR1);
	CHECK_ERR(fcntl(p[0], F_SETSIG, 65), EINVAL);

	CHECK_ERR(fcntl(fd, 0x7777), EINVAL);
	CHECK_ERR(fcntl(fd, -1), EINVAL);
	CHECK_ERR(fcntl(-1, F_GETFD), EBADF);
	CHECK_ERR(fcntl(4444, F_GETFD), EBADF);
	CHECK_ERR(fcntl(4444, 0x7777), EBADF);
	CHECK_ERR(fcntl(fd, F_GETPIPE_SZ), EBADF);
	return abi_done();
}
