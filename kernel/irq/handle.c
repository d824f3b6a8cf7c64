/* SPDX-License-Identifier: MIT */
/*
 * A line has interrupted: its drivers are asked, its controller is told. Linux's twins: kernel/irq/
 * {handle,chip,spurious}.c. From do_IRQ() (arch/x86/kernel/irq.c), in an interrupt, interrupts off.
 *
 *   do_IRQ --> generic_handle_irq --> handler, handler ... --> chip->eoi
 *
 * No lock is held while handlers run (theirs stand above LC_IRQ_DESC); in_progress keeps the
 * actions alive. A level-triggered line comes no second time before the eoi; an edge is
 * remembered by the controller. A line that nobody's handler recognises again and again is
 * masked: it would hold the CPU for ever.
 *
 * The handlers of a line never run on two CPUs at once. An edge may reach the next CPU, after the
 * line was moved, while the one before still handles: it is counted, and handled there.
 *
 *	CPU 0   in_progress 1  handlers .......... 2, so handlers once more ... 1 ... 0
 *	CPU 1                         2 (a fresh edge), eoi
 */
#include <vitrix/percpu.h>
#include <vitrix/printk.h>
#include <vitrix/random.h>
#include <vitrix/sched.h>
#include <generated/trace_events.h>
#include "internals.h"

#define SPURIOUS_WINDOW	100000	/* interrupts */
#define SPURIOUS_LIMIT	99900	/* of them unhandled: the line is stuck */

DECLARE_PER_CPU(u32[NR_IRQS], irq_counts);

static noinline void note_unhandled(int irq, struct irq_desc *desc)
{
	unsigned int unhandled = desc->unhandled;

	if (desc->seen < SPURIOUS_WINDOW)
		return;
	desc->seen = desc->unhandled = 0;
	if (unhandled < SPURIOUS_LIMIT)
		return;
	pr_err("irq %d: nobody handles it, it is masked from now on\n", irq);
	spin_lock(&desc->lock);
	desc->chip->mask(irq);
	desc->masked = true;
	spin_unlock(&desc->lock);
}

static __always_inline irqreturn_t run_handler(int irq, struct irqaction *a)
{
	irqreturn_t ret;

	trace_irq_handler_entry(irq, a->name);
	ret = a->handler(irq, a->dev_id);
	trace_irq_handler_exit(irq, ret);
	return ret;
}

/* The handlers of one interrupt. Only one CPU at a time is in here. */
static __always_inline void handle_irq_event(int irq, struct irq_desc *desc)
{
	irqreturn_t handled = IRQ_NONE;

	for (struct irqaction *a = smp_load_acquire(&desc->action); a; a = READ_ONCE(a->next))
		handled |= run_handler(irq, a);
	desc->seen++;
	if (unlikely(!handled)) {
		desc->unhandled++;
		desc->last_unhandled = jiffies;
		note_unhandled(irq, desc);
	}
}

/* Interrupts off, between irq_enter() and irq_exit(). */
void generic_handle_irq(int irq)
{
	struct irq_desc *desc = &irq_descs[irq];

	(*this_cpu_ptr(&irq_counts))[irq]++;
	if (likely(atomic_inc_return(&desc->in_progress) == 1)) {
		do
			handle_irq_event(irq, desc);
		while (unlikely(atomic_dec_return(&desc->in_progress)));
	}
	desc->chip->eoi(irq);
	add_interrupt_randomness(irq);
}

/* The context becomes an interrupt's: nothing may sleep until irq_exit(). */
void irq_enter(void)
{
	lockcheck_irq_enter();
	this_cpu_add(__preempt_count, HARDIRQ_OFFSET);
}

/*
 * What the interrupt made ready to run is looked at on the way out to user mode
 * (TIF_NEED_RESCHED).
 */
void irq_exit(void)
{
	this_cpu_add(__preempt_count, -HARDIRQ_OFFSET);
	schedfuzz_irq_exit();
}
