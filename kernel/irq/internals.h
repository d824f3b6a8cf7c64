/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/irq. */
#ifndef KERNEL_IRQ_INTERNALS_H
#define KERNEL_IRQ_INTERNALS_H

#include <vitrix/atomic.h>
#include <vitrix/irq.h>

/* One driver's interest in a line. */
struct irqaction {
	irq_handler_t handler;
	void *dev_id;
	struct irqaction *next;		/* desc->lock to change; read without */
	unsigned long flags;
	char name[];
};

/*
 * A line. lock (LC_IRQ_DESC, irq): changes of action, chip, masked. in_progress counts CPUs that
 * walk the list of actions: free_irq() waits for 0 before it frees what it took off.
 */
struct irq_desc {
	spinlock_t lock;		/* class LC_IRQ_DESC */
	struct irq_chip *chip;
	struct irqaction *action;
	atomic_t in_progress;
	bool masked;
	unsigned int unhandled, seen;	/* since the last look at them; only the serving CPU */
};
extern struct irq_desc irq_descs[NR_IRQS];

#endif
