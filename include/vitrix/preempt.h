/* SPDX-License-Identifier: MIT */
/*
 * What context is this? One per-CPU word counts: bits 0-7 preempt_disable() depth (each spinlock
 * held counts), 16-19 hard interrupts, 20-23 NMI. Sleeping is allowed only at 0.
 * Linux's twin: include/linux/preempt.h.
 */
#ifndef VITRIX_PREEMPT_H
#define VITRIX_PREEMPT_H

#include <vitrix/percpu.h>
#include <vitrix/bug.h>

#define HARDIRQ_OFFSET	(1 << 16)
#define NMI_OFFSET	(1 << 20)
#define HARDIRQ_MASK	(0xf << 16)
#define NMI_MASK	(0xf << 20)

DECLARE_PER_CPU(int, __preempt_count);

static __always_inline int preempt_count(void) { return this_cpu_read(__preempt_count); }
static __always_inline void preempt_disable(void) { this_cpu_inc(__preempt_count); barrier(); }
static __always_inline void preempt_enable(void) { barrier(); this_cpu_dec(__preempt_count); }
#define in_interrupt()	(preempt_count() & (HARDIRQ_MASK | NMI_MASK))
#define in_nmi()	(preempt_count() & NMI_MASK)
#define in_atomic()	(preempt_count() != 0)
/* Stands at the head of every function that may sleep. */
#define might_sleep()	DEBUG_ASSERT(!in_atomic())

#endif
