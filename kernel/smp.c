/* SPDX-License-Identifier: MIT */
/*
 * Function calls on other CPUs. Linux's twin: kernel/smp.c.
 *
 *   asks                                        is asked
 *     slot[target] = func, info
 *     push it on target's call_queue  --IPI-->    smp_run_call_queue()
 *     ...                                           takes the whole queue at once
 *     waits until slot[target] is free <-------     func(info), slot free
 *
 * Each CPU owns one slot for each other CPU, and uses it with preemption off, so a slot has one
 * user at a time; one that is still in use by a call that nobody waited for is waited for. Only
 * the first on an empty queue interrupts: whoever comes while it is not empty knows that the
 * target has yet to look.
 *
 * No locks: call_queue is a list that anybody pushes to and only its CPU takes, as a whole.
 */
#include <vitrix/smp.h>
#include <vitrix/atomic.h>
#include <vitrix/preempt.h>
#include <vitrix/sched.h>
#include <arch/irqflags.h>

struct call_slot {
	struct call_slot *next;
	void (*func)(void *info);
	void *info;
	unsigned int busy;		/* from the push until func has returned */
};
static DEFINE_PER_CPU(struct call_slot[NR_CPUS], call_slots);
static DEFINE_PER_CPU(struct call_slot *, call_queue);

bool smp_stopped;

static void wait_for_slot(struct call_slot *slot)
{
	while (smp_load_acquire(&slot->busy) && !READ_ONCE(smp_stopped))
		cpu_relax();
}

/* true: the target has to be interrupted. */
static bool push(int cpu, struct call_slot *slot)
{
	struct call_slot **queue = per_cpu_ptr(&call_queue, cpu), *first;

	do {
		first = READ_ONCE(*queue);
		slot->next = first;
	} while (cmpxchg(queue, first, slot) != first);
	return !first;
}

void smp_call_function_many(u64 mask, void (*func)(void *info), void *info, bool wait)
{
	struct call_slot *slots = *this_cpu_ptr(&call_slots);
	u64 interrupt = 0;

	if (!READ_ONCE(smp_stopped))
		lockcheck_wait_for_ipi();
	mask &= READ_ONCE(cpu_online_bits[0]) & ~BIT(smp_processor_id());
	if (!mask || READ_ONCE(smp_stopped))
		return;
	DEBUG_ASSERT(in_atomic() && !in_interrupt());
	for (u64 rest = mask; rest; rest &= rest - 1) {
		int cpu = __ffs(rest);
		struct call_slot *slot = &slots[cpu];

		wait_for_slot(slot);
		slot->func = func;
		slot->info = info;
		slot->busy = 1;
		if (push(cpu, slot))
			interrupt |= BIT(cpu);
	}
	if (interrupt)
		smp_send_call_function(interrupt);
	if (!wait)
		return;
	for (u64 rest = mask; rest; rest &= rest - 1)
		wait_for_slot(&slots[__ffs(rest)]);
}

void smp_call_function_single(int cpu, void (*func)(void *info), void *info, bool wait)
{
	unsigned long flags;

	preempt_disable();
	if (cpu != smp_processor_id()) {
		smp_call_function_many(BIT(cpu), func, info, wait);
	} else {
		flags = local_irq_save();
		func(info);
		local_irq_restore(flags);
	}
	preempt_enable();
}

void on_each_cpu(void (*func)(void *info), void *info)
{
	unsigned long flags;

	preempt_disable();
	smp_call_function_many(~0UL, func, info, true);
	flags = local_irq_save();
	func(info);
	local_irq_restore(flags);
	preempt_enable();
}

/* In the order in which they were pushed. Interrupts off. */
void smp_run_call_queue(void)
{
	struct call_slot *slot = xchg(this_cpu_ptr(&call_queue), NULL), *list = NULL;

	while (slot) {
		struct call_slot *next = slot->next;

		slot->next = list;
		list = slot;
		slot = next;
	}
	while (list) {
		/* Once it is free its owner may use it again at once. */
		slot = list;
		list = slot->next;
		slot->func(slot->info);
		smp_store_release(&slot->busy, 0);
	}
}
