/* SPDX-License-Identifier: MIT */
/*
 * Sharing runnable tasks between CPUs. Fork and wake-up place each task where there is room
 * (core.c, select_task_cpu()); what goes wrong later, as tasks begin and cease to compute, is
 * mended here. Tasks are always pulled, by the CPU that has less to do:
 *
 *	idle CPU, about to halt      idle_balance()       any queue where somebody waits
 *	busy CPU, every fourth tick  balance_tick()       a queue that is heavier than its own
 *	busy CPU, a tick             kick_idle_cpu()      somebody waits here who could run on an
 *	                                                  idle CPU: it has no tick, so an
 *	                                                  interrupt is sent
 *
 * Heavy means the sum of the weights (nice) of the runnable tasks: two tasks at nice 10 are less
 * than one at nice 0. What real-time tasks lately used of a CPU makes it a smaller one: capacity().
 * Queues are compared by the lesser of now and of lately for the other, by the greater for one's
 * own, so that a queue which is long for a moment only loses nobody.
 *
 * Of two CPUs of which one has a task more, that task moves to and fro: it is pulled if it weighs
 * no more than the difference, nearly. So three equal tasks on two CPUs get two thirds of a CPU
 * each.
 *
 * Who ran a moment ago is left alone ("hot"), for a pair of tasks that talk by turns shares a CPU
 * on purpose; unless balancing failed because of that, or an idle CPU was kicked.
 *
 * Locks: two run queues, the lower CPU's first; looking for the queue to pull from takes none.
 * On a machine with one CPU nothing of this is ever called. Linux's twin: kernel/sched/fair.c, from
 * load_balance() on. Left out: domains (all CPUs are equally near), decaying load of each task.
 */
#include "sched.h"

#define HOT_NS			(500 * NSEC_PER_USEC)
#define BALANCE_TICKS		4
#define MIN_EXCESS_PERCENT	17	/* by how much a queue must be heavier */
#define NICE_0_WEIGHT		1024UL
#define FULL_CAPACITY		1024UL
#define MIN_CAPACITY		(FULL_CAPACITY / 32)
#define QUEUES_TRIED		4	/* of which none gave a task */

DEFINE_STATIC_KEY_FALSE(sched_smp);

/* The weight of all but real-time tasks. Read by other CPUs without a lock, as capacity(). */
static unsigned long rq_load(const struct rq *rq)
{
	return READ_ONCE(rq->fair.weight) + READ_ONCE(rq->counter.nr) * NICE_0_WEIGHT;
}

/* The part of the CPU that real-time tasks leave. */
static unsigned long capacity(const struct rq *rq)
{
	return max(FULL_CAPACITY - READ_ONCE(rq->rt.used_avg), MIN_CAPACITY);
}

/*
 * The heaviest queue of those in cpus on which somebody waits, or NULL. Where one task is alone
 * there is nothing to take.
 */
static struct rq *busiest_rq(u64 cpus, bool for_idle)
{
	struct rq *busiest = NULL;
	unsigned long most = 0;

	for (; cpus; cpus &= cpus - 1) {
		struct rq *rq = cpu_rq(__ffs(cpus));
		unsigned long load;

		if (READ_ONCE(rq->nr_running) < 2)
			continue;
		load = rq_load(rq);
		if (for_idle)
			load += READ_ONCE(rq->rt.nr) * NICE_0_WEIGHT;
		else
			load = min(load, READ_ONCE(rq->load_avg));
		load = load * FULL_CAPACITY / capacity(rq);
		if (load > most) {
			most = load;
			busiest = rq;
		}
	}
	return busiest;
}

/* A task that waits on from's queue and may be moved so, or NULL. from locked. */
static struct task_struct *find_movable(struct rq *from, const struct move *move)
{
	struct task_struct *p = NULL;

	if (from->rt.nr)
		p = rt_sched_class.find_movable(from, move);
	return p ? p : sched_other_class->find_movable(from, move);
}

bool task_movable(const struct task_struct *p, const struct move *move)
{
	return (p->cpus_mask & move->cpus) && p->se.weight <= move->max_weight &&
	       p->se.exec_start <= move->cold_since;
}

/*
 * Nothing runs here: takes a task that waits elsewhere, if there is one. Both unlocked; irqs off.
 */
static bool pull_to_idle(struct rq *rq, struct rq *from, bool hot_too)
{
	struct move move = { BIT(rq->cpu), ~0UL, 0 };
	struct task_struct *p = NULL;

	double_rq_lock(rq, from);
	if (!rq->nr_running && from->nr_running > 1) {
		update_rq_clock(rq);
		from->clock = rq->clock;
		move.cold_since = rq->clock - (hot_too ? 0 : HOT_NS);
		p = find_movable(from, &move);
		if (p)
			move_queued_task(from, rq, p);
	}
	double_rq_unlock(rq, from);
	return p != NULL;
}

/*
 * From the idle loop, before each halt. Interrupts off. TIF_NEED_RESCHED says if it was any good.
 */
void idle_balance(void)
{
	struct rq *rq = this_rq(), *from;
	u64 others = READ_ONCE(cpu_online_bits[0]) & ~BIT(rq->cpu);
	bool kicked = rq->kicked;

	rq->load_avg = 0;
	if (kicked)
		WRITE_ONCE(rq->kicked, false);
	for (int i = 0; i < QUEUES_TRIED && (from = busiest_rq(others, true)); i++) {
		if (pull_to_idle(rq, from, kicked))
			return;
		others &= ~BIT(from->cpu);
	}
}

/*
 * Tasks wait here: if one of them could run on a CPU that idles, that one shall fetch it. rq
 * locked.
 */
static void kick_idle_cpu(struct rq *rq)
{
	struct move move = { 0, ~0UL, rq->clock - HOT_NS };
	struct task_struct *p;
	int cpu;

	for_each_online_cpu(cpu)
		if (!READ_ONCE(cpu_rq(cpu)->nr_running))
			move.cpus |= BIT(cpu);
	if (!move.cpus)
		return;
	p = find_movable(rq, &move);
	if (!p)
		return;
	cpu = __ffs(p->cpus_mask & move.cpus);
	WRITE_ONCE(cpu_rq(cpu)->kicked, true);
	smp_send_reschedule(cpu);
}

/*
 * from may be heavier than rq: moves tasks until the next one would make rq the heavier one by more
 * than from is. Both locked. Returns how many, -1 if there is nothing to mend.
 */
static int pull_excess(struct rq *rq, struct rq *from)
{
	struct move move = { BIT(rq->cpu), 0, rq->clock - (rq->balance_failed > 1 ? 0 : HOT_NS) };
	int moved = 0;

	for (int room = from->nr_running / 2; room > 0 && from->nr_running > 1; room--) {
		unsigned long mine = max(rq_load(rq), rq->load_avg);
		unsigned long theirs = min(rq_load(from), from->load_avg);
		struct task_struct *p;

		theirs = theirs * capacity(rq) / capacity(from);
		if (theirs * 100 <= mine * (100 + MIN_EXCESS_PERCENT))
			return moved ? moved : -1;
		/* What a task has lately added to an average is a little less than its weight. */
		move.max_weight = (theirs - mine) * 5 / 4;
		p = sched_other_class->find_movable(from, &move);
		if (!p)
			break;
		move_queued_task(from, rq, p);
		moved++;
	}
	return moved;
}

/* Interrupts off, no lock held. */
static void pull_from_busiest(struct rq *rq)
{
	struct rq *from = busiest_rq(READ_ONCE(cpu_online_bits[0]) & ~BIT(rq->cpu), false);
	int moved;

	if (!from)
		return;
	double_rq_lock(rq, from);
	update_rq_clock(rq);
	from->clock = rq->clock;
	moved = pull_excess(rq, from);
	rq->balance_failed = moved ? 0 : rq->balance_failed + 1;
	double_rq_unlock(rq, from);
}

/* A tick of this CPU, after its task was charged. rq locked. */
void balance_note_tick(struct rq *rq)
{
	u64 used = rq->rt.used_ns - rq->rt.used_ns_at_tick;

	rq->rt.used_ns_at_tick = rq->rt.used_ns;
	used = min(used * FULL_CAPACITY / TICK_NSEC, FULL_CAPACITY);
	rq->rt.used_avg = (3 * rq->rt.used_avg + used) / 4;
	rq->load_avg = (rq->load_avg + rq_load(rq)) / 2;
	if (rq->nr_running > 1)
		kick_idle_cpu(rq);
}

/*
 * The end of each tick, interrupts off. Neighbours pull one tick after another, an odd number
 * of ticks apart: tasks that take turns tick by tick then are pulled by turns, too.
 */
void balance_tick(struct rq *rq)
{
	if (rq->nr_running && !((jiffies + rq->cpu) % BALANCE_TICKS))
		pull_from_busiest(rq);
}

/* The other CPUs have started, or none has. Process 1. */
void sched_init_smp(void)
{
	if (num_online_cpus() > 1)
		static_key_inc(&sched_smp);
}
