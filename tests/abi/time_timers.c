/* SPDX-License-Identifier: MIT */
/* timer_create(2) and kin: one-shot, periodic, absolute, overruns, who is told. */
#include "abi.h"

static volatile int count, overruns;
static volatile pid_t by;

static void on(int sig, siginfo_t *si, void *uc)
{
	count++;
	overruns += si->si_overrun;
	by = syscall(SYS_gettid);
}

static long create(clockid_t c, struct sigevent *ev, int *id)
{
	return syscall(SYS_timer_create, c, ev, id);
}

static long settime(int id, int flags, long ms, long every, struct itimerspec *old)
{
	struct itimerspec its = { { every / 1000, every % 1000 * 1000000 },
				  { ms / 1000, ms % 1000 * 1000000 } };

	return syscall(SYS_timer_settime, id, flags, &its, old);
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its;
	sigset_t set;
	long long t;
	int id, id2;

	catch_info(SIGUSR1, on, 0);
	catch_info(SIGALRM, on, 0);
	NEED(create(CLOCK_MONOTONIC, &ev, &id));
	CHECK_OK(syscall(SYS_timer_gettime, id, &its));
	CHECK(!its.it_value.tv_sec && !its.it_value.tv_nsec);
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_OK(settime(id, 0, 25, 0, NULL));
	AWAIT(count);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 25000000);
	msleep(30);
	CHECK_EQ(count, 1);

	/* Periodic, with what gettime and the old value say. */
	count = 0;
	CHECK_OK(settime(id, 0, 10, 10, NULL));
	AWAIT(count >= 3);
	CHECK_OK(syscall(SYS_timer_gettime, id, &its));
	CHECK_EQ(its.it_interval.tv_nsec, 10000000);
	CHECK(its.it_value.tv_nsec > 0 && its.it_value.tv_nsec <= 10000000);
	CHECK_OK(settime(id, 0, 0, 0, &its));
	CHECK_EQ(its.it_interval.tv_nsec, 10000000);

	/* While the signal is blocked the expirations are counted. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	count = overruns = 0;
	CHECK_OK(settime(id, 0, 5, 5, NULL));
	msleep(62);
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK(count >= 1 && count + overruns >= 10);
	CHECK_OK(settime(id, 0, 0, 0, NULL));
	CHECK(syscall(SYS_timer_getoverrun, id) >= 0);

	/* Absolute: now plus 20 ms; a past one goes off at once. */
	count = 0;
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &its.it_value));
	its.it_interval = (struct timespec){ 0, 0 };
	its.it_value.tv_nsec += 20000000;
	if (its.it_value.tv_nsec >= 1000000000) {
		its.it_value.tv_nsec -= 1000000000;
		its.it_value.tv_sec++;
	}
	CHECK_OK(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &its, NULL));
	AWAIT(count);
	CHECK(now_ns(CLOCK_MONOTONIC) >= its.it_value.tv_sec * 1000000000LL + its.it_value.tv_nsec);
	count = 0;
	CHECK_OK(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &its, NULL));
	for (int i = 0; !count && i < 200; i++)
		msleep(2);
	CHECK_EQ(count, 1);

	/* No event: SIGALRM. SIGEV_NONE: nothing but gettime. To one thread. */
	CHECK_OK(create(CLOCK_REALTIME, NULL, &id2));
	CHECK(id2 != id);
	count = 0;
	CHECK_OK(settime(id2, 0, 5, 0, NULL));
	AWAIT(count);
	CHECK_OK(syscall(SYS_timer_delete, id2));
	ev.sigev_notify = SIGEV_NONE;
	CHECK_OK(create(CLOCK_MONOTONIC, &ev, &id2));
	count = 0;
	CHECK_OK(settime(id2, 0, 5, 0, NULL));
	msleep(20);
	CHECK_EQ(count, 0);
	CHECK_OK(syscall(SYS_timer_delete, id2));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev._sigev_un._tid = syscall(SYS_gettid);
	CHECK_OK(create(CLOCK_MONOTONIC, &ev, &id2));
	CHECK_OK(settime(id2, 0, 5, 0, NULL));
	AWAIT(count);
	CHECK_EQ(by, getpid());
	CHECK_OK(syscall(SYS_timer_delete, id2));

	/*
	 * Intervals that nobody can keep up with, on a clock and on the process's CPU time, taken
	 * or blocked: others still run.
	 */
	IN_CHILD({
		const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID };

		ev = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
		its = (struct itimerspec){ { 0, 1 }, { 0, 1 } };
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigprocmask(SIG_BLOCK, &set, NULL);
		for (int i = 0; i < 40; i++) {
			ev.sigev_signo = i % 4 < 2 ? SIGUSR1 : SIGUSR2;
			CHECK_OK(create(clocks[i % 2], &ev, &id2));
			CHECK_OK(syscall(SYS_timer_settime, id2, 0, &its, NULL));
		}
		count = 0;
		for (clock_t end = clock() + CLOCKS_PER_SEC / 20; clock() < end;)
			;
		CHECK(count > 0);
	});

	/* Not inherited. */
	IN_CHILD(CHECK_ERR(syscall(SYS_timer_gettime, id, &its), EINVAL));
	CHECK_ERR(syscall(SYS_timer_gettime, 9999, &its), EINVAL);
	CHECK_ERR(syscall(SYS_timer_delete, 9999), EINVAL);
	CHECK_ERR(syscall(SYS_timer_getoverrun, -1), EINVAL);
	its.it_value = (struct timespec){ 0, 1000000000 };
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, &its, NULL), EINVAL);
	CHECK_ERR(create(99, NULL, &id2), EINVAL);
	ev = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65 };
	CHECK_ERR(create(CLOCK_MONOTONIC, &ev, &id2), EINVAL);
	ev = (struct sigevent){ .sigev_notify = 77, .sigev_signo = SIGUSR1 };
	CHECK_ERR(create(CLOCK_MONOTONIC, &ev, &id2), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, p), EFAULT);
		CHECK_ERR(syscall(SYS_timer_gettime, id, p), EFAULT);
	}
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, UNMAPPED, NULL), EFAULT);
	return abi_done();
}
