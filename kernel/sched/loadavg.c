/* SPDX-License-Identifier: MIT */
/*
 * Counts over all CPUs: the load average, running tasks, switches; and how /proc names a task's
 * state.
 *
 * The load is the number of tasks that run, want to run, or sleep uninterruptibly. Every 5 seconds
 * it goes into three averages that forget exponentially within 1, 5 and 15 minutes:
 *
 *	avg = avg * e^(-5s/T) + load * (1 - e^(-5s/T))	fixed point, 11 bits behind it
 *
 * A CPU that was idle with its tick stopped samples late; the samples that it missed count as idle
 * ones. Locks: load_lock. Linux's twin: kernel/sched/loadavg.c.
 */
#include "sched.h"

#define FSHIFT		11
#define FIXED_1		(1UL << FSHIFT)
#define LOAD_FREQ	(5 * HZ + 1)	/* ticks; not a multiple of what programs sleep */
#define MAX_MISSED	1000		/* samples: 83 minutes, after which nothing is left */

/* 2048 / e^(5 s / T) for T = 1, 5, 15 minutes */
static const unsigned long decay[3] = { 1884, 2014, 2037 };
static unsigned long avenrun[3];
static DEFINE_SPINLOCK(load_lock, LC_TIMEKEEPER);	/* avenrun, ticks_to_go */
static long ticks_to_go = LOAD_FREQ;

static unsigned long sample(unsigned long avg, unsigned long keep, unsigned long active)
{
	unsigned long next = avg * keep + active * (FIXED_1 - keep);

	if (active >= avg)
		next += FIXED_1 - 1;
	return next / FIXED_1;
}

static long nr_uninterruptible(void)
{
	long n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return max(n, 0L);
}

void calc_global_load(unsigned long ticks)
{
	unsigned long waiting, active;
	long missed;

	spin_lock(&load_lock);
	ticks_to_go -= ticks;
	if (ticks_to_go > 0) {
		spin_unlock(&load_lock);
		return;
	}
	missed = -ticks_to_go / LOAD_FREQ;
	ticks_to_go += (missed + 1) * LOAD_FREQ;
	waiting = nr_uninterruptible() * FIXED_1;
	active = waiting + nr_running() * FIXED_1;
	for (int i = 0; i < 3; i++) {
		for (long n = min(missed, (long)MAX_MISSED); n; n--)
			avenrun[i] = sample(avenrun[i], decay[i], waiting);
		avenrun[i] = sample(avenrun[i], decay[i], active);
	}
	spin_unlock(&load_lock);
}

/* Fixed point with 16 bits behind the point, as sysinfo(2) wants it (SI_LOAD_SHIFT). */
void get_avenrun(unsigned long loads[3])
{
	for (int i = 0; i < 3; i++)
		loads[i] = READ_ONCE(avenrun[i]) << (16 - FSHIFT);
}

unsigned long nr_running(void)
{
	unsigned long n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

u64 nr_context_switches(void)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return n;
}

bool task_is_running_on_cpu(const struct task_struct *p)
{
	return READ_ONCE(p->on_cpu);
}

/* Field 18 of /proc/PID/stat: 20 + nice, or -1 - rt_priority. */
int sched_prio_for_proc(struct task_struct *p)
{
	return rt_policy(p->policy) ? -1 - p->rt_priority : 20 + task_nice(p);
}

char task_state_to_char(struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);

	if (p->exit_state & EXIT_DEAD)
		return 'X';
	if (p->exit_state & EXIT_ZOMBIE)
		return 'Z';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	if (state & __TASK_STOPPED)
		return 'T';
	if (state & __TASK_TRACED)
		return 't';
	if (state & TASK_DEAD)
		return 'X';
	return 'R';
}
