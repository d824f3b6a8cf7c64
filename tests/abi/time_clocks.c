/* SPDX-License-Identifier: MIT */
/* clock_gettime(2), clock_getres(2), gettimeofday(2), time(2): every clock, order, errors. */
#include "abi.h"

int main(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
		CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
		CLOCK_TAI,
	};
	struct timespec a, b, res;
	struct timeval tv;
	struct timezone tz = { 77, 77 };
	time_t t, t2;
	long long m, last;
	clockid_t other;
	pid_t pid;

	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		CHECK_OK(syscall(SYS_clock_gettime, clocks[i], &a));
		CHECK(a.tv_nsec >= 0 && a.tv_nsec < 1000000000 && a.tv_sec >= 0);
		for (int k = 0; k < 50; k++) {
			CHECK_OK(syscall(SYS_clock_gettime, clocks[i], &b));
			CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec &&
						      b.tv_nsec >= a.tv_nsec));
			a = b;
		}
		CHECK_OK(syscall(SYS_clock_getres, clocks[i], &res));
		CHECK(res.tv_sec == 0 && res.tv_nsec >= 1 && res.tv_nsec <= 10000000);
		CHECK_OK(syscall(SYS_clock_getres, clocks[i], NULL));
	}
	/* libc's way (perhaps without a system call) tells the same time as the call. */
	last = 0;
	for (int k = 0; k < 200; k++) {
		if (k & 1) {
			m = now_ns(CLOCK_MONOTONIC);
		} else {
			CHECK_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &a));
			m = a.tv_sec * 1000000000LL + a.tv_nsec;
		}
		CHECK(m >= last);
		last = m;
	}
	/* It moves, and by what one slept. */
	m = now_ns(CLOCK_MONOTONIC);
	msleep(20);
	CHECK(now_ns(CLOCK_MONOTONIC) - m >= 20000000);
	m = now_ns(CLOCK_REALTIME);
	msleep(20);
	CHECK(now_ns(CLOCK_REALTIME) - m >= 19000000);

	/* The clocks of the day agree. */
	CHECK_OK(syscall(SYS_gettimeofday, &tv, &tz));
	CHECK_OK(syscall(SYS_time, &t));
	t2 = syscall(SYS_time, NULL);
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &a));
	CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
	CHECK(a.tv_sec - tv.tv_sec <= 1 && a.tv_sec >= tv.tv_sec);
	CHECK(t2 - t <= 1 && t2 >= t && tv.tv_sec - t <= 1);
	CHECK(now_ns(CLOCK_BOOTTIME) >= now_ns(CLOCK_MONOTONIC) - 1000000000);

	/* CPU time: only while one runs. */
	m = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	msleep(50);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - m < 45000000);
	m = now_ns(CLOCK_THREAD_CPUTIME_ID);
	last = now_ns(CLOCK_MONOTONIC);
	while (now_ns(CLOCK_THREAD_CPUTIME_ID) == m && now_ns(CLOCK_MONOTONIC) - last < 1000000000)
		;
	CHECK(now_ns(CLOCK_THREAD_CPUTIME_ID) > m);
	/* Another process's. */
	pid = FORK();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(clock_getcpuclockid(pid, &other), 0);
	CHECK_OK(clock_gettime(other, &a));
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
	CHECK_ERR(clock_gettime(other, &a), EINVAL);

	CHECK_ERR(syscall(SYS_clock_gettime, 99, &a), EINVAL);
	CHECK_ERR(syscall(SYS_clock_getres, 99, &a), EINVAL);
	CHECK_ERR(syscall(SYS_clock_gettime, INT_MIN, &a), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_REALTIME, p), EFAULT);
		if (p) {
			CHECK_ERR(syscall(SYS_clock_getres, CLOCK_REALTIME, p), EFAULT);
			CHECK_ERR(syscall(SYS_gettimeofday, p, NULL), EFAULT);
			CHECK_ERR(syscall(SYS_gettimeofday, NULL, p), EFAULT);
			CHECK_ERR(syscall(SYS_time, p), EFAULT);
		}
	}
	CHECK_OK(syscall(SYS_gettimeofday, NULL, NULL));
	return abi_done();
}
