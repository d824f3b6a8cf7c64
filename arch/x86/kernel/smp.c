/* SPDX-License-Identifier: MIT */
/*
 * The interrupts that CPUs send each other. Linux's twin: arch/x86/kernel/smp.c.
 *
 *   0xfb  STOP_VECTOR           the machine ends: the CPU halts for ever
 *   0xfc  CALL_FUNCTION_VECTOR  kernel/smp.c: run what others have queued
 *   0xfd  RESCHEDULE_VECTOR     nothing: the way out, or the idle loop, looks at TIF_NEED_RESCHED
 *
 * smp_send_stop() asks first by STOP_VECTOR, which lets a CPU finish what it does with interrupts
 * off, and then, those that do not come, by NMI. What each did is kept for panic() to show. Any
 * context; no locks.
 */
#include <vitrix/atomic.h>
#include <vitrix/bitops.h>
#include <vitrix/nmi.h>
#include <vitrix/preempt.h>
#include <vitrix/sched.h>
#include <arch/irq.h>
#include <arch/irqflags.h>
#include <arch/smp.h>
#include <arch/time.h>
#include <arch/tlbflush.h>
#include <arch/traps.h>

#define STOP_WAIT_MS	1000
#define STOP_NMI_WAIT_MS 1000

static unsigned long halted_cpus;	/* bit n: CPU n has stopped for ever */
static unsigned long stopping_cpus;	/* one bit: who stops the others */

void smp_send_reschedule(int cpu)
{
	apic_send_ipi(cpu, RESCHEDULE_VECTOR);
}

static void flush_tlb_here(void *info)
{
	this_cpu_inc(irq_stat.tlb);
	flush_tlb_func(info);
}

void smp_flush_tlb_others(u64 mask, struct flush_tlb_info *info)
{
	smp_call_function_many(mask, flush_tlb_here, info, true);
}

void smp_send_call_function(u64 mask)
{
	for (; mask; mask &= mask - 1)
		apic_send_ipi(__ffs(mask), CALL_FUNCTION_VECTOR);
}

/* An NMI came: is it the one that stops this CPU? */
bool smp_is_stop_nmi(void)
{
	return READ_ONCE(smp_stopped) && !(READ_ONCE(stopping_cpus) & BIT(smp_processor_id()));
}

void __noreturn stop_this_cpu(const struct pt_regs *regs)
{
	local_irq_disable();
	if (regs)
		save_cpu_backtrace(regs);
	set_bit(smp_processor_id(), &halted_cpus);
	for (;;)
		halt();
}

bool cpu_has_stopped(int cpu)
{
	return READ_ONCE(halted_cpus) & BIT(cpu);
}

static u64 running_others(void)
{
	return READ_ONCE(cpu_online_bits[0]) & ~READ_ONCE(halted_cpus) & ~BIT(smp_processor_id());
}

static void wait_for_others(unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 10 && running_others(); i++)
		udelay(100);
}

void smp_send_stop(void)
{
	unsigned long nobody = 0, self = BIT(smp_processor_id());
	u64 mask;

	if (num_online_cpus() == 1)
		return;
	if (!__atomic_compare_exchange_n(&stopping_cpus, &nobody, self, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (nobody != self)
			stop_this_cpu(NULL);
		return;
	}
	WRITE_ONCE(smp_stopped, true);
	smp_mb();
	for (mask = running_others(); mask; mask &= mask - 1)
		apic_send_ipi(__ffs(mask), STOP_VECTOR);
	wait_for_others(STOP_WAIT_MS);
	for (mask = running_others(); mask; mask &= mask - 1)
		apic_send_nmi(__ffs(mask));
	wait_for_others(STOP_NMI_WAIT_MS);
}
