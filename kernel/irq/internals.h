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
 * A line. lock (LC_IRQ_DESC, irq): changes of all but the last three lines. in_progress counts the
 * interrupts that are being handled, or wait until the CPU that handles one is through: handle.c.
 * free_irq() waits for 0 before it frees what it took off.
 */
struct irq_desc {
	spinlock_t lock;		/* class LC_IRQ_DESC */
	struct irq_chip *chip;
	struct irqaction *action;
	bool masked;
	bool no_balancing;		/* it stays on CPU 0 */
	bool affinity_set;		/* by a user: it outlives the line's drivers */
	u64 affinity;			/* the CPUs that it may go to */
	int cpu;			/* to which it goes; -1: none. Read without lock, too */
	bool in_proc;			/* /proc/irq/N is there */
	atomic_t in_progress;
	unsigned int unhandled, seen;	/* since the last look at them; only who handles it */
	unsigned long last_unhandled;	/* jiffies */
};
extern struct irq_desc irq_descs[NR_IRQS];

/* manage.c */
extern u64 irq_default_affinity;	/* of lines without an affinity of their own; a word */
bool irq_can_set_affinity(int irq);
/* -EIO: it cannot move; -EINVAL: none of them is online, or none can be reached */
int irq_set_affinity(int irq, u64 cpus);

/* proc.c */
void register_irq_proc(int irq);	/* /proc/irq/N, if it is not there yet; may sleep */

#endif
