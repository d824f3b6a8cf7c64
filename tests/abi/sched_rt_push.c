/* SPDX-License-Identifier: MIT */
/*
 * Of the SCHED_FIFO tasks that want to run, the highest do, on whichever CPUs they may use: three loops on two CPUs, while
 * ordinary tasks keep both busy. Two that wake at once on the CPU of an ordinary task, which one of them may not leave. And,
 * with three CPUs, two that wait on one and may use the others from some moment on. With one CPU there is nothing to see.
 */
#include "abi.h"
#include <poll.h>
#include <sys/eventfd.h>

static volatile long *turns;
static int nr_loops;

/* -1 if there is no such CPU */
static int next_cpu(const cpu_set_t *set, int cpu)
{
	while (cpu < CPU_SETSIZE && !CPU_ISSET(cpu, set))
		cpu++;
	return cpu < CPU_SETSIZE ? cpu : -1;
}

/* It begins at this process's priority, above all loops, so that it can lower itself. */
static pid_t start_loop(int rt_priority)
{
	struct sched_param rt = { .sched_priority = rt_priority };
	volatile long *mine = &turns[nr_loops++];
	pid_t pid = FORK();

	if (pid)
		return pid;
	NEED(sched_setscheduler(0, rt_priority ? SCHED_FIFO : SCHED_OTHER, &rt));
	for (;;)
		(*mine)++;
}

/* From here on loop i goes round, within 10 s. */
static void expect_runs(int line, int i)
{
	long seen = turns[i];

	for (int tries = 0; turns[i] - seen < 2; tries++) {
		if (tries == 2000) {
			FAIL("line %d: loop %d does not run", line, i);
			return;
		}
		msleep(5);
	}
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	EXPECT_SIGNAL(pid, SIGKILL);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	NEED(sched_setaffinity(0, sizeof(set), &set));
}

/* A loop that begins when fd can be read; before, it ran on cpu. bound: it stays there. */
static pid_t start_sleeper(int rt_priority, int cpu, int bound, const cpu_set_t *both, int fd)
{
	struct sched_param rt = { .sched_priority = rt_priority };
	volatile long *mine = &turns[nr_loops++];
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	pid_t pid = FORK();

	if (!pid) {
		run_on(cpu);
		if (!bound)
			NEED(sched_setaffinity(0, sizeof(*both), both));
		NEED(sched_setscheduler(0, SCHED_FIFO, &rt));
		NEED(poll(&readable, 1, -1));
		for (;;)
			(*mine)++;
	}
	let_block(pid);
	return pid;
}

/* One call of an ordinary task wakes both: the bound one takes its CPU, so the other has to leave. */
static void two_at_once(int cpu, const cpu_set_t *both, int bound_first)
{
	struct sched_param other = { .sched_priority = 0 };
	int fd = NEED(eventfd(0, 0));
	pid_t sleeper[2], waker;

	for (int i = 0; i < 2; i++) {
		int bound = bound_first == (i == 0);

		sleeper[i] = start_sleeper(bound ? 20 : 10, cpu, bound, both, fd);
	}
	waker = FORK();
	if (!waker) {
		NEED(sched_setscheduler(0, SCHED_OTHER, &other));
		run_on(cpu);
		NEED(eventfd_write(fd, 1));
		for (;;)
			;
	}
	for (int i = 0; i < 2; i++)
		expect_runs(__LINE__, nr_loops - 2 + i);
	for (int i = 0; i < 2; i++)
		end(sleeper[i]);
	end(waker);
	close(fd);
}

/* Two wait on the first CPU and get two more; each finds one of them, when the first has chosen anew. */
static void two_wait(int first, int second, int third, const cpu_set_t *both)
{
	struct sched_param rt = { .sched_priority = 95 };
	cpu_set_t three = *both;
	pid_t other, runs, waits[2], high;

	CPU_SET(third, &three);
	run_on(third);
	other = start_loop(0);
	run_on(first);
	runs = start_loop(20);
	for (int i = 0; i < 2; i++)
		waits[i] = start_loop(10 + i);
	run_on(second);
	expect_runs(__LINE__, nr_loops - 3);
	for (int i = 0; i < 2; i++)
		NEED(sched_setaffinity(waits[i], sizeof(three), &three));
	high = FORK();
	if (!high) {
		NEED(sched_setscheduler(0, SCHED_FIFO, &rt));
		run_on(first);
		_exit(0);
	}
	EXPECT_EXIT(high, 0);
	for (int i = 1; i <= 3; i++)
		expect_runs(__LINE__, nr_loops - i);
	for (int i = 0; i < 2; i++)
		end(waits[i]);
	end(runs);
	end(other);
	NEED(sched_setaffinity(0, sizeof(*both), both));
}

int main(void)
{
	struct sched_param rt = { .sched_priority = 90 };
	pid_t other[2], low, mid, high, higher;
	cpu_set_t all, two;
	int first, second, third;

	NEED(sched_getaffinity(0, sizeof(all), &all));
	first = next_cpu(&all, 0);
	second = next_cpu(&all, first + 1);
	if (second < 0)
		return abi_done();
	third = next_cpu(&all, second + 1);
	CPU_ZERO(&two);
	CPU_SET(first, &two);
	CPU_SET(second, &two);
	NEED(sched_setaffinity(0, sizeof(two), &two));
	turns = shared_pages(1);
	NEED(sched_setscheduler(0, SCHED_FIFO, &rt));

	for (int i = 0; i < 2; i++)
		other[i] = start_loop(0);
	for (int i = 0; i < 2; i++)
		expect_runs(__LINE__, i);
	low = start_loop(10);			/* loop 2 */
	expect_runs(__LINE__, 2);
	mid = start_loop(20);			/* loop 3 */
	for (int i = 2; i < 4; i++)
		expect_runs(__LINE__, i);
	for (int round = 0; round < 3; round++) {
		high = start_loop(30);		/* loop 4, 5 ... : low has to wait */
		expect_runs(__LINE__, 3);
		expect_runs(__LINE__, nr_loops - 1);
		higher = start_loop(40);	/* mid, too */
		expect_runs(__LINE__, nr_loops - 1);
		expect_runs(__LINE__, nr_loops - 2);
		end(round & 1 ? high : higher);	/* mid goes on */
		expect_runs(__LINE__, 3);
		end(round & 1 ? higher : high);	/* and low */
		expect_runs(__LINE__, 2);
	}
	end(low);
	end(mid);
	for (int round = 0; round < 2; round++)
		two_at_once(first, &two, round);
	if (third >= 0)
		two_wait(first, second, third, &two);
	for (int i = 0; i < 2; i++)
		end(other[i]);
	return abi_done();
}
