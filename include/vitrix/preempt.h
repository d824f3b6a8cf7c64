/* SPDX-License-Identifier: MIT */
/*
 * What context is this? One per-CPU word counts: bits 0-7 preempt_disable() depth (each spinlock
 * held counts), 16-19 hard interrupts, 20-23 NMI. Sleeping is allowed only at 0.
 *
 *	31                     23..20  19..16           7..0
 *	| nobody waits for the CPU | NMI | interrupt | ... | depth |       all 0: give way now
 *
 * Bit 31 is TIF_NEED_RESCHED of the running task, upside down: so with preempt=full one decrement
 * tells both whether the last reason to stay is gone and whether somebody waits. With preempt=none
 * the kernel does not preempt itself, and preempt_enable() is that decrement alone, in as many
 * bytes as preempt=full needs (arch/x86/kernel/alternative.c:patch_preempt()):
 *
 *	none  gs decl, seven idle prefixes    one instruction
 *	full  gs decl; jnz 1f; call preempt_schedule_thunk; 1:
 *
 * The word belongs to the CPU and not to the task: at a switch it is 1 on both sides, so nothing
 * has to be saved (kernel/sched/core.c). Linux's twin: include/linux/preempt.h,
 * arch/x86/include/asm/preempt.h.
 */
#ifndef VITRIX_PREEMPT_H
#define VITRIX_PREEMPT_H

#include <vitrix/percpu.h>
#include <vitrix/bug.h>
#include <vitrix/lockcheck.h>
#include <vitrix/schedfuzz.h>

#define HARDIRQ_OFFSET	(1 << 16)
#define NMI_OFFSET	(1 << 20)
#define HARDIRQ_MASK	(0xf << 16)
#define NMI_MASK	(0xf << 20)
#define PREEMPT_NO_RESCHED	0x80000000U	/* bit 31 */

DECLARE_PER_CPU(unsigned int, __preempt_count);

static __always_inline int preempt_count(void)
{
	return this_cpu_read(__preempt_count) & ~PREEMPT_NO_RESCHED;
}

static __always_inline void preempt_disable(void) { this_cpu_inc(__preempt_count); barrier(); }

/* For who looks at need_resched() himself, soon. */
static __always_inline void preempt_enable_no_resched(void)
{
	barrier();
	this_cpu_dec(__preempt_count);
}

#if __STDC_HOSTED__			/* unit tests: nothing is patched */
static __always_inline void preempt_enable(void) { preempt_enable_no_resched(); }
#else
static __always_inline void preempt_enable(void)
{
	__asm__ volatile("1: .byte 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e\n"
		"	decl %%gs:__preempt_count(%%rip)\n"
		" .pushsection .preempt_patch, \"a\"\n"
		" .long 1b - .\n"
		" .popsection" : "+m"(__preempt_count) : : "memory", "cc");
	schedfuzz_point();
}
#endif

/* The running task's TIF_NEED_RESCHED was set, or cleared: bit 31 follows. */
static __always_inline void set_preempt_need_resched(void)
{
	__asm__ volatile("andl %1,%%gs:%0" : "+m"(__preempt_count) : "i"(~PREEMPT_NO_RESCHED)
			 : "memory", "cc");
}
static __always_inline void clear_preempt_need_resched(void)
{
	__asm__ volatile("orl %1,%%gs:%0" : "+m"(__preempt_count) : "i"(PREEMPT_NO_RESCHED)
			 : "memory", "cc");
}

/* Nothing is held: of a task that a bug ends. */
static inline void preempt_count_forget(void)
{
	this_cpu_write(__preempt_count, PREEMPT_NO_RESCHED);
}

#define in_interrupt()	(preempt_count() & (HARDIRQ_MASK | NMI_MASK))
#define in_nmi()	(preempt_count() & NMI_MASK)
#define in_atomic()	(preempt_count() != 0)
/* might_sleep(), at the head of every function that may sleep, is in <vitrix/lockcheck.h>. */

#endif
