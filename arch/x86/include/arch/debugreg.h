/* SPDX-License-Identifier: MIT */
/* The debug registers of a task that is traced: arch/x86/kernel/debugreg.c. */
#ifndef ARCH_DEBUGREG_H
#define ARCH_DEBUGREG_H

#include <arch/processor.h>

#define DR6_RESERVED	0xffff0ff0UL	/* what reads as 1 when nothing happened */
#define DR_STEP		(1UL << 14)
#define DR_TRAP_BITS	0xfUL
#define DR7_FIXED	0x400UL

struct task_struct;
/* PTRACE_PEEKUSER and POKEUSER of u_debugreg[n]: child is stopped, or current. */
unsigned long ptrace_get_debugreg(struct task_struct *child, int n);
long ptrace_set_debugreg(struct task_struct *child, int n, unsigned long value);	/* -errno */
/* Loads next's into the CPU, or switches them off. Interrupts off. */
void switch_debugregs(const struct thread_struct *next);
/* Steps of next end at jumps only, or at each instruction: step.c. Interrupts off. */
void switch_block_step(const struct thread_struct *next);
/* exec, or a new task: none. */
void flush_debugregs(struct task_struct *task);
/* Is n, whose bit DR6 had, a breakpoint on an instruction? The thread's own DR7. */
bool debugreg_is_execute(const struct thread_struct *thread, int n);

#endif
