/* SPDX-License-Identifier: MIT */
/*
 * Interrupts from devices: vectors, lines and their handlers. An interrupt source has a number (gsi
 * under ACPI); the controller behind it (the IOAPIC) is an irq_chip. Handlers run with
 * interrupts off. Linux's twin: kernel/irq/.
 */
#ifndef VITRIX_IRQ_H
#define VITRIX_IRQ_H

#include <vitrix/spinlock.h>

#define NR_IRQS		256
typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_NOBALANCING	0x0800	/* of request_irq(): the line stays on CPU 0 */

struct irq_chip {
	const char *name;
	int (*startup)(int irq);		/* route it to a vector, unmask */
	/* Where it goes; also while masked. NULL: always to CPU 0. -EINVAL: out of reach */
	int (*set_affinity)(int irq, int cpu);
	void (*mask)(int irq);
	void (*unmask)(int irq);
	void (*eoi)(int irq);
};

/* May sleep. Shared lines get all their handlers called. 0 or -errno. */
int request_irq(int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev_id);
void free_irq(int irq, void *dev_id);
int isa_irq_to_gsi(int isa_irq);		/* ACPI overrides; identity without */
void irq_set_chip(int irq, struct irq_chip *chip);
void irq_set_nobalancing(int irq);		/* as IRQF_NOBALANCING, before anybody asks */
void generic_handle_irq(int irq);		/* from do_IRQ: handlers, then eoi */
struct pt_regs;
void do_IRQ(struct pt_regs *regs, unsigned int vector);	/* from entry code */
void irq_enter(void);
void irq_exit(void);		/* may set need_resched work; runs softirq-like work */
struct seq_file;
void show_interrupts(struct seq_file *m);
u64 irq_count_total(void);

#endif
