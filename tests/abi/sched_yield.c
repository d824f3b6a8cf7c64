/* SPDX-License-Identifier: MIT */
/*
 * sched_yield(2): tasks of equal weight take turns, and who yields all the time beside a task of a
 * tenth of its weight still has most of the CPU. With SCHED_FIFO it goes behind its equals.
 *
 * Shares are of CPU time, as in sched_balance.c: one window of several that is shared well is enough.
 */
#include "abi.h"

#define WINDOW_NS	500000000L
#define WINDOWS		20

static volatile long *turns;

static pid_t start(int i, int nice_value, int yields)
{
	pid_t pid = FORK();

	if (!pid) {
		if (nice_value)
			NEED(setpriority(PRIO_PROCESS, 0, nice_value));
		for (;;) {
			turns[i]++;
			if (yields)
				CHECK_OK(sched_yield());
		}
	}
	return pid;
}

static long cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	NEED(clock_getcpuclockid(pid, &clock) == 0 ? 0 : -1);
	NEED(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

/* Percents of the first's CPU time: some window has at least `least` and at most `most`. */
static void expect_share(int line, const pid_t *pids, int least, int most)
{
	long before[2], used[2], percent = 0;

	for (int window = 0; window < WINDOWS; window++) {
		for (int i = 0; i < 2; i++)
			before[i] = cpu_ns(pids[i]);
		do {
			msleep(20);
			for (int i = 0; i < 2; i++)
				used[i] = cpu_ns(pids[i]) - before[i];
		} while (used[0] + used[1] < WINDOW_NS);
		percent = used[0] * 100 / (used[0] + used[1]);
		if (percent >= least && percent <= most)
			return;
	}
	FAIL("line %d: it has %ld %%", line, percent);
}

static void share(int line, int nice_value, int other_yields, int least, int most)
{
	pid_t pids[2] = { start(0, 0, 1), start(1, nice_value, other_yields) };

	expect_share(line, pids, least, most);
	for (int i = 0; i < 2; i++) {
		CHECK(turns[i] > 0);
		kill(pids[i], SIGKILL);
		EXPECT_SIGNAL(pids[i], SIGKILL);
	}
}

/* Two of one priority: without the calls the one would be through before the other begins. */
static void fifo_takes_turns(void)
{
	pid_t pid = FORK();

	turns[0] = turns[1] = 0;
	if (!pid) {
		for (int i = 0; i < 100; i++) {
			turns[1]++;
			CHECK_OK(sched_yield());
		}
		_exit(abi_failed);
	}
	for (int i = 0; i < 100; i++) {
		turns[0]++;
		CHECK_OK(sched_yield());
	}
	CHECK(turns[1] > 10);
	EXPECT_EXIT(pid, 0);
}

int main(void)
{
	struct sched_param above = { .sched_priority = 1 };

	turns = shared_pages(1);
	stay_on_one_cpu();
	CHECK_OK(sched_yield());

	NEED(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &above));
	share(__LINE__, 10, 0, 80, 97);
	share(__LINE__, 0, 1, 40, 60);
	NEED(sched_setscheduler(0, SCHED_FIFO, &above));
	fifo_takes_turns();
	return abi_done();
}
