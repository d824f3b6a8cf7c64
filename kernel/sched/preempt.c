/* SPDX-License-Identifier: MIT */
/*
 * Preemption of kernel code: preempt=none|full on the command line, none by default.
 *
 *	none  whoever should give way does so on the way to user mode or in cond_resched(): a task
 *	      that was woken waits for the call to end
 *	full  also in the middle of a call, as soon as no spinlock is held and preemption is on
 *
 *	          __preempt_count is 0: nothing held, and TIF_NEED_RESCHED (bit 31 is clear)
 *
 *	   spin_unlock(), preempt_enable()          the way out of an interrupt to kernel code
 *	              |                                           |
 *	      preempt_schedule()                        preempt_schedule_irq()
 *	              '----------> schedule_once(true) <----------'
 *
 * A preempted task stays on the run queue whatever its state says: between set_current_state() and
 * schedule() it has not looked at its condition yet. It may go on on another CPU; so what is this
 * CPU's (this_cpu_ptr(), smp_processor_id()) is used with preemption or interrupts off. A reader of
 * RCU has preemption off.
 *
 * Both kinds are one kernel: boot writes the check into each preempt_enable() and into the way out
 * of interrupts (arch/x86/kernel/alternative.c), so that none pays nothing for full. Linux's twin:
 * kernel/sched/core.c, CONFIG_PREEMPT_DYNAMIC. Left out: voluntary, a look in every might_sleep().
 */
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include "sched.h"

bool preempt_full;

static int __init preempt_setup(const char *value)
{
	if (value && strcmp(value, "full") == 0)
		preempt_full = true;
	else if (!value || strcmp(value, "none") != 0)
		pr_warn("preempt=%s: there are none and full\n", value ? value : "");
	return 0;
}
__setup("preempt=", preempt_setup);

/*
 * preempt_enable() found somebody waiting, the last reason to stay gone. Behind a spin_unlock()
 * with interrupts off it is the wrong moment: whoever turns them on looks, or the next interrupt
 * does. The function tracer may come here itself, but never with interrupts on.
 */
void __sched preempt_schedule(void)
{
	if (irqs_disabled())
		return;
	do {
		preempt_disable();
		schedule_once(true);
		preempt_enable_no_resched();
	} while (need_resched());
}

/*
 * An interrupt or exception is about to return to kernel code that may be preempted. Interrupts are
 * off, and so afterwards; while they are on preemption is off, or one interrupt could come on top
 * of the other.
 */
void __sched preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		schedule_once(true);
		local_irq_disable();
		preempt_enable_no_resched();
	} while (need_resched());
}

#ifdef CONFIG_DEBUG
/* The schedule fuzzer wants another task to run, whoever it is. Preemption and interrupts on. */
void __sched preempt_schedule_yield(void)
{
	unsigned long flags = local_irq_save();
	struct rq *rq = this_rq();

	preempt_disable();
	__spin_lock(&rq->lock);
	update_rq_clock(rq);
	rq->curr->sched_class->yield_task(rq, true);
	__spin_unlock(&rq->lock);
	local_irq_restore(flags);
	schedule_once(true);
	preempt_enable_no_resched();
}
#endif
