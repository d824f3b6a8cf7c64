/* SPDX-License-Identifier: MIT */
/*
 * Which class serves which policy, what nice is worth, and changing both for a task. Linux's twin:
 * parts of kernel/sched/core.c. Callers: syscalls.c, core.c, setpriority(2) and kin. Locks: the
 * task's run queue.
 */
#include <vitrix/init.h>
#include <vitrix/string.h>
#include <vitrix/printk.h>
#include "sched.h"

const struct sched_class *sched_other_class = &fair_sched_class;

/* sched=counter: Linux 0.11's policy serves SCHED_OTHER, BATCH and IDLE instead of the fair one. */
static int __init sched_setup(const char *value)
{
	if (value && strcmp(value, "counter") == 0)
		sched_other_class = &counter_sched_class;
	else if (!value || strcmp(value, "fair") != 0)
		pr_warn("sched=%s: there are fair and counter\n", value ? value : "");
	return 0;
}
__setup("sched=", sched_setup);

/*
 * The share of the CPU by nice, -20 first: each step is a factor of about 1.25, so that one step
 * between two tasks moves 10 % of the CPU from the one to the other. nice 0 is 1024.
 */
const int sched_prio_to_weight[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	 9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
	 1024,   820,   655,   526,   423,   335,   272,   215,   172,   137,
	  110,    87,    70,    56,    45,    36,    29,    23,    18,    15,
};
#define WEIGHT_IDLEPRIO	3

const struct sched_class *class_of_policy(int policy)
{
	return rt_policy(policy) ? &rt_sched_class : sched_other_class;
}

void set_load_weight(struct task_struct *p)
{
	long nice = task_nice(p);

	ASSERT(nice >= MIN_NICE && nice <= MAX_NICE);
	p->se.weight = p->policy == SCHED_IDLE ? WEIGHT_IDLEPRIO
					       : sched_prio_to_weight[nice - MIN_NICE];
	p->se.priority = p->policy == SCHED_IDLE ? 1 : 20 - nice;
}

/* rq is p's, locked. */
static void __change_policy(struct rq *rq, struct task_struct *p, int policy, int rt_priority,
			    int nice, bool reset_on_fork)
{
	const struct sched_class *old = p->sched_class;
	bool queued = p->se.on_rq, running = rq->curr == p;

	update_rq_clock(rq);
	if (old == &idle_sched_class)
		return;			/* a CPU must have its idle task */
	if (queued)
		deactivate_task(rq, p, 0);
	if (running)
		old->put_prev_task(rq, p);

	p->policy = policy;
	p->rt_priority = rt_policy(policy) ? rt_priority : 0;
	p->static_prio = nice + 120;
	p->sched_reset_on_fork = reset_on_fork;
	p->sched_class = class_of_policy(policy);
	set_load_weight(p);
	if (p->sched_class != old)
		p->sched_class->switched_to(rq, p);

	if (queued)
		activate_task(rq, p, 0);
	if (running)
		p->sched_class->set_next_task(rq, p);
	if (queued) {
		if (running)
			p->sched_class->prio_changed(rq, p);
		else
			check_preempt_curr(rq, p);
	}
}

bool change_policy(struct task_struct *p, int from, int policy, int rt_priority, int nice,
		   bool reset_on_fork)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	bool ret = p->policy == from;

	if (likely(ret))
		__change_policy(rq, p, policy, rt_priority, nice, reset_on_fork);
	task_rq_unlock(rq, flags);
	return ret;
}

void set_user_nice(struct task_struct *p, long nice)
{
	unsigned long flags;
	struct rq *rq;

	if (nice < MIN_NICE || nice > MAX_NICE || nice == task_nice(p))
		return;
	/* What stays is read under the lock, or it would undo another's change. */
	rq = task_rq_lock(p, &flags);
	__change_policy(rq, p, p->policy, p->rt_priority, nice, p->sched_reset_on_fork);
	task_rq_unlock(rq, flags);
}

/* For kernel threads that must run before any user program. 0 or -EINVAL. */
int sched_set_fifo(struct task_struct *p, int rt_priority)
{
	unsigned long flags;
	struct rq *rq;

	if (rt_priority < 1 || rt_priority >= RT_PRIORITIES)
		return -EINVAL;
	rq = task_rq_lock(p, &flags);
	__change_policy(rq, p, SCHED_FIFO, rt_priority, task_nice(p), p->sched_reset_on_fork);
	task_rq_unlock(rq, flags);
	return 0;
}
