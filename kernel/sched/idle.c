/* SPDX-License-Identifier: MIT */
/*
 * What a CPU does with nothing to do: the idle task of each CPU runs sched_idle_loop() for ever, in
 * a class below all others. It halts with the tick stopped until an interrupt makes somebody
 * runnable.
 *
 * No lost wake-up: need_resched() is looked at with interrupts off, and sti;hlt lets no interrupt
 * in between the two instructions, so an interrupt that sets it after the look ends the hlt.
 *
 * The idle class has one task a CPU, which is never enqueued. Linux's twin: kernel/sched/idle.c.
 */
#include <vitrix/trace_ring.h>
#include <vitrix/printk.h>
#include <vitrix/hrtimer.h>
#include <vitrix/tick.h>
#include "sched.h"

/* The end of start_kernel(), and of every other CPU's start: never returns. */
void sched_idle_loop(void)
{
	ASSERT(current->sched_class == &idle_sched_class);
	/* An interrupt that switched away from in here would leave the tick stopped. */
	preempt_disable();
	for (;;) {
		tick_nohz_idle_enter();
		while (!need_resched()) {
			local_irq_disable();
			/* on_cpu was set before rcu_qs_needed is read: see start_gp(). */
			smp_mb();
			rcu_idle();
			printk_tick();
			trace_wake_readers();
			if (static_branch_unlikely(&sched_smp))
				idle_balance();
			if (need_resched()) {
				local_irq_enable();
				break;
			}
			tick_nohz_arm();
			this_cpu_write(rcu_halts, true);
			safe_halt();
			this_cpu_write(rcu_halts, false);
		}
		tick_nohz_idle_exit();
		do {
			schedule_once(false);
		} while (need_resched());
	}
}

struct task_struct *idle_task(int cpu)
{
	return cpu_rq(cpu)->idle;
}

static void enqueue_task_idle(struct rq *rq, struct task_struct *p, int flags)
{
	BUG();
}

/* The idle task went to sleep: whoever called a sleeping function there is wrong. */
static void dequeue_task_idle(struct rq *rq, struct task_struct *p, int flags)
{
	BUG();
}

static void yield_task_idle(struct rq *rq, bool forced)
{
}

static struct task_struct *pick_next_task_idle(struct rq *rq)
{
	rq->idle->se.exec_start = rq->clock;
	return rq->idle;
}

static void put_prev_task_idle(struct rq *rq, struct task_struct *p)
{
	charge_runtime(rq, p);
}

static void set_next_task_idle(struct rq *rq, struct task_struct *p)
{
	p->se.exec_start = rq->clock;
}

static void task_event_idle(struct rq *rq, struct task_struct *p)
{
}

static u64 get_rr_interval_idle(struct rq *rq, struct task_struct *p)
{
	return 0;
}

const struct sched_class idle_sched_class = {
	.name = "idle",
	.rank = 0,
	.enqueue_task = enqueue_task_idle,
	.dequeue_task = dequeue_task_idle,
	.yield_task = yield_task_idle,
	.check_preempt_curr = task_event_idle,
	.pick_next_task = pick_next_task_idle,
	.put_prev_task = put_prev_task_idle,
	.set_next_task = set_next_task_idle,
	.task_tick = task_event_idle,
	.task_fork = task_event_idle,
	.switched_to = task_event_idle,
	.prio_changed = task_event_idle,
	.get_rr_interval = get_rr_interval_idle,
};
