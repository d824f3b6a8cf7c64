/* SPDX-License-Identifier: MIT */
/*
 * What the lock checker learns: which class was ever taken inside of which, and how each was used.
 * /sys/kernel/debug/lock_graph shows it. From it follows one more kind of deadlock:
 *
 *	CPU 0: holds B, interrupts on       CPU 1: holds A, waits for B
 *	       interrupt: waits for A
 *
 * So if interrupts take A, and B was ever taken inside of A (also by way of others), B may never be
 * held with interrupts on. It does not matter which of the facts is seen last.
 *
 * Callers: selfcheck/lockcheck.c. Any context, no locks: each fact is a word that is written once,
 * and a race costs a second report at most. Linux's twin: kernel/locking/lockdep.c.
 */
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/preempt.h>
#include <vitrix/selfcheck.h>
#include <vitrix/seq_file.h>
#include <arch/irqflags.h>
#include "lockcheck.h"

static struct { unsigned long outer_ip, inner_ip; } pairs[NR_LOCK_CLASSES][NR_LOCK_CLASSES];
static unsigned long in_irq_ip[NR_LOCK_CLASSES];	/* taken by an interrupt there */
static unsigned long irqs_on_ip[NR_LOCK_CLASSES];	/* held with interrupts on, taken there */
static bool deaf[NR_LOCK_CLASSES];			/* waited for with interrupts off */
static bool told[NR_LOCK_CLASSES][NR_LOCK_CLASSES];

static void tell(u16 a, u16 via, u16 b)
{
	if (told[a][b])
		return;
	told[a][b] = true;
	selfcheck_report("lock irq pair: %s is taken in interrupts (at %pS); inside of it %s (at "
			 "%pS, in %s), which is held with interrupts on (at %pS)",
			 lock_class_names[a], (void *)in_irq_ip[a], lock_class_names[b],
			 (void *)pairs[via][b].inner_ip, lock_class_names[via],
			 (void *)irqs_on_ip[b]);
}

/* All that can be reached from a: is it always held with interrupts off? */
static void check_from(u16 a)
{
	u16 todo[NR_LOCK_CLASSES];
	bool seen[NR_LOCK_CLASSES] = { };
	int n = 0;

	todo[n++] = a;
	while (n) {
		u16 via = todo[--n];

		for (u16 b = 1; b < NR_LOCK_CLASSES; b++) {
			if (!pairs[via][b].inner_ip || seen[b])
				continue;
			seen[b] = true;
			if (irqs_on_ip[b])
				tell(a, via, b);
			todo[n++] = b;
		}
	}
}

static void check_all(void)
{
	for (u16 a = 1; a < NR_LOCK_CLASSES; a++)
		if (in_irq_ip[a])
			check_from(a);
}

void lock_graph_pair(const struct held_lock *outer, u16 inner, unsigned long ip)
{
	if (likely(pairs[outer->class][inner].inner_ip))
		return;
	pairs[outer->class][inner].outer_ip = outer->ip;
	pairs[outer->class][inner].inner_ip = ip;
	check_all();
}

/* The lock is about to be waited for. */
void lock_graph_used(u16 class, unsigned int how, unsigned long ip)
{
	if (unlikely(in_interrupt() && !in_irq_ip[class])) {
		in_irq_ip[class] = ip;
		check_all();
	}
	if (irqs_disabled()) {
		deaf[class] = true;
	} else if (unlikely((how & LOCK_SPIN) && !irqs_on_ip[class])) {
		irqs_on_ip[class] = ip;
		check_all();
	}
}

bool lock_graph_deaf(u16 class)
{
	return deaf[class];
}

/* An interrupt came while the lock was held. */
void lock_graph_irqs_on(const struct held_lock *h)
{
	if (lock_class_rules(h->class) & RULE_IRQ)
		selfcheck_report("%s: an interrupt came while it is held, since %pS",
				 lock_class_names[h->class], (void *)h->ip);
	if (!irqs_on_ip[h->class]) {
		irqs_on_ip[h->class] = h->ip;
		check_all();
	}
}

/* ---------------------------------------------------------------- /sys/kernel/debug/lock_graph */

static int show_graph(struct seq_file *m, void *v)
{
	for (u16 a = 1; a < NR_LOCK_CLASSES; a++) {
		seq_printf(m, "%s%s%s\n", lock_class_names[a],
			   in_irq_ip[a] ? ", taken in interrupts" : "",
			   irqs_on_ip[a] ? ", held with interrupts on" : "");
		for (u16 b = 1; b < NR_LOCK_CLASSES; b++)
			if (pairs[a][b].inner_ip)
				seq_printf(m, "  -> %-24s %pS -> %pS\n", lock_class_names[b],
					   (void *)pairs[a][b].outer_ip,
					   (void *)pairs[a][b].inner_ip);
	}
	return 0;
}

static int graph_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_graph, NULL);
}

static const struct file_operations graph_fops = {
	.open = graph_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "lock_graph", 0400, .fops = &graph_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init lock_graph_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(lock_graph_init);
