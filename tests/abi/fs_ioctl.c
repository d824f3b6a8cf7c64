/* SPDX-License-Identifier: MIT */
/* ioctl(2) that every file knows: FIONREAD, FIONBIO, FIOCLEX; ENOTTY for the rest. */
#include "abi.h"

int main(void)
{
	struct winsize ws;
	int fd, p[2], n, on = 1, off = 0;

	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_OK(ioctl(fd, FIONREAD, &n));
	CHECK_EQ(n, 7);
	NEED(pipe(p));
	CHECK_OK(ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(write(p[1], "12345", 5), 5);
	CHECK_OK(ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_OK(ioctl(p[1], FIONREAD, &n));
	CHECK_EQ(n, 5);

	CHECK_OK(ioctl(p[0], FIONBIO, &on));
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_OK(ioctl(p[0], FIONBIO, &off));
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0);
	CHECK_OK(ioctl(p[0], FIOCLEX));
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_OK(ioctl(p[0], FIONCLEX));
	CHECK_EQ(fcntl(p[0], F_GETFD), 0);

	CHECK_ERR(ioctl(fd, TIOCGWINSZ, &ws), ENOTTY);
	CHECK_ERR(ioctl(p[0], TCGETS, &ws), ENOTTY);
	CHECK_ERR(ioctl(fd, 0xdeadbeef, &ws), ENOTTY);
	CHECK_ERR(ioctl(open(".", O_RDONLY), TCGETS, &ws), ENOTTY);
	CHECK_EQ(isatty(fd), 0);
	CHECK_ERR(ioctl(-1, FIONREAD, &n), EBADF);
	CHECK_ERR(ioctl(999, TCGETS, &ws), EBADF);
	EACH_BAD(q) {
		CHECK_ERR(syscall(SYS_ioctl, fd, FIONREAD, q), EFAULT);
		CHECK_ERR(syscall(SYS_ioctl, p[0], FIONREAD, q), EFAULT);
		CHECK_ERR(syscall(SYS_ioctl, p[0], FIONBIO, q), EFAULT);
	}
	return abi_done();
}
