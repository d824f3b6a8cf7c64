/* SPDX-License-Identifier: MIT */
/*
 * RCU, the small kind. Readers only disable preemption, so whoever has been through a context
 * switch, user mode or the idle loop since some moment holds nothing from before it: a quiescent
 * state. Once every online CPU had one, a grace period is over, and what was unlinked before it
 * began can be freed.
 *
 *	call_rcu() --> next --(grace period asked for)--> wait --(it is over)--> called
 *	               per CPU                            wait_gp
 *
 *	gp_started = gp_done     nothing runs
 *	gp_started = gp_done + 1 a grace period runs; holdouts: CPUs that it still waits for
 *
 * A grace period that runs already may have begun before the unlinking: who comes then asks for the
 * next one (gp_wanted). A context switch looks at one per-CPU word, rcu_qs_needed.
 *
 * A CPU that idles without a tick is prodded at the start of a grace period; its idle loop reports.
 * That is cheap, and takes ticks. Who cannot wait for ticks asks all CPUs by an interrupt instead
 * what they were doing: synchronize_rcu_expedited().
 *
 * Locks: rcu_state.lock (class LC_RCU), irq-safe, may be taken under a run queue's. The per-CPU
 * lists are their CPU's with interrupts off. Linux's twin: kernel/rcu/tree.c, and its classic
 * ancestor.
 */
#include <vitrix/rcu.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/smp.h>

struct rcu_list {
	struct rcu_head *first, **tail;	/* tail NULL: never used */
};

struct rcu_cpu {
	struct rcu_list next, wait;
	u64 wait_gp;			/* wait is ripe when gp_done reaches it */
};
static DEFINE_PER_CPU(struct rcu_cpu, rcu_cpus);
/* The running grace period waits for this CPU. Set by others under rcu_state.lock. */
static DEFINE_PER_CPU(unsigned long, rcu_qs_needed);
DEFINE_PER_CPU(bool, rcu_halts);

static struct {
	spinlock_t lock;
	u64 gp_started, gp_done, gp_wanted;
	u64 holdouts;			/* bit n: CPU n had no quiescent state yet. Atomic */
} rcu_state = { .lock = SPINLOCK_INIT(LC_RCU) };

static void list_append(struct rcu_list *list, struct rcu_head *head)
{
	if (!list->first)
		list->tail = &list->first;
	head->next = NULL;
	*list->tail = head;
	list->tail = &head->next;
}

/*
 * Any context but NMI. func is called later, interrupts off or in an interrupt: it must not sleep.
 */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	unsigned long flags;

	schedfuzz_gap();
	flags = local_irq_save();
	head->func = func;
	list_append(&this_cpu_ptr(&rcu_cpus)->next, head);
	local_irq_restore(flags);
}

/* Starts the next grace period if one is wanted and none runs. rcu_state.lock held. */
static void start_gp(void)
{
	u64 online, rest;

	if (rcu_state.gp_started != rcu_state.gp_done || rcu_state.gp_wanted <= rcu_state.gp_done)
		return;
	/* Read once: who comes online meanwhile is not waited for, so must not report. */
	online = READ_ONCE(cpu_online_bits[0]);
	rcu_state.gp_started++;
	WRITE_ONCE(rcu_state.holdouts, online);
	for (rest = online; rest; rest &= rest - 1)
		WRITE_ONCE(per_cpu(rcu_qs_needed, __ffs(rest)), 1);
	/* Who goes idle after the store sees it before it halts; who idles already is told. */
	smp_mb();
	for (rest = online & ~BIT(smp_processor_id()); rest; rest &= rest - 1) {
		struct task_struct *idle = idle_task(__ffs(rest));

		if (idle && READ_ONCE(idle->on_cpu))
			smp_send_reschedule(__ffs(rest));
	}
}

/*
 * All CPUs come here at about the same time, so only the last one takes the lock: sixty that stand
 * in line for it would stand for seconds where they share a few of the host's. The period cannot
 * end, nor the next one begin, before this CPU's bit is gone.
 */
static noinline void report_quiescent(void)
{
	this_cpu_write(rcu_qs_needed, 0);
	if (__atomic_and_fetch(&rcu_state.holdouts, ~BIT(smp_processor_id()), __ATOMIC_SEQ_CST))
		return;
	spin_lock(&rcu_state.lock);
	ASSERT(rcu_state.gp_started != rcu_state.gp_done);
	WRITE_ONCE(rcu_state.gp_done, rcu_state.gp_started);
	start_gp();
	spin_unlock(&rcu_state.lock);
}

void rcu_note_quiescent(void)
{
	if (unlikely(this_cpu_read(rcu_qs_needed)))
		report_quiescent();
}

bool rcu_pending(void)
{
	struct rcu_cpu *rc = this_cpu_ptr(&rcu_cpus);

	return rc->next.first || rc->wait.first;
}

/* Calls the callbacks. They may call_rcu() again: that goes to the next list. */
static void run_callbacks(struct rcu_head *head)
{
	preempt_disable();
	while (head) {
		struct rcu_head *next = head->next;

		head->func(head);
		head = next;
	}
	preempt_enable();
}

/* next moves to wait, which waits for a grace period that has not begun yet. */
static void ask_for_gp(struct rcu_cpu *rc)
{
	rc->wait.first = rc->next.first;
	rc->next.first = NULL;
	spin_lock(&rcu_state.lock);
	rc->wait_gp = rcu_state.gp_started + 1;
	if (rcu_state.gp_wanted < rc->wait_gp)
		rcu_state.gp_wanted = rc->wait_gp;
	start_gp();
	spin_unlock(&rcu_state.lock);
}

/* From the tick and the idle loop; interrupts off. */
void rcu_check_callbacks(void)
{
	struct rcu_cpu *rc = this_cpu_ptr(&rcu_cpus);

	for (;;) {
		if (rc->wait.first) {
			struct rcu_head *ripe = rc->wait.first;

			if (READ_ONCE(rcu_state.gp_done) < rc->wait_gp)
				return;
			rc->wait.first = NULL;
			run_callbacks(ripe);
		}
		if (!rc->next.first)
			return;
		ask_for_gp(rc);
		/* The idle loop holds nothing: with one CPU the period is over at once. */
		if (in_interrupt() || current != idle_task(smp_processor_id()))
			return;
		rcu_note_quiescent();
	}
}

/*
 * A report may end one period and begin the next, which waits for this CPU too, and nobody prods
 * who is not idle: so it halts only when nobody waits for it.
 */
void rcu_idle(void)
{
	do {
		rcu_note_quiescent();
		rcu_check_callbacks();
	} while (unlikely(this_cpu_read(rcu_qs_needed)));
}

struct rcu_waiter {
	struct rcu_head head;
	struct completion done;
};

static void wake_waiter(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_waiter, head)->done);
}

/* Sleeps until all readers that may see what was unlinked before are gone. */
void synchronize_rcu(void)
{
	struct rcu_waiter w;

	might_sleep();
	/* The only CPU runs this, so it runs no reader. */
	if (num_online_cpus() == 1)
		return;
	init_completion(&w.done);
	call_rcu(&w.head, wake_waiter);
	wait_for_completion(&w.done);
}

/* In an interrupt. What it interrupted reads nothing under RCU: preemption was on, or it halts. */
static void clear_if_quiescent(void *busy)
{
	int outside = preempt_count() - HARDIRQ_OFFSET;

	if (!outside || (outside == 1 && this_cpu_read(rcu_halts)))
		__atomic_and_fetch((u64 *)busy, ~BIT(smp_processor_id()), __ATOMIC_SEQ_CST);
}

/*
 * The same in microseconds, for which every CPU is interrupted. Who is met in a reader, or with a
 * spinlock, is soon out of it; if it does not look so, the slow way is taken. CPUs that come online
 * meanwhile never saw what was unlinked.
 */
void synchronize_rcu_expedited(void)
{
	u64 busy = READ_ONCE(cpu_online_bits[0]);

	might_sleep();
	preempt_disable();
	busy &= ~BIT(smp_processor_id());
	for (int tries = 0; busy && tries < 10; tries++)
		smp_call_function_many(busy, clear_if_quiescent, &busy, true);
	preempt_enable();
	if (unlikely(busy))
		synchronize_rcu();
}

void __init rcu_init(void)
{
	ASSERT(!rcu_state.gp_started && !rcu_pending());
}
