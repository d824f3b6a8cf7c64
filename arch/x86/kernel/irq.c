/* SPDX-License-Identifier: MIT */
/*
 * From a vector to who wants it. Linux's twins: arch/x86/kernel/irq.c, apic/vector.c.
 *
 *   device --> IOAPIC pin --> local APIC --vector--> IDT stub --> common_interrupt --> do_IRQ
 *                                                                                       |
 *     vector_irq[vector] = irq number --> generic_handle_irq (kernel/irq/handle.c) <----+
 *
 *   0x30..0x3f  ISA lines 0..15 (fixed: the 8259 can do no other)
 *   0x40..0xeb  all other lines, as they are asked for; 0x80 is never given out
 *   0xec        local timer: its own way, smp_apic_timer_interrupt()
 *   0xfb..0xfd  from other CPUs: stop, function call, reschedule (smp.c)
 *   0xfe, 0xff  APIC error, spurious
 *
 * A line has the same vector on every CPU, so that it may be sent to any. The table is written
 * under the locks of the lines, one entry each, and read by interrupts without a lock.
 */
#include <vitrix/err.h>
#include <vitrix/fs.h>
#include <vitrix/hrtimer.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <generated/trace_events.h>
#include <arch/apic.h>
#include <arch/irq.h>
#include <arch/smp.h>
#include <arch/traps.h>

#define NO_IRQ			(-1)
#define ISA_VECTOR(irq)		(0x30 + (irq))
#define FIRST_DEVICE_VECTOR	0x40

static s16 vector_irq[256] = { [0 ... 255] = NO_IRQ };
static s16 irq_vector[NR_IRQS] = { [0 ... NR_IRQS - 1] = -1 };

DEFINE_PER_CPU(struct irq_cpustat, irq_stat);
DEFINE_PER_CPU(struct pt_regs *, irq_regs);

int irq_to_vector(int irq)
{
	ASSERT(irq >= 0 && irq < NR_IRQS);
	return irq_vector[irq];
}

/* Two lines may ask at the same time: the exchange decides who has a vector. */
static bool claim_vector(int vector, int irq)
{
	s16 none = NO_IRQ;

	return __atomic_compare_exchange_n(&vector_irq[vector], &none, irq, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* The line's lock is held. */
int assign_irq_vector(int irq)
{
	int vector = irq_to_vector(irq);

	if (vector >= 0)
		return vector;
	if (irq < 16 && claim_vector(ISA_VECTOR(irq), irq)) {
		irq_vector[irq] = ISA_VECTOR(irq);
		return ISA_VECTOR(irq);
	}
	for (vector = FIRST_DEVICE_VECTOR; vector < LOCAL_TIMER_VECTOR; vector++) {
		if (vector == IA32_SYSCALL_VECTOR || !claim_vector(vector, irq))
			continue;
		irq_vector[irq] = vector;
		return vector;
	}
	return -ENOSPC;
}

/* Vectors without a line: the local APIC's own, and what nobody should send. */
static noinline void system_vector(unsigned int vector)
{
	struct irq_cpustat *stat = this_cpu_ptr(&irq_stat);

	switch (vector) {
	case SPURIOUS_APIC_VECTOR:	/* SDM vol. 3, 11.9: no EOI */
		stat->spurious++;
		return;
	case RESCHEDULE_VECTOR:
		stat->resched++;
		scheduler_ipi();
		break;
	case CALL_FUNCTION_VECTOR:
		stat->call++;
		apic_eoi();		/* first: a call that comes now is a new interrupt */
		smp_run_call_queue();
		return;
	case STOP_VECTOR:
		apic_eoi();
		stop_this_cpu(this_cpu_read(irq_regs));
	case ERROR_APIC_VECTOR:
		stat->error++;
		show_apic_error();
		break;
	default:
		if (stat->unexpected++ < 10)
			pr_warn("interrupt on vector 0x%x, which is nobody's\n", vector);
	}
	if (apic_usable)
		apic_eoi();
}

/* Interrupts are off and stay so. */
__path void do_IRQ(struct pt_regs *regs, unsigned int vector)
{
	int irq = vector_irq[vector];
	struct pt_regs *outer = this_cpu_read(irq_regs);

	irq_enter();
	this_cpu_write(irq_regs, regs);
	if (likely(irq != NO_IRQ))
		generic_handle_irq(irq);
	else
		system_vector(vector);
	this_cpu_write(irq_regs, outer);
	irq_exit();
}

/* The local APIC's timer fired. */
__path void smp_apic_timer_interrupt(struct pt_regs *regs)
{
	apic_eoi();
	irq_enter();
	this_cpu_inc(irq_stat.timer);
	trace_local_timer_entry(LOCAL_TIMER_VECTOR);
	timer_interrupt(regs);
	trace_local_timer_exit(LOCAL_TIMER_VECTOR);
	irq_exit();
}

static const struct { const char *label, *text; size_t offset; } system_irqs[] = {
	{ "NMI", "Non-maskable interrupts", offsetof(struct irq_cpustat, nmi) },
	{ "LOC", "Local timer interrupts", offsetof(struct irq_cpustat, timer) },
	{ "SPU", "Spurious interrupts", offsetof(struct irq_cpustat, spurious) },
	{ "RES", "Rescheduling interrupts", offsetof(struct irq_cpustat, resched) },
	{ "CAL", "Function call interrupts", offsetof(struct irq_cpustat, call) },
	{ "TLB", "TLB shootdowns", offsetof(struct irq_cpustat, tlb) },
	{ "MCE", "Machine check exceptions", offsetof(struct irq_cpustat, mce) },
	{ "ERR", "APIC errors", offsetof(struct irq_cpustat, error) },
	{ "UNX", "Unexpected vectors", offsetof(struct irq_cpustat, unexpected) },
};

void arch_show_interrupts(struct seq_file *m)
{
	int cpu;

	for (int i = 0; i < ARRAY_SIZE(system_irqs); i++) {
		seq_printf(m, "%s: ", system_irqs[i].label);
		for_each_online_cpu(cpu) {
			const char *stat = (const char *)per_cpu_ptr(&irq_stat, cpu);

			seq_printf(m, "%10lu ",
				   *(const unsigned long *)(stat + system_irqs[i].offset));
		}
		seq_printf(m, "  %s\n", system_irqs[i].text);
	}
}
