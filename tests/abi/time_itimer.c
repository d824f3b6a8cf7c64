/* SPDX-License-Identifier: MIT */
/* alarm(2), setitimer(2), getitimer(2): the three timers and their signals. */
#include "abi.h"

static volatile int count, last;

static void on(int sig)
{
	count++;
	last = sig;
}

static void set(int which, long us, long every, struct itimerval *old)
{
	struct itimerval it = { { 0, every }, { us / 1000000, us % 1000000 } };

	CHECK_OK(setitimer(which, &it, old));
}

/* Use user time, hardly any system time, until the signals have come. */
static void burn(int want)
{
	long long end = now_ns(CLOCK_MONOTONIC) + 4000000000LL;

	while (count < want && now_ns(CLOCK_MONOTONIC) < end)
		for (volatile int k = 0; k < 200000; k++)
			;
	CHECK(count >= want);
}

int main(void)
{
	struct itimerval it, bad = { { 0, 0 }, { 0, 1000000 } };
	long long t;

	catch_sig(SIGALRM, on, 0);
	catch_sig(SIGVTALRM, on, 0);
	catch_sig(SIGPROF, on, 0);

	/* alarm: whole seconds, one at a time, the rest comes back. */
	CHECK_EQ(alarm(100), 0);
	/* Rounded to the nearest second, so some may be gone on a busy machine. */
	CHECK(alarm(200) - 90 <= 10);
	CHECK(alarm(0) - 190 <= 10);
	CHECK_EQ(alarm(0), 0);
	/* It is the real timer. */
	alarm(50);
	CHECK_OK(getitimer(ITIMER_REAL, &it));
	CHECK(it.it_value.tv_sec >= 40 && it.it_value.tv_sec <= 50);
	CHECK_EQ(it.it_interval.tv_sec, 0);
	alarm(0);

	/* Once, not too early. */
	t = now_ns(CLOCK_MONOTONIC);
	set(ITIMER_REAL, 30000, 0, NULL);
	AWAIT(count);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 30000000);
	CHECK_EQ(last, SIGALRM);
	CHECK_OK(getitimer(ITIMER_REAL, &it));
	CHECK(it.it_value.tv_sec == 0 && it.it_value.tv_usec == 0);
	msleep(40);
	CHECK_EQ(count, 1);
	/* Again and again. */
	count = 0;
	t = now_ns(CLOCK_MONOTONIC);
	set(ITIMER_REAL, 10000, 10000, NULL);
	AWAIT(count >= 5);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 50000000);
	set(ITIMER_REAL, 0, 0, &it);
	CHECK_EQ(it.it_interval.tv_usec, 10000);
	CHECK(it.it_value.tv_usec > 0 && it.it_value.tv_usec <= 10000);
	count = 0;
	msleep(30);
	CHECK_EQ(count, 0);

	/* CPU time: user, and user plus system. Asleep they stand still. */
	set(ITIMER_VIRTUAL, 20000, 0, NULL);
	msleep(60);
	CHECK_EQ(count, 0);
	burn(1);
	CHECK_EQ(last, SIGVTALRM);
	count = 0;
	set(ITIMER_PROF, 20000, 20000, NULL);
	burn(2);
	CHECK_EQ(last, SIGPROF);
	set(ITIMER_PROF, 0, 0, NULL);

	CHECK_ERR(setitimer(ITIMER_REAL, &bad, NULL), EINVAL);
	bad.it_value.tv_usec = -1;
	CHECK_ERR(setitimer(ITIMER_REAL, &bad, NULL), EINVAL);
	CHECK_ERR(setitimer(3, &it, NULL), EINVAL);
	CHECK_ERR(getitimer(3, &it), EINVAL);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_setitimer, ITIMER_REAL, p, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_getitimer, ITIMER_REAL, p), EFAULT);
	}
	/* The default of SIGALRM ends the process. */
	DIES_BY(SIGALRM, signal(SIGALRM, SIG_DFL); ualarm(10000, 10000); for (;;) pause());
	return abi_done();
}
