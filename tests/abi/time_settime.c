/* SPDX-License-Identifier: MIT */
/* clock_settime(2), settimeofday(2): setting the day's clock, and who may not. */
#include "abi.h"

int main(void)
{
	struct timespec ts, bad = { 0, 1000000000 }, neg = { -1, 0 };
	struct timeval tv, badtv = { 0, 1000000 };
	long long mono, real;

	/* Forward by an hour and back; the monotonic clock does not notice. */
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	mono = now_ns(CLOCK_MONOTONIC);
	real = now_ns(CLOCK_REALTIME);
	ts.tv_sec += 3600;
	NEED(clock_settime(CLOCK_REALTIME, &ts));
	CHECK(now_ns(CLOCK_REALTIME) - real >= 3590LL * 1000000000);
	CHECK(now_ns(CLOCK_MONOTONIC) - mono < 600LL * 1000000000);
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	ts.tv_sec -= 3600;
	CHECK_OK(clock_settime(CLOCK_REALTIME, &ts));
	CHECK(now_ns(CLOCK_REALTIME) - real < 3000LL * 1000000000);
	CHECK_OK(gettimeofday(&tv, NULL));
	CHECK_OK(syscall(SYS_settimeofday, &tv, NULL));

	CHECK_ERR(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
	CHECK_ERR(clock_settime(CLOCK_REALTIME, &neg), EINVAL);
	CHECK_ERR(clock_settime(CLOCK_MONOTONIC, &ts), EINVAL);
	CHECK_ERR(clock_settime(CLOCK_BOOTTIME, &ts), EINVAL);
	CHECK_ERR(clock_settime(99, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_settimeofday, &badtv, NULL), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, p), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_settimeofday, p, NULL), EFAULT);
	}
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(clock_settime(CLOCK_REALTIME, &ts), EPERM);
		CHECK_ERR(syscall(SYS_settimeofday, &tv, NULL), EPERM);
	});
	return abi_done();
}
