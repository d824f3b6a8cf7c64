/* SPDX-License-Identifier: MIT */
/* eventfd(2): a counter to wait on. */
#include "abi.h"
#include <sys/eventfd.h>

int main(void)
{
	uint64_t v;
	struct pollfd f;
	pid_t pid;
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0 && errno == ENOSYS)
		SKIP("no eventfd");
	NEED(fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 3);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	v = 5;
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(write(fd, &v, 8), 8);
	f = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLIN | POLLOUT);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 10);
	v = -2UL;
	CHECK_EQ(write(fd, &v, 8), 8);
	v = 1;
	CHECK_ERR(write(fd, &v, 8), EAGAIN);
	v = -1UL;
	CHECK_ERR(write(fd, &v, 8), EINVAL);
	CHECK_ERR(write(fd, &v, 7), EINVAL);
	CHECK_ERR(read(fd, &v, 4), EINVAL);
	close(fd);

	fd = NEED(eventfd(2, EFD_SEMAPHORE));
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	pid = FORK();
	if (!pid) {
		msleep(20);
		v = 7;
		_exit(write(fd, &v, 8) != 8);
	}
	CHECK_EQ(read(fd, &v, 8), 8);	/* sleeps until the child writes */
	CHECK_EQ(v, 1);
	EXPECT_EXIT(pid, 0);
	CHECK_ERR(eventfd(0, 0x100), EINVAL);
	CHECK_ERR(read(fd, UNMAPPED, 8), EFAULT);
	CHECK_ERR(write(fd, KERNEL, 8), EFAULT);
	return abi_done();
}
