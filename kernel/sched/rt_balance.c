/* SPDX-License-Identifier: MIT */
/*
 * Real-time tasks on several CPUs: of those that want to run, the highest run, on whichever CPUs
 * they may use. Tasks are pulled, as in balance.c, but at once:
 *
 *	one must wait here		the CPU that runs the lowest, if that is lower, is asked
 *	  (enqueued, its mask grew,	to pull
 *	  or another one is picked)
 *	one was pulled from here	so for the next that waits
 *	the highest of a CPU leaves	that CPU asks itself, if others have some that wait
 *
 * Whoever is asked finds want_pull in the reschedule interrupt, where no lock is held. One's own
 * comes as soon as interrupts are on, right behind the switch. Who wakes is placed well to begin
 * with.
 *
 *	CPU 0: 50 runs, 40 and 30 wait      CPU 1: an ordinary one      CPU 2: an ordinary one
 *	  30 begins to wait     --asks-->      pulls 40
 *	                                       30 still waits --asks-->   pulls 30
 *
 * No wish is lost: who begins to wait sets its CPU's bit in rt_overloaded, and then looks at the
 * others' top_priority; whose top_priority falls writes it, and then looks at rt_overloaded. Both
 * have a full barrier in between. And nobody asks for ever: a CPU is asked only for a task that it
 * would take as things stand.
 *
 * A CPU whose real-time tasks are throttled (rt.c) is not asked, and takes none; from it, as from
 * any other, those that wait may be pulled.
 *
 * Only called while sched_smp is on. Locks: run queues, the lower CPU's first. Linux's twin:
 * kernel/sched/rt.c, from push_rt_task() on, and cpupri.c. Left out: a heap of all CPUs'
 * priorities, they are looked at one by one; counting only those tasks as overload that may move.
 */
#include <vitrix/bitmap.h>
#include "sched.h"

static unsigned long rt_overloaded;	/* bit n: more than one real-time task on CPU n */

/* How much there is to disturb on that CPU: less is better. A throttled one is of no use. */
static int rank_of_cpu(int cpu)
{
	const struct rq *rq = cpu_rq(cpu);

	if (READ_ONCE(rq->rt.throttled))
		return 2 * RT_PRIORITIES - 1;
	return READ_ONCE(rq->rt.top_priority) * 2 + (READ_ONCE(rq->nr_running) != 0);
}

/* The CPU of cpus that runs the lowest; prefer, if it is as good as any. cpus is not empty. */
static int lowest_cpu(u64 cpus, int prefer)
{
	int best = -1, least = 2 * RT_PRIORITIES;

	for (; cpus; cpus &= cpus - 1) {
		int cpu = __ffs(cpus), rank = rank_of_cpu(cpu);

		if (rank < least || (rank == least && cpu == prefer)) {
			least = rank;
			best = cpu;
		}
	}
	return best;
}

/* Would it run p at once? */
static bool lower_than(int cpu, const struct task_struct *p)
{
	return rank_of_cpu(cpu) / 2 < p->rt_priority;
}

/* Where p, which wakes, should run. allowed is not empty. Interrupts off. */
int rt_choose_cpu(const struct task_struct *p, u64 allowed)
{
	int best = lowest_cpu(allowed, p->cpu);

	return ((allowed >> p->cpu) & 1) && !lower_than(best, p) ? p->cpu : best;
}

/* ---- asking -------------------------------------------------------------------------------- */

/* Its interrupt is under way already if it was asked before and has not looked yet. */
static void ask_to_pull(struct rq *rq)
{
	if (!xchg(&rq->rt.want_pull, true))
		smp_send_reschedule(rq->cpu);
}

/* p must wait on rq, which is locked: another CPU that runs something lower is asked to take it. */
bool rt_push(struct rq *rq, const struct task_struct *p)
{
	u64 cpus = p->cpus_mask & READ_ONCE(cpu_online_bits[0]) & ~BIT(rq->cpu);
	int cpu;

	if (!cpus)
		return false;
	cpu = lowest_cpu(cpus, -1);
	if (!lower_than(cpu, p))
		return false;
	ask_to_pull(cpu_rq(cpu));
	return true;
}

/*
 * All but runs have to wait on rq, which is locked: the highest that has a CPU to go to is offered
 * to it. Whoever pulls it offers the next.
 */
void rt_offer(struct rq *rq, const struct task_struct *runs)
{
	u64 others = READ_ONCE(cpu_online_bits[0]) & ~BIT(rq->cpu);
	int lowest, looked_at = 0;
	struct task_struct *p;
	unsigned long i;

	if (!others)
		return;
	lowest = lowest_cpu(others, -1);
	for_each_set_bit(i, rq->rt.bitmap, RT_PRIORITIES)
		list_for_each_entry(p, &rq->rt.queue[i], se.run_list) {
			if (p == runs)
				continue;
			if (!lower_than(lowest, p) || looked_at++ >= MOVABLE_LOOKED_AT ||
			    rt_push(rq, p))
				return;
		}
}

/* rq's highest is a lower one than before, or may run again: are there any to pull? rq locked. */
void rt_ask_self(struct rq *rq)
{
	unsigned long others;

	smp_mb();	/* see above: no wish is lost */
	others = READ_ONCE(rt_overloaded) & ~BIT(rq->cpu);
	if (likely(!others) || rq->rt.throttled)
		return;
	for (; others; others &= others - 1)
		if (READ_ONCE(cpu_rq(__ffs(others))->rt.top_priority) > rq->rt.top_priority) {
			ask_to_pull(rq);
			return;
		}
}

/* ---- what a queue has ---------------------------------------------------------------------- */

/* rq->rt has one more or one less. set_bit() is a full barrier. */
static void note_overload(struct rq *rq)
{
	bool overloaded = rq->rt.nr > 1;

	if (overloaded == test_bit(rq->cpu, &rt_overloaded))
		return;
	if (overloaded)
		set_bit(rq->cpu, &rt_overloaded);
	else
		clear_bit(rq->cpu, &rt_overloaded);
}

/* p is on the queue. rq locked. */
void rt_enqueued(struct rq *rq, const struct task_struct *p)
{
	if (p->rt_priority > rq->rt.top_priority)
		WRITE_ONCE(rq->rt.top_priority, p->rt_priority);
	note_overload(rq);
	if (rq->curr != p && p->rt_priority <= rq->curr->rt_priority)
		rt_push(rq, p);
}

/* One is off the queue, perhaps the last of the highest priority. rq locked. */
void rt_dequeued(struct rq *rq)
{
	unsigned long first = find_first_bit(rq->rt.bitmap, RT_PRIORITIES);
	int top = first < RT_PRIORITIES ? RT_PRIORITIES - 1 - (int)first : 0;

	note_overload(rq);
	if (top == rq->rt.top_priority)
		return;
	WRITE_ONCE(rq->rt.top_priority, top);
	rt_ask_self(rq);
}

/* ---- pulling ------------------------------------------------------------------------------- */

/*
 * p was woken and will run on from as soon as the real-time task there, a lower one, has given way:
 * it is that one which should move, and is offered then.
 */
static bool about_to_run(const struct rq *from, const struct task_struct *p)
{
	return from->curr->rt_priority && p->rt_priority > from->curr->rt_priority;
}

static void pull_from(struct rq *rq, struct rq *from)
{
	struct move move = { BIT(rq->cpu), ~0UL, ~0UL };
	struct task_struct *p;

	double_rq_lock(rq, from);
	p = from->rt.nr > 1 ? rt_sched_class.find_movable(from, &move) : NULL;
	if (p && p->rt_priority > rq->rt.top_priority && !rq->rt.throttled &&
	    !about_to_run(from, p)) {
		update_rq_clock(rq);
		from->clock = rq->clock;
		move_queued_task(from, rq, p);
	}
	/* Also if it was asked for one that it does not want any more: somebody else may. */
	if (from->rt.nr > 1 && !test_tsk_thread_flag(from->curr, TIF_NEED_RESCHED))
		rt_offer(from, from->curr);
	double_rq_unlock(rq, from);
}

/* In the reschedule interrupt, for a CPU that was asked. */
void rt_pull(struct rq *rq)
{
	unsigned long others;

	/* Who asks from here on asks anew; whoever asked before has set his bit before. */
	WRITE_ONCE(rq->rt.want_pull, false);
	smp_mb();
	others = READ_ONCE(rt_overloaded) & ~BIT(rq->cpu);
	for (; others; others &= others - 1)
		pull_from(rq, cpu_rq(__ffs(others)));
}
