/* SPDX-License-Identifier: MIT */
/* Crossings between user mode and kernel as events: arch/x86/entry/crossing.c. C and assembler. */
#ifndef ARCH_CROSSING_H
#define ARCH_CROSSING_H

/* user_enter.how */
#define CROSSING_SYSCALL	1
#define CROSSING_INT80		2
#define CROSSING_SYSENTER	3
#define CROSSING_EXCEPTION	4
#define CROSSING_INTERRUPT	5
#define CROSSING_NMI		6
/* user_exit.how; the last is for the caller only: a system call that IRET ends */
#define CROSSING_SYSRET		1
#define CROSSING_IRET		2
#define CROSSING_IRET_SYSCALL	4
/* user_exit.why */
#define EXIT_RCX_IS_NOT_RIP	1
#define EXIT_RIP_NOT_CANONICAL	2
#define EXIT_R11_IS_NOT_RFLAGS	3
#define EXIT_SEGMENTS		4
#define EXIT_RF_OR_TF		5
#define EXIT_NO_SYSCALL		6

#ifndef __ASSEMBLER__
struct pt_regs;
/* Interrupts off; regs at the top of the task's stack. Only if it is user mode that was left. */
void trace_user_enter(struct pt_regs *regs, unsigned int how, unsigned int vector);
void trace_user_enter_vector(struct pt_regs *regs, unsigned int vector);
void trace_user_exit(struct pt_regs *regs, unsigned int how);
#endif

#endif
