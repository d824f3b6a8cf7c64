/* SPDX-License-Identifier: MIT */
/*
 * Moving a runnable task from one CPU's queue to another's, and sched_setaffinity(2).
 *
 *	sleeps	its next wake-up places it: core.c, place_task()
 *	waits	move_queued_task(), with both queues locked; its state stays what it is
 *	runs	told to give way; its schedule() takes it off the queue, and who runs next puts it
 *		on another one: core.c, retire_prev() and requeue_elsewhere()
 *
 * When set_cpus_allowed() returns, the task runs on no CPU outside of the mask. Callers:
 * syscalls.c, balance.c. Locks: two run queues at once, the lower CPU's first. Linux's twin:
 * kernel/sched/core.c, where a stopper thread pushes the running task away.
 */
#include <vitrix/rseq.h>
#include <generated/trace_events.h>
#include "sched.h"

/* How long a task is waited for that may not go on on its CPU, before the waiter sleeps a tick. */
#define SPINS_BEFORE_SLEEP	10000

/* Interrupts off. a may be b. */
void double_rq_lock(struct rq *a, struct rq *b)
{
	if (a->cpu > b->cpu) {
		struct rq *lower = b;

		b = a;
		a = lower;
	}
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

void double_rq_unlock(struct rq *a, struct rq *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/*
 * p belongs to another CPU from here on, with its clocks set to that CPU's. On no queue. from
 * locked.
 */
void set_task_cpu(struct task_struct *p, struct rq *from, struct rq *to)
{
	ASSERT(!p->se.on_rq && !p->on_cpu);
	p->se.vruntime += READ_ONCE(to->fair.min_vruntime) - from->fair.min_vruntime;
	p->se.epoch += READ_ONCE(to->counter.epoch) - from->counter.epoch;
	p->se.nr_migrations++;
	trace_sched_migrate_task(p, to->cpu);
	WRITE_ONCE(p->cpu, to->cpu);
	rseq_set_notify_resume(p);
}

/* p waits on from's queue and does not run. Both locked, both clocks fresh. */
void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p)
{
	ASSERT(p->se.on_rq && from->curr != p);
	deactivate_task(from, p, 0);
	set_task_cpu(p, from, to);
	activate_task(to, p, 0);
	check_preempt_curr(to, p);
}

/* p may not run on the CPU where it waits: to another one, unless that has changed meanwhile. */
static void move_away(struct task_struct *p, struct rq *from)
{
	unsigned long flags = local_irq_save();
	struct rq *to = cpu_rq(select_task_cpu(p));

	double_rq_lock(from, to);
	if (p->cpu == from->cpu && p->se.on_rq && from->curr != p && cpu_allowed(p, to->cpu) &&
	    from != to) {
		update_rq_clock(from);
		update_rq_clock(to);
		move_queued_task(from, to, p);
	}
	double_rq_unlock(from, to);
	local_irq_restore(flags);
}

/* p runs on a CPU where it may not, and was told to give way. May sleep. */
static void wait_until_off(struct task_struct *p, int cpu)
{
	for (int spins = 0; READ_ONCE(p->on_cpu) && READ_ONCE(p->cpu) == cpu; spins++) {
		if (spins < SPINS_BEFORE_SLEEP) {
			cpu_relax();
		} else {
			__set_current_state(TASK_UNINTERRUPTIBLE);
			schedule_timeout(1);
		}
	}
}

/* true: p is, or will be when it wakes, where its mask allows. */
static bool leave_forbidden_cpu(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	bool runs = rq->curr == p;

	if (!p->se.on_rq || cpu_allowed(p, rq->cpu)) {
		task_rq_unlock(rq, flags);
		return true;
	}
	if (runs)
		resched_curr(rq);
	task_rq_unlock(rq, flags);
	if (!runs)
		move_away(p, rq);
	else if (p == current)
		cond_resched();
	else
		wait_until_off(p, rq->cpu);
	return false;
}

/* p may run on the CPUs of mask only. -EINVAL if none of them is online. May sleep. */
int set_cpus_allowed(struct task_struct *p, u64 mask)
{
	unsigned long flags;
	struct rq *rq;

	if (!(mask & READ_ONCE(cpu_online_bits[0])))
		return -EINVAL;
	rq = task_rq_lock(p, &flags);
	p->cpus_mask = mask;
	if (static_branch_unlikely(&sched_smp) && p->sched_class == &rt_sched_class &&
	    p->se.on_rq && rq->curr != p)
		rt_push(rq, p);
	task_rq_unlock(rq, flags);
	while (!leave_forbidden_cpu(p))
		;
	return 0;
}
