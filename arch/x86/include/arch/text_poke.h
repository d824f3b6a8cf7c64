/* SPDX-License-Identifier: MIT */
/* Changing instructions while the kernel runs: arch/x86/kernel/text_poke.c. */
#ifndef ARCH_TEXT_POKE_H
#define ARCH_TEXT_POKE_H

#include <vitrix/types.h>

#define TEXT_POKE_MAX	5		/* bytes of one instruction */

struct pt_regs;

/*
 * All between begin and end is one job, done for all CPUs when end returns; in between any of it
 * may be done. text_mutex is held. Task context; may sleep.
 * The instruction at addr becomes insn, of the same length; resume is where a CPU goes on that has
 * "executed" the new one. The caller knows the old one. One instruction once a job.
 */
void text_poke_begin(void);
void text_poke_queue(void *addr, const void *insn, unsigned int len, const void *resume);
void text_poke_end(void);

/* do_int3 asks: was it ours? Then regs go on behind it. Any context. */
bool poke_int3_handler(struct pt_regs *regs);

#ifdef CONFIG_DEBUG
extern void (*text_poke_step)(void);	/* a test is called after each step of a job */
extern unsigned long text_poke_hits;	/* int3s that were ours */
#endif

#endif
