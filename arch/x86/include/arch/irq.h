/* SPDX-License-Identifier: MIT */
/* Vectors of this CPU and who they belong to: arch/x86/kernel/irq.c. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <vitrix/irq.h>
#include <vitrix/percpu.h>

/* How often each kind of interrupt without a line came to this CPU. */
struct irq_cpustat {
	unsigned long nmi, timer, spurious, error, resched, call, tlb, mce, unexpected;
};
DECLARE_PER_CPU(struct irq_cpustat, irq_stat);
DECLARE_PER_CPU(struct pt_regs *, irq_regs);	/* of the interrupt being served, else NULL */
static inline struct pt_regs *get_irq_regs(void) { return this_cpu_read(irq_regs); }

/* A vector for the line, the same on all CPUs; the one that it has if it has one. -ENOSPC. */
int assign_irq_vector(int irq);
int irq_to_vector(int irq);			/* -1: none */
void arch_show_interrupts(struct seq_file *m);	/* the lines NMI, LOC ... of /proc/interrupts */

#endif
