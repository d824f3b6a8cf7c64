/* SPDX-License-Identifier: MIT */
/* Between dumpstack.c, oops.c and apic/hw_nmi.c: pieces of a report. */
#ifndef X86_KERNEL_DUMPSTACK_H
#define X86_KERNEL_DUMPSTACK_H

#include <arch/ptrace.h>

/* What a walk along a stack comes upon. The value: an address, or the struct pt_regs. */
enum stack_entry {
	STACK_RETURN,		/* a call returns to it */
	STACK_INTERRUPTED,	/* an interrupt or exception came before it */
	STACK_USER,		/* the end: user mode's registers */
	STACK_BROKEN,		/* the end: not in a stack */
};
typedef void (*stack_entry_fn)(void *arg, enum stack_entry kind, unsigned long value);

/* Who called what was interrupted on this CPU in kernel mode; any context, prints nothing. */
void walk_interrupted(const struct pt_regs *regs, stack_entry_fn tell, void *arg);

void print_stack_entry(enum stack_entry kind, unsigned long value);
void print_user_frame(const struct pt_regs *regs);
void print_task_line(void);
void show_registers(const struct pt_regs *regs);
void show_control_registers(void);

#endif
