/* SPDX-License-Identifier: MIT */
/* timerfd_create(2) and kin. Skipped where there is none. */
#include "abi.h"
#include <sys/timerfd.h>

int main(void)
{
	struct itimerspec its = { { 0, 0 }, { 0, 20000000 } }, cur;
	struct pollfd f;
	uint64_t n;
	long long t;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 && errno == ENOSYS)
		SKIP("no timerfd");
	NEED(fd);
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	f = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 20000000);
	CHECK_EQ(n, 1);
	its.it_interval.tv_nsec = 5000000;
	its.it_value.tv_nsec = 5000000;
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	msleep(31);
	CHECK_EQ(poll(&f, 1, -1), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 5);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 5000000);
	its.it_value.tv_nsec = 0;
	CHECK_OK(timerfd_settime(fd, 0, &its, &cur));
	CHECK_OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	CHECK_ERR(read(fd, &n, 4), EINVAL);
	CHECK_ERR(timerfd_create(99, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERR(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(-1, 0, &its, NULL), EBADF);
	its.it_value.tv_nsec = 1000000000;
	CHECK_ERR(timerfd_settime(fd, 0, &its, NULL), EINVAL);
	return abi_done();
}
