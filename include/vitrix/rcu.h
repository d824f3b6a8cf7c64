/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update, the small kind: a reader is any stretch with preemption disabled; a grace
 * period is over when every online CPU has passed a quiescent state (a context switch, user mode or
 * idle). call_rcu() callbacks run from the timer tick or idle, in interrupt-like context: they must
 * not sleep.
 * Linux's twin: include/linux/rcupdate.h, kernel/rcu/.
 */
#ifndef VITRIX_RCU_H
#define VITRIX_RCU_H

#include <vitrix/preempt.h>

static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
	lockcheck_rcu_lock();
}

static __always_inline void rcu_read_unlock(void)
{
	lockcheck_rcu_unlock();
	preempt_enable();
}

#define rcu_dereference(p)	({ lockcheck_rcu_dereference(); READ_ONCE(p); })
#define rcu_assign_pointer(p, v) smp_store_release(&(p), v)

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void synchronize_rcu(void);	/* may sleep, for some ticks */
void synchronize_rcu_expedited(void);	/* may sleep, seldom does; interrupts all other CPUs */
void rcu_init(void);
/* Called by the scheduler at each context switch, and by the tick when it interrupted user mode or
 * idle: interrupts off. */
void rcu_note_quiescent(void);
/* Called by the tick and the idle loop: starts and ends grace periods, runs ripe callbacks. */
void rcu_check_callbacks(void);
void rcu_idle(void);		/* about to halt, interrupts off: both of these */
DECLARE_PER_CPU(bool, rcu_halts);	/* set by the idle loop while it halts */
bool rcu_pending(void);		/* this CPU has callbacks: the idle tick may not stop for long */

#endif
