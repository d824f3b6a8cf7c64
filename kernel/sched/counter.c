/* SPDX-License-Identifier: MIT */
/*
 * Linux 0.11's policy, chosen by sched=counter on the command line.
 *
 * Each task has a counter of ticks. A tick takes one from the running task's; at 0 it has to give
 * way. The runnable task with the largest counter runs next. When all runnable ones stand at 0,
 * every task of the system, runnable or not, gets
 *
 *	counter = counter / 2 + priority
 *
 * so that who slept through it keeps half of what it had saved, and runs the sooner when it wakes,
 * but never has more than twice its priority. priority is 20 - nice ticks (nice 0: 200 ms; 0.11: 15
 * ticks).
 *
 *	          A  B  C(asleep)
 *	          3  0  7
 *	3 ticks   0  0  7        all runnable ones are at 0
 *	new      20 20 23        C, once awake, goes first
 *
 * A task that wakes does not preempt: as in 0.11 it waits until the running one's ticks are up or
 * it sleeps.
 *
 * 0.11 walks its 64 tasks for that. Here nobody walks over sleepers: the run queue counts the
 * recalculations (epoch), and a task catches up with those that it slept through when it is
 * enqueued. Picking is O(n) in runnable tasks, as it was. Locks: rq->lock. Linux's twin:
 * kernel/sched.c of 0.11.
 */
#include "sched.h"

/* After so many halvings a counter no longer changes. */
#define EPOCHS_TO_SETTLE	16

static void catch_up(struct counter_rq *crq, struct task_struct *p)
{
	u64 missed = crq->epoch - p->se.epoch;

	if (missed > EPOCHS_TO_SETTLE)
		missed = EPOCHS_TO_SETTLE;
	while (missed--)
		p->se.counter = p->se.counter / 2 + p->se.priority;
	p->se.epoch = crq->epoch;
}

static void enqueue_task_counter(struct rq *rq, struct task_struct *p, int flags)
{
	catch_up(&rq->counter, p);
	list_add_tail(&p->se.run_list, &rq->counter.queue);
	rq->counter.nr++;
}

static void dequeue_task_counter(struct rq *rq, struct task_struct *p, int flags)
{
	ASSERT(rq->counter.nr);
	if (rq->curr == p)
		charge_runtime(rq, p);
	list_del_init(&p->se.run_list);
	rq->counter.nr--;
}

static void set_next_task_counter(struct rq *rq, struct task_struct *p)
{
	p->se.exec_start = rq->clock;
}

static struct task_struct *largest_counter(struct counter_rq *crq)
{
	struct task_struct *p, *best = NULL;

	list_for_each_entry(p, &crq->queue, se.run_list)
		if (!best || p->se.counter > best->se.counter)
			best = p;
	return best;
}

static struct task_struct *pick_next_task_counter(struct rq *rq)
{
	struct counter_rq *crq = &rq->counter;
	struct task_struct *p, *best = largest_counter(crq);

	if (!best)
		return NULL;
	if (best->se.counter <= 0) {
		crq->epoch++;
		list_for_each_entry(p, &crq->queue, se.run_list)
			catch_up(crq, p);
		best = largest_counter(crq);
		ASSERT(best->se.counter > 0);
	}
	set_next_task_counter(rq, best);
	return best;
}

static void put_prev_task_counter(struct rq *rq, struct task_struct *p)
{
	charge_runtime(rq, p);
	if (p->se.on_rq)	/* among equals the others come first */
		list_move_tail(&p->se.run_list, &rq->counter.queue);
}

static void yield_task_counter(struct rq *rq, bool forced)
{
	rq->curr->se.counter = 0;
}

static void check_preempt_counter(struct rq *rq, struct task_struct *p)
{
}

static void task_tick_counter(struct rq *rq, struct task_struct *curr)
{
	charge_runtime(rq, curr);
	if (--curr->se.counter > 0)
		return;
	curr->se.counter = 0;
	resched_curr(rq);
}

static void task_fork_counter(struct rq *rq, struct task_struct *p)
{
	p->se.counter = p->se.priority;
	p->se.epoch = rq->counter.epoch;
}

static void prio_changed_counter(struct rq *rq, struct task_struct *p)
{
}

static u64 get_rr_interval_counter(struct rq *rq, struct task_struct *p)
{
	return p->se.priority * TICK_NSEC;
}

static struct task_struct *find_movable_counter(struct rq *rq, const struct move *move)
{
	struct task_struct *p;
	int i = 0;

	list_for_each_entry(p, &rq->counter.queue, se.run_list) {
		if (i++ >= MOVABLE_LOOKED_AT)
			break;
		if (p != rq->curr && task_movable(p, move))
			return p;
	}
	return NULL;
}

const struct sched_class counter_sched_class = {
	.name = "counter",
	.rank = 1,
	.enqueue_task = enqueue_task_counter,
	.dequeue_task = dequeue_task_counter,
	.yield_task = yield_task_counter,
	.check_preempt_curr = check_preempt_counter,
	.pick_next_task = pick_next_task_counter,
	.put_prev_task = put_prev_task_counter,
	.set_next_task = set_next_task_counter,
	.task_tick = task_tick_counter,
	.task_fork = task_fork_counter,
	.switched_to = task_fork_counter,
	.prio_changed = prio_changed_counter,
	.get_rr_interval = get_rr_interval_counter,
	.find_movable = find_movable_counter,
};
