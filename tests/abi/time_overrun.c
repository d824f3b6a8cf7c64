/* SPDX-License-Identifier: MIT */
/* timer_getoverrun(2) tells of the signal delivered last, whatever has come to be pending since. */
#include "abi.h"

static timer_t id;
static volatile int calls, told, in_handler, later;

static void stop(void)
{
	struct itimerspec off = { 0 };

	CHECK_OK(syscall(SYS_timer_settime, id, 0, &off, NULL));
}

/* The next signal is pending while this one is looked at: it is blocked here. */
static void handler(int sig, siginfo_t *si, void *uc)
{
	if (calls++)
		return;
	told = si->si_overrun;
	in_handler = syscall(SYS_timer_getoverrun, id);
	msleep(50);
	later = syscall(SYS_timer_getoverrun, id);
	stop();
}

static void make(clockid_t clock)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	calls = told = 0;
	in_handler = later = -1;
	sigaction(SIGUSR1, &sa, NULL);
	NEED(syscall(SYS_timer_create, clock, &ev, &id));
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), 0);
}

static void pending_for_long(void)
{
	struct itimerspec every_ms = { { 0, 1000000 }, { 0, 1000000 } };
	sigset_t set;

	make(CLOCK_MONOTONIC);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_OK(syscall(SYS_timer_settime, id, 0, &every_ms, NULL));
	msleep(100);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), 0);	/* none was delivered */
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	AWAIT(calls);
	CHECK(told >= 80);
	CHECK_EQ(in_handler, told);
	CHECK_EQ(later, told);
	CHECK_OK(syscall(SYS_timer_delete, id));
}

/* So many that an int does not hold them. */
static void more_than_an_int(void)
{
	struct itimerspec spec = { .it_interval.tv_nsec = 1 };

	make(CLOCK_REALTIME);
	NEED(clock_gettime(CLOCK_REALTIME, &spec.it_value));
	spec.it_value.tv_sec -= 100;
	CHECK_OK(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &spec, NULL));
	AWAIT(calls);
	CHECK_EQ(told, INT_MAX);
	CHECK_EQ(in_handler, INT_MAX);
	CHECK_EQ(later, INT_MAX);
	CHECK_OK(syscall(SYS_timer_delete, id));
}

int main(void)
{
	pending_for_long();
	more_than_an_int();
	return abi_done();
}
