/* SPDX-License-Identifier: MIT */
/* timerfd_create(2) and kin. Skipped where there is none. */
#include "abi.h"
#include <sys/timerfd.h>

int main(void)
{
	struct itimerspec its = { { 0, 0 }, { 0, 20000000 } }, cur;
	struct timespec ts;
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
	/* Absolute, also in the past; what was left is told and does not count on. */
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &its.it_value));
	its.it_value.tv_sec += 100;
	its.it_interval = (struct timespec){ 7, 0 };
	close(fd);
	fd = NEED(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_value.tv_sec | cur.it_value.tv_nsec, 0);
	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, &cur));
	CHECK_EQ(cur.it_interval.tv_sec, 0);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK(cur.it_value.tv_sec >= 90 && cur.it_value.tv_sec <= 100);
	CHECK_EQ(cur.it_interval.tv_sec, 7);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	/* The clock is set: told once, whoever waits is woken. */
	f.fd = fd;
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	ts.tv_sec += 10;
	CHECK_OK(clock_settime(CLOCK_REALTIME, &ts));
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_ERR(read(fd, &n, 8), ECANCELED);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK(cur.it_value.tv_sec >= 80 && cur.it_value.tv_sec <= 90);
	ts.tv_sec -= 10;
	CHECK_OK(clock_settime(CLOCK_REALTIME, &ts));
	CHECK_ERR(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL),
		  ECANCELED);
	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL));
	/* In the past: at once, with all the intervals since. */
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &its.it_value));
	its.it_value.tv_sec -= 100;
	its.it_interval.tv_sec = 10;
	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(poll(&f, 1, 1000), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n == 10 || n == 11);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK(cur.it_value.tv_sec <= 10);
	/* An interval of 1 ns does not eat the machine. */
	its = (struct itimerspec){ { 0, 1 }, { 0, 1 } };
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	msleep(10);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n > 10000000 / 2);
	/* Setting it anew drops what was not read; a value of 0 stops it. */
	msleep(5);
	CHECK_EQ(poll(&f, 1, 0), 1);
	its = (struct itimerspec){ { 5, 0 }, { 0, 0 } };
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_value.tv_sec | cur.it_value.tv_nsec, 0);
	CHECK_EQ(cur.it_interval.tv_sec, 5);
	CHECK_ERR(write(fd, &n, 8), EINVAL);
	close(fd);
	/* A signal ends the wait; other clocks; who may wake a sleeping machine. */
	fd = NEED(timerfd_create(CLOCK_BOOTTIME, 0));
	its = (struct itimerspec){ { 0, 0 }, { 100, 0 } };
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	ticks_start(0);
	CHECK_ERR(read(fd, &n, 8), EINTR);
	ticks_stop();
	close(NEED(timerfd_create(CLOCK_REALTIME_ALARM, 0)));
	close(NEED(timerfd_create(CLOCK_BOOTTIME_ALARM, 0)));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(timerfd_create(CLOCK_REALTIME_ALARM, 0), EPERM);
	});
	CHECK_ERR(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_TAI, 0), EINVAL);
	CHECK_ERR(timerfd_settime(fd, 4, &its, NULL), EINVAL);
	CHECK_ERR(timerfd_gettime(-1, &cur), EBADF);
	CHECK_ERR(timerfd_gettime(0, &cur), EINVAL);
	CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, UNMAPPED, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, &its, UNMAPPED), EFAULT);
	CHECK_ERR(syscall(SYS_timerfd_gettime, fd, UNMAPPED), EFAULT);
	its.it_value.tv_nsec = 1000000000;
	CHECK_ERR(timerfd_settime(fd, 0, &its, NULL), EINVAL);
	return abi_done();
}
