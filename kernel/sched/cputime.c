/* SPDX-License-Identifier: MIT */
/*
 * Who used the CPU: per CPU for /proc/stat, per task for times(2), getrusage(2), /proc/PID/stat.
 *
 * Per CPU: a time line without holes. Each tick, and each way into and out of idle, charges the
 * time since the last one of them to what ran.
 *
 * Per task: the scheduler measures how long a task ran exactly (se.sum_exec_runtime, ns); whether
 * in user mode or in the kernel is only sampled: each tick counts for the mode it interrupted. What
 * is told is the exact sum, split in the proportion of the samples (all user while there is none in
 * the kernel). Neither part ever goes back: se.prev_utime, prev_stime remember what was told.
 *
 * Locks: the per-CPU times belong to their CPU with interrupts off, others read them without a
 * lock; a task's under its run queue's lock. Linux's twin: kernel/sched/cputime.c.
 */
#include <vitrix/math64.h>
#include "sched.h"

struct cpu_stat {
	u64 user, nice, system, idle, irq;	/* ns */
	ktime_t last;			/* charged up to here */
	bool idling;
};
static DEFINE_PER_CPU(struct cpu_stat, cpu_stats);

static u64 since_last(struct cpu_stat *st, ktime_t now)
{
	u64 delta = now > st->last ? now - st->last : 0;

	WRITE_ONCE(st->last, now);
	return delta;
}

void account_process_tick(bool user, ktime_t now)
{
	struct cpu_stat *st = this_cpu_ptr(&cpu_stats);
	struct task_struct *p = current;
	u64 delta = since_last(st, now);

	ASSERT(!st->idling);
	if (user) {
		p->utime += TICK_NSEC;
		if (task_nice(p) > 0)
			st->nice += delta;
		else
			st->user += delta;
	} else {
		p->stime += TICK_NSEC;
		st->system += delta;
	}
}

/* This CPU begins: what was before is nobody's. */
void account_cpu_online(ktime_t now)
{
	this_cpu_ptr(&cpu_stats)->last = now;
}

void account_idle_enter(ktime_t now)
{
	struct cpu_stat *st = this_cpu_ptr(&cpu_stats);

	st->system += since_last(st, now);
	WRITE_ONCE(st->idling, true);
}

void account_idle_exit(ktime_t now)
{
	struct cpu_stat *st = this_cpu_ptr(&cpu_stats);

	st->idle += since_last(st, now);
	WRITE_ONCE(st->idling, false);
}

/* ns that the CPU was idle since boot, the idling that goes on included. Any context. */
u64 cpu_idle_time_ns(int cpu)
{
	struct cpu_stat *st = per_cpu_ptr(&cpu_stats, cpu);
	u64 idle = READ_ONCE(st->idle);
	ktime_t last = READ_ONCE(st->last), now = ktime_get();

	return READ_ONCE(st->idling) && now > last ? idle + (now - last) : idle;
}

void cpu_times_ns(int cpu, u64 *user, u64 *nice, u64 *system, u64 *idle, u64 *irq)
{
	struct cpu_stat *st = per_cpu_ptr(&cpu_stats, cpu);

	*user = READ_ONCE(st->user);
	*nice = READ_ONCE(st->nice);
	*system = READ_ONCE(st->system);
	*idle = cpu_idle_time_ns(cpu);
	*irq = READ_ONCE(st->irq);
}

/* ns of CPU that p used, up to now if it runs. p's rq locked. */
static u64 runtime_locked(struct rq *rq, struct task_struct *p)
{
	u64 ran = p->se.sum_exec_runtime;

	if (rq->curr == p) {
		s64 more;

		update_rq_clock(rq);
		more = (s64)(rq->clock - p->se.exec_start);
		if (more > 0)
			ran += more;
	}
	return ran;
}

u64 task_sched_runtime(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 ran = runtime_locked(rq, p);

	task_rq_unlock(rq, flags);
	return ran;
}

/* User and system time of p, ns. Any context in which the run queue's lock may be taken. */
void task_cputime(struct task_struct *p, u64 *utime_ns, u64 *stime_ns)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 ran = runtime_locked(rq, p), utime = p->utime, stime = p->stime;

	if (ran > p->se.prev_utime + p->se.prev_stime) {
		if (stime)
			stime = mul_u64_u64_div_u64(ran, stime, stime + utime);
		/* A part that would shrink stays, the other takes what is new. */
		stime = max(stime, p->se.prev_stime);
		stime = min(stime, ran - p->se.prev_utime);
		p->se.prev_stime = stime;
		p->se.prev_utime = ran - stime;
	}
	*utime_ns = p->se.prev_utime;
	*stime_ns = p->se.prev_stime;
	task_rq_unlock(rq, flags);
}
