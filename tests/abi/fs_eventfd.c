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
	/* A write that would overflow sleeps until somebody reads. */
	v = -2UL - 6;
	CHECK_EQ(write(fd, &v, 8), 8);
	f = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_EQ(f.revents, POLLIN);
	pid = FORK();
	if (!pid) {
		v = 1;
		_exit(write(fd, &v, 8) != 8);
	}
	let_block(pid);
	CHECK_EQ(read(fd, &v, 8), 8);
	EXPECT_EXIT(pid, 0);
	CHECK_OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	v = 1;
	CHECK_ERR(write(fd, &v, 8), EAGAIN);
	/* Signals end the wait. */
	close(fd);
	fd = NEED(eventfd(0, 0));
	ticks_start(0);
	CHECK_ERR(read(fd, &v, 8), EINTR);
	ticks_stop();
	/* A vector: read once in all, written segment by segment. */
	{
		uint64_t w[2] = { 3, 4 }, r[2] = { 0, 0 };
		struct iovec iov[2] = { { &w[0], 8 }, { &w[1], 8 } };
		struct stat st;
		char link[64], path[64];
		int n;

		CHECK_EQ(writev(fd, iov, 2), 16);
		iov[0] = (struct iovec){ &r[0], 4 };
		iov[1] = (struct iovec){ (char *)&r[0] + 4, 4 };
		CHECK_EQ(readv(fd, iov, 2), 8);
		CHECK_EQ(r[0], 7);
		CHECK_EQ(write(fd, w, 8), 8);
		CHECK_EQ(read(fd, r, 16), 8);
		CHECK_EQ(r[0], 3);
		/* Neither a position nor a type; all such files stand on one inode. */
		CHECK_ERR(pread(fd, r, 8, 0), ESPIPE);
		CHECK_ERR(pwrite(fd, r, 8, 0), ESPIPE);
		CHECK_EQ(lseek(fd, 5, SEEK_SET), 0);
		CHECK_OK(fstat(fd, &st));
		CHECK_EQ(st.st_mode, 0600);
		CHECK_EQ(st.st_size, 0);
		CHECK_EQ(st.st_nlink, 1);
		CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = 0;
		CHECK_STR(link, "anon_inode:[eventfd]");
		CHECK_ERR(open(path, O_RDWR), ENXIO);
	}
	CHECK_ERR(eventfd(0, 0x100), EINVAL);
	v = 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_ERR(read(fd, UNMAPPED, 8), EFAULT);
	CHECK_ERR(write(fd, KERNEL, 8), EFAULT);
	return abi_done();
}
