/* SPDX-License-Identifier: MIT */
/*
 * Drivers take lines and give them back. Linux's twin: kernel/irq/manage.c. A line with the first
 * driver is routed to a vector and unmasked; with the last one gone it is masked. Callers: drivers,
 * in task context. Locks: desc->lock, interrupts off. Left out: threaded handlers.
 */
#include <vitrix/err.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include "internals.h"

static struct irqaction *new_action(irq_handler_t handler, unsigned long flags, const char *name,
				    void *dev_id)
{
	size_t len = strlen(name) + 1;
	struct irqaction *action = kmalloc(sizeof(*action) + len, GFP_KERNEL);

	if (!action)
		return NULL;
	action->handler = handler;
	action->dev_id = dev_id;
	action->next = NULL;
	action->flags = flags;
	memcpy(action->name, name, len);
	return action;
}

/* -EINVAL: no such line, no controller behind it. Also -ENOMEM, -ENOSPC (vectors). */
int request_irq(int irq, irq_handler_t handler, unsigned long irqflags, const char *name,
		void *dev_id)
{
	struct irqaction *action, **p;
	struct irq_desc *desc;
	unsigned long flags;
	int err = 0;

	if (irq < 0 || irq >= NR_IRQS || !handler)
		return -EINVAL;
	action = new_action(handler, irqflags, name, dev_id);
	if (!action)
		return -ENOMEM;
	desc = &irq_descs[irq];
	spin_lock_irqsave(&desc->lock, flags);
	if (!desc->chip) {
		err = -EINVAL;
		goto out;
	}
	for (p = &desc->action; *p; p = &(*p)->next)
		;
	/* The handler may be called before startup() returns. */
	smp_store_release(p, action);
	if (desc->masked) {
		err = desc->chip->startup(irq);
		if (err)
			*p = NULL;
		else
			desc->masked = false;
	}
out:
	spin_unlock_irqrestore(&desc->lock, flags);
	if (err)
		kfree(action);
	return err;
}

/* May sleep. When it returns the handler does not run and will not. Not from the handler itself. */
void free_irq(int irq, void *dev_id)
{
	struct irqaction *action = NULL, **p;
	struct irq_desc *desc;
	unsigned long flags;

	ASSERT(irq >= 0 && irq < NR_IRQS);
	desc = &irq_descs[irq];
	spin_lock_irqsave(&desc->lock, flags);
	for (p = &desc->action; *p; p = &(*p)->next) {
		if ((*p)->dev_id == dev_id) {
			action = *p;
			WRITE_ONCE(*p, action->next);
			break;
		}
	}
	if (!desc->action && !desc->masked) {
		desc->chip->mask(irq);
		desc->masked = true;
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	if (WARN_ON(!action))
		return;
	smp_mb();	/* off the list before the look: a CPU that starts now does not see it */
	while (atomic_read(&desc->in_progress))
		cpu_relax();
	kfree(action);
}
