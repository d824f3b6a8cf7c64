/* SPDX-License-Identifier: MIT */
/* nanosleep(2), clock_nanosleep(2): never too short, absolute times, interruption, errors. */
#include "abi.h"

static long cns(clockid_t c, int flags, struct timespec *ts, struct timespec *rem)
{
	return syscall(SYS_clock_nanosleep, c, flags, ts, rem);
}

int main(void)
{
	static const long lengths[] = { 0, 1, 1000, 1000000, 25000000, 70000000 };
	struct timespec ts, rem;
	long long t;

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		ts = (struct timespec){ 0, lengths[i] };
		t = now_ns(CLOCK_MONOTONIC);
		CHECK_OK(syscall(SYS_nanosleep, &ts, NULL));
		CHECK(now_ns(CLOCK_MONOTONIC) - t >= lengths[i]);
		t = now_ns(CLOCK_MONOTONIC);
		CHECK_OK(cns(CLOCK_MONOTONIC, 0, &ts, NULL));
		CHECK(now_ns(CLOCK_MONOTONIC) - t >= lengths[i]);
	}
	/* rem is left alone when nothing interrupts. */
	rem = (struct timespec){ 55, 66 };
	CHECK_OK(syscall(SYS_nanosleep, &ts, &rem));
	CHECK(rem.tv_sec == 55 && rem.tv_nsec == 66);

	/* Until a point in time; one that has passed does not sleep. */
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &ts));
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	CHECK_OK(cns(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL));
	CHECK(now_ns(CLOCK_MONOTONIC) >= ts.tv_sec * 1000000000LL + ts.tv_nsec);
	CHECK_OK(cns(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL));
	ts = (struct timespec){ 1, 0 };
	CHECK_OK(cns(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL));
	ts = (struct timespec){ 0, 1000000 };
	CHECK_OK(cns(CLOCK_BOOTTIME, 0, &ts, NULL));

	/* Interrupted: relative sleeps tell the rest, absolute ones touch nothing. */
	ticks_start(0);
	ts = (struct timespec){ 10, 0 };
	CHECK_ERR(syscall(SYS_nanosleep, &ts, &rem), EINTR);
	CHECK(rem.tv_sec <= 9);
	CHECK_ERR(syscall(SYS_nanosleep, &ts, NULL), EINTR);
	CHECK_ERR(syscall(SYS_nanosleep, &ts, &ts), EINTR);
	CHECK(ts.tv_sec <= 9);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &ts));
	ts.tv_sec += 10;
	rem = (struct timespec){ 55, 66 };
	CHECK_ERR(cns(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, &rem), EINTR);
	CHECK(rem.tv_sec == 55 && rem.tv_nsec == 66);
	ticks_stop();

	ts = (struct timespec){ 0, 1000000000 };
	CHECK_ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	CHECK_ERR(cns(CLOCK_MONOTONIC, 0, &ts, NULL), EINVAL);
	ts = (struct timespec){ 0, -1 };
	CHECK_ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	ts = (struct timespec){ -1, 0 };
	CHECK_ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	ts = (struct timespec){ 0, 1 };
	CHECK_ERR(cns(99, 0, &ts, NULL), EINVAL);
	CHECK_ERR(cns(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EOPNOTSUPP);
	CHECK_ERR(cns(CLOCK_MONOTONIC_COARSE, 0, &ts, NULL), EOPNOTSUPP);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_nanosleep, p, NULL), EFAULT);
		CHECK_ERR(cns(CLOCK_MONOTONIC, 0, p, NULL), EFAULT);
	}
	return abi_done();
}
