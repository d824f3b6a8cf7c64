/* SPDX-License-Identifier: MIT */
/* What the files of the lock checker share: selfcheck/lockcheck*.c. */
#ifndef SELFCHECK_LOCKCHECK_H
#define SELFCHECK_LOCKCHECK_H

#include <vitrix/lockcheck.h>

#define LOCK_KINDS	(LOCK_SPIN | LOCK_MUTEX | LOCK_RWSEM | LOCK_BIT)
#define LOCK_ALL_KINDS	(LOCK_KINDS | LOCK_RCU)

/* What a class's line in lock_classes.h says besides its kind. */
#define RULE_IRQ	0x0100u		/* taken in interrupts: always held with interrupts off */
#define RULE_TWO	0x0200u		/* two of them, not more */
#define RULE_NESTS	0x0400u		/* "outer then inner", "all": any number */
#define RULE_BY_ADDRESS	0x0800u		/* the one at the lower address first */
#define RULE_BY_CPU	0x1000u		/* the lower CPU's first */

unsigned int lock_class_rules(u16 class);	/* LOCK_KINDS | RULE_* */

/* lockcheck_graph.c: learns from what happens. */
void lock_graph_pair(const struct held_lock *outer, u16 inner, unsigned long ip);
void lock_graph_used(u16 class, unsigned int how, unsigned long ip);
bool lock_graph_deaf(u16 class);	/* was it ever waited for with interrupts off? */
void lock_graph_irqs_on(const struct held_lock *h);

#endif
