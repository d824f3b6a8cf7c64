/* SPDX-License-Identifier: MIT */
/*
 * The table of interrupt lines, and /proc/interrupts. Linux's twins: kernel/irq/{irqdesc,proc}.c.
 * The controllers fill in their lines at boot (irq_set_chip); drivers come by manage.c. Locks:
 * desc->lock, interrupts off, for a line's actions and state. Left out: lines that come and go
 * while the system runs.
 */
#include <vitrix/fs.h>
#include <vitrix/printf.h>
#include <vitrix/percpu.h>
#include <arch/irq.h>
#include "internals.h"

struct irq_desc irq_descs[NR_IRQS] = {
	[0 ... NR_IRQS - 1] = {
		.lock = SPINLOCK_INIT(LC_IRQ_DESC), .masked = true, .affinity = ~0UL, .cpu = -1,
	},
};
/* How often each line interrupted this CPU: written by it alone, read by all. */
DEFINE_PER_CPU(u32[NR_IRQS], irq_counts);

void irq_set_chip(int irq, struct irq_chip *chip)
{
	struct irq_desc *desc = &irq_descs[irq];
	unsigned long flags;

	ASSERT(irq >= 0 && irq < NR_IRQS);
	spin_lock_irqsave(&desc->lock, flags);
	ASSERT(!desc->action);
	desc->chip = chip;
	spin_unlock_irqrestore(&desc->lock, flags);
}

void irq_set_nobalancing(int irq)
{
	struct irq_desc *desc = &irq_descs[irq];
	unsigned long flags;

	ASSERT(irq >= 0 && irq < NR_IRQS);
	spin_lock_irqsave(&desc->lock, flags);
	desc->no_balancing = true;
	spin_unlock_irqrestore(&desc->lock, flags);
}

u64 irq_count_total(void)
{
	u64 sum = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		const struct irq_cpustat *stat = per_cpu_ptr(&irq_stat, cpu);

		for (int irq = 0; irq < NR_IRQS; irq++)
			sum += per_cpu(irq_counts, cpu)[irq];
		sum += stat->timer + stat->resched + stat->error + stat->spurious;
	}
	return sum;
}

static void show_line(struct seq_file *m, int irq)
{
	struct irq_desc *desc = &irq_descs[irq];
	char names[96];
	unsigned long flags;
	size_t n = 0;
	int cpu;

	spin_lock_irqsave(&desc->lock, flags);
	if (!desc->action) {
		spin_unlock_irqrestore(&desc->lock, flags);
		return;
	}
	for (struct irqaction *a = desc->action; a; a = a->next)
		n += scnprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", a->name);
	spin_unlock_irqrestore(&desc->lock, flags);

	seq_printf(m, "%3d: ", irq);
	for_each_online_cpu(cpu)
		seq_printf(m, "%10u ", per_cpu(irq_counts, cpu)[irq]);
	seq_printf(m, " %8s %4d  %s\n", desc->chip->name, irq, names);
}

/* /proc/interrupts: a column a CPU. */
void show_interrupts(struct seq_file *m)
{
	int cpu;

	seq_puts(m, "           ");
	for_each_online_cpu(cpu)
		seq_printf(m, "CPU%-8d", cpu);
	seq_putc(m, '\n');
	for (int irq = 0; irq < NR_IRQS; irq++)
		show_line(m, irq);
	arch_show_interrupts(m);
}
