/* SPDX-License-Identifier: MIT */
/*
 * Drivers take lines and give them back. Linux's twin: kernel/irq/manage.c. A line with the first
 * driver is routed to a CPU and a vector, and unmasked; with the last one gone it is masked.
 *
 * A line goes to one CPU, of those in its affinity: to the one that has the fewest lines, for lines
 * are spread and not interrupts. It moves when a user changes the affinity (/proc/irq, proc.c) so
 * that its CPU is not among them any more.
 *
 *	affinity     effective: cpu
 *	CPUs 0-3     1                    CPU 0 had a line already
 *	CPUs 1-2     1                    no reason to move
 *	CPU  3       3
 *
 * Callers: drivers and proc.c, in task context. Locks: desc->lock, interrupts off; how many lines
 * another CPU has is read without. Left out: threaded handlers, one line to several CPUs.
 */
#include <vitrix/bitops.h>
#include <vitrix/cpumask.h>
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

/* ---- which CPU ----------------------------------------------------------------------------- */

u64 irq_default_affinity = ~0UL;

static int nr_lines_on(int cpu)
{
	int n = 0;

	for (int irq = 0; irq < NR_IRQS; irq++)
		n += READ_ONCE(irq_descs[irq].cpu) == cpu;
	return n;
}

/* cpus is not empty. Of two that have as few, the first. */
static int least_loaded_cpu(u64 cpus)
{
	int best = -1, least = NR_IRQS + 1;

	for (; cpus; cpus &= cpus - 1) {
		int cpu = __ffs(cpus), n = nr_lines_on(cpu);

		if (n < least) {
			least = n;
			best = cpu;
		}
	}
	return best;
}

/* The line goes to one of cpus, which are online. desc->lock held. */
static int route_line(int irq, struct irq_desc *desc, u64 cpus)
{
	if (desc->cpu >= 0 && ((cpus >> desc->cpu) & 1))
		return 0;
	while (cpus) {
		int cpu = least_loaded_cpu(cpus);

		if (desc->chip->set_affinity(irq, cpu) == 0) {
			WRITE_ONCE(desc->cpu, cpu);
			return 0;
		}
		cpus &= ~BIT(cpu);
	}
	return -EINVAL;
}

static int startup_line(int irq, struct irq_desc *desc)
{
	u64 online = READ_ONCE(cpu_online_bits[0]), cpus = desc->affinity & online;
	int err;

	if (!desc->affinity_set || !cpus)
		cpus = READ_ONCE(irq_default_affinity) & online;
	if (desc->no_balancing || !desc->chip->set_affinity)
		cpus = BIT(0);
	if (!desc->chip->set_affinity)
		WRITE_ONCE(desc->cpu, 0);
	else if ((err = route_line(irq, desc, cpus)))
		return err;
	if (!desc->no_balancing)
		desc->affinity = cpus;
	err = desc->chip->startup(irq);
	if (err)
		WRITE_ONCE(desc->cpu, -1);
	return err;
}

/* desc->lock held. */
static bool can_move(const struct irq_desc *desc)
{
	return desc->chip && desc->chip->set_affinity && !desc->no_balancing;
}

bool irq_can_set_affinity(int irq)
{
	struct irq_desc *desc = &irq_descs[irq];
	unsigned long flags;
	bool can;

	spin_lock_irqsave(&desc->lock, flags);
	can = can_move(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	return can;
}

/* A line that nobody uses is routed when somebody does. */
int irq_set_affinity(int irq, u64 cpus)
{
	u64 online = cpus & READ_ONCE(cpu_online_bits[0]);
	struct irq_desc *desc = &irq_descs[irq];
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&desc->lock, flags);
	if (!can_move(desc))
		err = -EIO;
	else if (!online)
		err = -EINVAL;
	else if (desc->cpu >= 0)
		err = route_line(irq, desc, online);
	if (!err) {
		desc->affinity = cpus;
		desc->affinity_set = true;
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return err;
}

/* ---- drivers ------------------------------------------------------------------------------- */

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
	if (irqflags & IRQF_NOBALANCING)
		desc->no_balancing = true;
	if (desc->masked) {
		err = startup_line(irq, desc);
		if (err)
			*p = NULL;
		else
			desc->masked = false;
	}
out:
	spin_unlock_irqrestore(&desc->lock, flags);
	if (err)
		kfree(action);
	else
		register_irq_proc(irq);
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
	if (!desc->action)
		WRITE_ONCE(desc->cpu, -1);
	spin_unlock_irqrestore(&desc->lock, flags);
	if (WARN_ON(!action))
		return;
	smp_mb();	/* off the list before the look: a CPU that starts now does not see it */
	while (atomic_read(&desc->in_progress))
		cpu_relax();
	kfree(action);
}
