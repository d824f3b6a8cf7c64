/* SPDX-License-Identifier: MIT */
/*
 * SCHED_FIFO and SCHED_RR: the highest priority runs, always, until it sleeps or yields. A bitmap
 * says which of the 100 lists are not empty; the first bit is the one to run.
 *
 *	bitmap  0 0 1 0 1 ...            queue[2] (rt_priority 97): A -> B
 *	            |   '--> queue[4]
 *	            '------> queue[2]    A runs; as SCHED_RR it goes behind B after 100 ms
 *
 * The running task stays at the head of its list.
 *
 * Throttling: in each second (sched_rt_period_us) real-time tasks get 950 ms of a CPU
 * (sched_rt_runtime_us). A tick that finds them beyond that takes the CPU from them until the
 * second is over, so that a real-time loop that never sleeps cannot lock everybody else out. A
 * timer ends it, as the CPU may idle meanwhile.
 *
 *	|<------------- period ------------->|
 *	 rt rt rt rt rt rt rt rt rt | others | rt rt ...
 *	                            throttled
 *
 * Locks: rq->lock; a timer is started without it. Linux's twin: kernel/sched/rt.c. Left out: time
 * that CPUs lend each other, groups.
 */
#include <vitrix/bitmap.h>
#include <vitrix/sched_sysctl.h>
#include "sched.h"

/* Read by every tick of a real-time task. -1 for the runtime: no limit. */
int sysctl_sched_rt_period_us = 1000000;
int sysctl_sched_rt_runtime_us = 950000;

static u64 rt_period_ns(void)
{
	return (u64)READ_ONCE(sysctl_sched_rt_period_us) * NSEC_PER_USEC;
}

/* What real-time tasks used belongs to the period in which it ends. */
static void charge_rt(struct rq *rq, struct task_struct *p)
{
	u64 ran = charge_runtime(rq, p);

	rq->rt.used_ns += ran;
	if (rq->clock - rq->rt.period_start >= rt_period_ns()) {
		rq->rt.period_start = rq->clock;
		rq->rt.used_in_period = min(ran, (u64)TICK_NSEC);
	} else {
		rq->rt.used_in_period += ran;
	}
}

/* The running task is a real-time one: true if they had their part of the period. */
static bool rt_runtime_exceeded(struct rq *rq)
{
	int runtime_us = READ_ONCE(sysctl_sched_rt_runtime_us);

	return runtime_us >= 0 && runtime_us < READ_ONCE(sysctl_sched_rt_period_us) &&
	       rq->rt.used_in_period > (u64)runtime_us * NSEC_PER_USEC;
}

/* The period is over. In the timer interrupt of any CPU. */
static enum hrtimer_restart end_throttling(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, rt.throttle_timer);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	update_rq_clock(rq);
	rq->rt.throttled = false;
	rq->rt.period_start = rq->clock;
	rq->rt.used_in_period = 0;
	if (rq->rt.nr)
		resched_curr(rq);
	if (static_branch_unlikely(&sched_smp))
		rt_ask_self(rq);
	spin_unlock_irqrestore(&rq->lock, flags);
	return HRTIMER_NORESTART;
}

/* The end of a tick in which task_tick_rt() throttled. rq not locked, interrupts off. */
void rt_start_throttle_timer(struct rq *rq)
{
	if (!hrtimer_active(&rq->rt.throttle_timer))
		hrtimer_start(&rq->rt.throttle_timer, rq->rt.period_start + rt_period_ns(),
			      HRTIMER_MODE_ABS);
}

void rt_rq_init(struct rt_rq *rt)
{
	for (int i = 0; i < RT_PRIORITIES; i++)
		INIT_LIST_HEAD(&rt->queue[i]);
	hrtimer_init(&rt->throttle_timer, CLOCK_MONOTONIC, end_throttling);
}

static int queue_index(const struct task_struct *p)
{
	ASSERT(p->rt_priority > 0 && p->rt_priority < RT_PRIORITIES);
	return RT_PRIORITIES - 1 - p->rt_priority;
}

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	int i = queue_index(p);

	list_add_tail(&p->se.run_list, &rq->rt.queue[i]);
	__set_bit(i, rq->rt.bitmap);
	rq->rt.nr++;
	if (p->se.time_slice <= 0)
		p->se.time_slice = RR_TIMESLICE;
	if (static_branch_unlikely(&sched_smp))
		rt_enqueued(rq, p);
}

static void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	int i = queue_index(p);

	ASSERT(rq->rt.nr);
	if (rq->curr == p)
		charge_rt(rq, p);
	list_del_init(&p->se.run_list);
	if (list_empty(&rq->rt.queue[i]))
		__clear_bit(i, rq->rt.bitmap);
	rq->rt.nr--;
	if (static_branch_unlikely(&sched_smp))
		rt_dequeued(rq);
}

static void set_next_task_rt(struct rq *rq, struct task_struct *p)
{
	p->se.exec_start = rq->clock;
}

static struct task_struct *pick_next_task_rt(struct rq *rq)
{
	unsigned long i = find_first_bit(rq->rt.bitmap, RT_PRIORITIES);
	struct task_struct *p;

	if (i >= RT_PRIORITIES || unlikely(rq->rt.throttled))
		return NULL;
	p = list_first_entry(&rq->rt.queue[i], struct task_struct, se.run_list);
	set_next_task_rt(rq, p);
	if (static_branch_unlikely(&sched_smp) && rq->rt.nr > 1)
		rt_offer(rq, p);
	return p;
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p)
{
	charge_rt(rq, p);
}

static void to_tail(struct rq *rq, struct task_struct *p)
{
	list_move_tail(&p->se.run_list, &rq->rt.queue[queue_index(p)]);
}

static void yield_task_rt(struct rq *rq, bool forced)
{
	to_tail(rq, rq->curr);
}

static void check_preempt_rt(struct rq *rq, struct task_struct *p)
{
	if (p->rt_priority > rq->curr->rt_priority)
		resched_curr(rq);
}

static void task_tick_rt(struct rq *rq, struct task_struct *curr)
{
	charge_rt(rq, curr);
	if (unlikely(rt_runtime_exceeded(rq))) {
		rq->rt.throttled = true;
		resched_curr(rq);
		return;
	}
	if (curr->policy != SCHED_RR || --curr->se.time_slice > 0)
		return;
	curr->se.time_slice = RR_TIMESLICE;
	if (list_is_singular(&rq->rt.queue[queue_index(curr)]))
		return;
	to_tail(rq, curr);
	resched_curr(rq);
}

static void task_fork_rt(struct rq *rq, struct task_struct *p)
{
	p->se.time_slice = RR_TIMESLICE;
}

static void switched_to_rt(struct rq *rq, struct task_struct *p)
{
	p->se.time_slice = RR_TIMESLICE;
}

/* It may have fallen below another. */
static void prio_changed_rt(struct rq *rq, struct task_struct *p)
{
	resched_curr(rq);
}

static u64 get_rr_interval_rt(struct rq *rq, struct task_struct *p)
{
	return p->policy == SCHED_RR ? RR_TIMESLICE * TICK_NSEC : 0;
}

/* The one of the highest priority that waits. */
static struct task_struct *find_movable_rt(struct rq *rq, const struct move *move)
{
	struct task_struct *p;
	int looked_at = 0;
	unsigned long i;

	for_each_set_bit(i, rq->rt.bitmap, RT_PRIORITIES) {
		list_for_each_entry(p, &rq->rt.queue[i], se.run_list) {
			if (looked_at++ >= MOVABLE_LOOKED_AT)
				return NULL;
			if (p != rq->curr && task_movable(p, move))
				return p;
		}
	}
	return NULL;
}

const struct sched_class rt_sched_class = {
	.name = "rt",
	.rank = 2,
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.yield_task = yield_task_rt,
	.check_preempt_curr = check_preempt_rt,
	.pick_next_task = pick_next_task_rt,
	.put_prev_task = put_prev_task_rt,
	.set_next_task = set_next_task_rt,
	.task_tick = task_tick_rt,
	.task_fork = task_fork_rt,
	.switched_to = switched_to_rt,
	.prio_changed = prio_changed_rt,
	.get_rr_interval = get_rr_interval_rt,
	.find_movable = find_movable_rt,
};
