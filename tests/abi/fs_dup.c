/* SPDX-License-Identifier: MIT */
/* dup(2), dup2(2), dup3(2), close(2). */
#include "abi.h"

int main(void)
{
	struct rlimit rl = { 0 };
	int fd, fd2, p[2];
	char c;

	fd = NEED(open("f", O_CREAT | O_RDWR | O_CLOEXEC, 0644));
	fd2 = CHECK_OK(dup(fd));
	CHECK_EQ(fd2, fd + 1);
	CHECK_EQ(fcntl(fd2, F_GETFD), 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(fd2, 0, SEEK_CUR), 3);

	CHECK_EQ(dup2(fd, 40), 40);
	CHECK_EQ(fcntl(40, F_GETFD), 0);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(dup2(90, 90), EBADF);
	CHECK_ERR(dup2(90, 40), EBADF);
	CHECK_EQ(lseek(40, 0, SEEK_CUR), 3);	/* still open */
	/* dup2 closes what was there: the pipe's reader sees the end. */
	NEED(pipe(p));
	CHECK_EQ(dup2(fd, p[1]), p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);

	CHECK_EQ(dup3(fd, 41, O_CLOEXEC), 41);
	CHECK_EQ(fcntl(41, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(dup3(fd, fd, 0), EINVAL);
	CHECK_ERR(dup3(fd, 42, O_NONBLOCK), EINVAL);
	CHECK_ERR(dup3(fd, 42, ~0), EINVAL);
	CHECK_ERR(dup3(-1, 42, 0), EBADF);
	CHECK_ERR(dup(-1), EBADF);
	CHECK_ERR(dup(INT_MAX), EBADF);
	CHECK_ERR(dup2(fd, -1), EBADF);
	CHECK_ERR(dup2(fd, INT_MAX), EBADF);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &rl));
	CHECK_ERR(dup2(fd, rl.rlim_cur), EBADF);
	IN_CHILD({
		rl.rlim_cur = 3;
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &rl));
		CHECK_ERR(dup(fd), EMFILE);
		CHECK_ERR(dup2(fd, 4), EBADF);
	});

	CHECK_OK(close(40));
	CHECK_ERR(close(40), EBADF);
	CHECK_ERR(close(-1), EBADF);
	CHECK_ERR(close(100000), EBADF);
	CHECK_ERR(syscall(SYS_close, 0x1ffffffffUL), EBADF);
	/* Numbers are 32 bits wide: the upper half of the register does not count. */
	CHECK_OK(syscall(SYS_close, 0x500000000UL | fd2));
	CHECK_ERR(fcntl(fd2, F_GETFD), EBADF);
	return abi_done();
}
