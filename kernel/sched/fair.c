/* SPDX-License-Identifier: MIT */
/*
 * The fair policy, the default for SCHED_OTHER, SCHED_BATCH and SCHED_IDLE.
 *
 * Each task has a virtual clock, vruntime: the time that it ran, divided by its weight (nice). The
 * task whose clock is furthest behind runs next; so in the long run every clock shows the same, and
 * every task had its share.
 *
 *	           tree by vruntime (the running task is outside)
 *	                     [ 40 ]
 *	                    /      \
 *	   next --> [ 31 ]          [ 52 ]         min_vruntime = 30: the floor that all are near
 *
 * How long: while n tasks are runnable, each gets its share of a period of 6 ms, but at least
 * 0.75 ms. Time is looked at in ticks, so with HZ = 100 a tick preempts as soon as somebody waits.
 * Who slept: its clock stood still. It may be behind by 3 ms at most when it wakes, which gives
 * interactive tasks the CPU at once but no credit for hours asleep.
 * Who wakes: preempts the running task if it is behind by more than 1 ms (scaled by its weight).
 * Who is born: starts half a period ahead, so that fork() is no way to more CPU. The same for all,
 * however many there are: children of one parent run in the order of their birth.
 *
 * Cost: O(log n) to enqueue, O(1) to pick. Locks: rq->lock. Linux's twin: kernel/sched/fair.c as of
 * 5.4. Left out: groups, load tracking, buddies. Balancing: balance.c.
 */
#include "sched.h"

#define NICE_0_WEIGHT		1024UL
#define SCHED_LATENCY		(6 * NSEC_PER_MSEC)
#define SCHED_NR_LATENCY	8
#define MIN_GRANULARITY		(SCHED_LATENCY / SCHED_NR_LATENCY)
#define WAKEUP_GRANULARITY	(1 * NSEC_PER_MSEC)
#define YIELD_LEAD		SCHED_LATENCY		/* virtual: a fresh child's, and more */
#define FORCED_YIELD_LEAD	(12 * NSEC_PER_MSEC)	/* virtual: a tick of nice 0, and more */

static struct task_struct *task_of(struct rb_node *node)
{
	return rb_entry(node, struct task_struct, se.run_node);
}

/* ns of real time as the virtual clock of somebody of that weight counts them */
static inline u64 virtual_ns(u64 ns, unsigned long weight)
{
	return likely(weight == NICE_0_WEIGHT) ? ns : ns * NICE_0_WEIGHT / weight;
}

static inline bool behind(u64 a, u64 b) { return (s64)(a - b) < 0; }

/* The floor moves up to the one furthest behind, never down. */
static void update_min_vruntime(struct fair_rq *fair, struct task_struct *curr)
{
	struct rb_node *left = rb_first_cached(&fair->tree);
	u64 v;

	if (curr) {
		v = curr->se.vruntime;
		if (left && behind(task_of(left)->se.vruntime, v))
			v = task_of(left)->se.vruntime;
	} else if (left) {
		v = task_of(left)->se.vruntime;
	} else {
		return;
	}
	if (behind(fair->min_vruntime, v))
		WRITE_ONCE(fair->min_vruntime, v);
}

/* Brings the running task's clocks up to date, if it is one of ours. */
static void update_curr(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 delta;

	if (curr->sched_class != &fair_sched_class)
		return;
	delta = charge_runtime(rq, curr);
	if (!delta)
		return;
	curr->se.vruntime += virtual_ns(delta, curr->se.weight);
	update_min_vruntime(&rq->fair, curr->se.on_rq ? curr : NULL);
}

/* ns that p may run before others get their turn */
static u64 sched_slice(struct fair_rq *fair, struct task_struct *p)
{
	unsigned int nr = fair->nr + !p->se.on_rq;
	unsigned long weight = fair->weight + (p->se.on_rq ? 0 : p->se.weight);
	u64 period = nr > SCHED_NR_LATENCY ? nr * MIN_GRANULARITY : SCHED_LATENCY;

	return period * p->se.weight / max(weight, 1UL);
}

static void tree_insert(struct fair_rq *fair, struct task_struct *p)
{
	struct rb_node **link = &fair->tree.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (behind(p->se.vruntime, task_of(parent)->se.vruntime)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&p->se.run_node, parent, link);
	rb_insert_color_cached(&p->se.run_node, &fair->tree, leftmost);
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct fair_rq *fair = &rq->fair;

	update_curr(rq);
	if (flags & ENQUEUE_WAKEUP) {
		u64 floor = fair->min_vruntime - (p->policy == SCHED_IDLE ? 0 : SCHED_LATENCY / 2);

		if (behind(p->se.vruntime, floor))
			p->se.vruntime = floor;
	}
	fair->weight += p->se.weight;
	fair->nr++;
	/* set_next_task_fair() takes the running task out again (a change of policy). */
	tree_insert(fair, p);
}

static void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct fair_rq *fair = &rq->fair;

	ASSERT(fair->nr);
	update_curr(rq);
	if (rq->curr != p)
		rb_erase_cached(&p->se.run_node, &fair->tree);
	fair->weight -= p->se.weight;
	fair->nr--;
}

static void set_next_task_fair(struct rq *rq, struct task_struct *p)
{
	rb_erase_cached(&p->se.run_node, &rq->fair.tree);
	p->se.exec_start = rq->clock;
	p->se.slice_start_runtime = p->se.sum_exec_runtime;
}

static struct task_struct *pick_next_task_fair(struct rq *rq)
{
	struct rb_node *left = rb_first_cached(&rq->fair.tree);

	if (!left)
		return NULL;
	set_next_task_fair(rq, task_of(left));
	return task_of(left);
}

static void put_prev_task_fair(struct rq *rq, struct task_struct *p)
{
	if (!p->se.on_rq)
		return;			/* dequeue_task_fair() did all */
	update_curr(rq);
	tree_insert(&rq->fair, p);
}

/*
 * Behind the one furthest behind, which runs next; but not if that one has had more than its share
 * by a period, or a task that yields again and again would be left with nothing. So it gives away
 * no more than that each time, and a child just forked still gets its turn. The schedule fuzzer
 * (forced) is more generous.
 */
static void yield_task_fair(struct rq *rq, bool forced)
{
	struct rb_node *left = rb_first_cached(&rq->fair.tree);
	struct task_struct *curr = rq->curr, *next;
	s64 lead, most;

	update_curr(rq);
	if (!left)
		return;
	next = task_of(left);
	lead = (s64)(next->se.vruntime - curr->se.vruntime);
	most = forced ? FORCED_YIELD_LEAD : YIELD_LEAD;
	if (lead >= 0 && lead <= most)
		curr->se.vruntime = next->se.vruntime + 1;
}

static void check_preempt_fair(struct rq *rq, struct task_struct *p)
{
	struct task_struct *curr = rq->curr;
	s64 lead;

	if (test_tsk_thread_flag(curr, TIF_NEED_RESCHED))
		return;
	if (curr->policy == SCHED_IDLE && p->policy != SCHED_IDLE) {
		resched_curr(rq);
		return;
	}
	if (p->policy != SCHED_NORMAL)
		return;			/* batch and idle wait for the tick */
	update_curr(rq);
	lead = (s64)(curr->se.vruntime - p->se.vruntime);
	if (lead > (s64)virtual_ns(WAKEUP_GRANULARITY, p->se.weight))
		resched_curr(rq);
}

static void task_tick_fair(struct rq *rq, struct task_struct *curr)
{
	struct rb_node *left;
	u64 ran, slice;

	update_curr(rq);
	left = rb_first_cached(&rq->fair.tree);
	if (!left)
		return;
	ran = curr->se.sum_exec_runtime - curr->se.slice_start_runtime;
	slice = sched_slice(&rq->fair, curr);
	if (ran > slice)
		resched_curr(rq);
	else if (ran >= MIN_GRANULARITY &&
		 (s64)(curr->se.vruntime - task_of(left)->se.vruntime) > (s64)slice)
		resched_curr(rq);
}

static void task_fork_fair(struct rq *rq, struct task_struct *p)
{
	u64 start;

	update_curr(rq);
	start = rq->fair.min_vruntime + SCHED_LATENCY / 2;
	p->se.vruntime = start;
	if (rq->curr->sched_class == &fair_sched_class && behind(start, rq->curr->se.vruntime))
		p->se.vruntime = rq->curr->se.vruntime;
}

/* Its clock is of another time or none at all. */
static void switched_to_fair(struct rq *rq, struct task_struct *p)
{
	p->se.vruntime = rq->fair.min_vruntime;
}

static void prio_changed_fair(struct rq *rq, struct task_struct *p)
{
	if (rq->nr_running > 1)
		resched_curr(rq);
}

static u64 get_rr_interval_fair(struct rq *rq, struct task_struct *p)
{
	return rq->fair.weight ? sched_slice(&rq->fair, p) : 0;
}

/* The one that waits longest first. */
static struct task_struct *find_movable_fair(struct rq *rq, const struct move *move)
{
	struct rb_node *node = rb_first_cached(&rq->fair.tree);

	for (int i = 0; node && i < MOVABLE_LOOKED_AT; i++, node = rb_next(node))
		if (task_movable(task_of(node), move))
			return task_of(node);
	return NULL;
}

const struct sched_class fair_sched_class = {
	.name = "fair",
	.rank = 1,
	.enqueue_task = enqueue_task_fair,
	.dequeue_task = dequeue_task_fair,
	.yield_task = yield_task_fair,
	.check_preempt_curr = check_preempt_fair,
	.pick_next_task = pick_next_task_fair,
	.put_prev_task = put_prev_task_fair,
	.set_next_task = set_next_task_fair,
	.task_tick = task_tick_fair,
	.task_fork = task_fork_fair,
	.switched_to = switched_to_fair,
	.prio_changed = prio_changed_fair,
	.get_rr_interval = get_rr_interval_fair,
	.find_movable = find_movable_fair,
};
