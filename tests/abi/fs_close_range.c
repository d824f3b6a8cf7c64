/* SPDX-License-Identifier: MIT */
/* close_range(2). */
#include "abi.h"
#include <linux/close_range.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

static int open_at(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

int main(void)
{
	int i;

	for (i = 20; i < 40; i++)
		NEED(dup2(1, i));
	CHECK_OK(syscall(SYS_close_range, 25, 30, 0));
	for (i = 20; i < 40; i++)
		CHECK_EQ(open_at(i), i < 25 || i > 30);
	CHECK_OK(syscall(SYS_close_range, 25, 31, 0));
	CHECK(!open_at(31));
	CHECK_OK(syscall(SYS_close_range, 33, 34, CLOSE_RANGE_CLOEXEC));
	CHECK_EQ(fcntl(32, F_GETFD), 0);
	CHECK_EQ(fcntl(33, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(34, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(35, F_GETFD), 0);
	CHECK_OK(syscall(SYS_close_range, 36, ~0U, 0));
	CHECK(!open_at(36) && !open_at(39) && open_at(35));
	CHECK_OK(syscall(SYS_close_range, 35, 35, CLOSE_RANGE_UNSHARE));
	CHECK(!open_at(35) && open_at(1));

	CHECK_ERR(syscall(SYS_close_range, 30, 29, 0), EINVAL);
	CHECK_ERR(syscall(SYS_close_range, 20, 21, 1), EINVAL);
	CHECK_ERR(syscall(SYS_close_range, 20, 21, ~0), EINVAL);
	CHECK(open_at(20));
	return abi_done();
}
