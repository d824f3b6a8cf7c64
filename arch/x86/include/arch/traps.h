/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts, between the entry code (arch/x86/entry/entry_64.S: the labels without
 * do_) and the C that serves them (arch/x86/kernel/traps.c, arch/x86/mm/fault.c, irq.c: do_*).
 * The vector numbers are the CPU's (SDM vol. 3, table 6-1).
 */
#ifndef ARCH_TRAPS_H
#define ARCH_TRAPS_H

#define X86_TRAP_DE	0
#define X86_TRAP_DB	1
#define X86_TRAP_NMI	2
#define X86_TRAP_BP	3
#define X86_TRAP_OF	4
#define X86_TRAP_BR	5
#define X86_TRAP_UD	6
#define X86_TRAP_NM	7
#define X86_TRAP_DF	8
#define X86_TRAP_OLD_MF	9
#define X86_TRAP_TS	10
#define X86_TRAP_NP	11
#define X86_TRAP_SS	12
#define X86_TRAP_GP	13
#define X86_TRAP_PF	14
#define X86_TRAP_SPURIOUS 15
#define X86_TRAP_MF	16
#define X86_TRAP_AC	17
#define X86_TRAP_MC	18
#define X86_TRAP_XF	19

#define FIRST_EXTERNAL_VECTOR	0x20
#define IA32_SYSCALL_VECTOR	0x80
#define LOCAL_TIMER_VECTOR	0xec
#define STOP_VECTOR		0xfb
#define CALL_FUNCTION_VECTOR	0xfc
#define RESCHEDULE_VECTOR	0xfd
#define ERROR_APIC_VECTOR	0xfe
#define SPURIOUS_APIC_VECTOR	0xff
#define IRQ_ENTRY_SIZE		8	/* bytes of each stub at irq_entries_start */

#define X86_PF_PROT	1UL	/* page was present: protection */
#define X86_PF_WRITE	2UL
#define X86_PF_USER	4UL
#define X86_PF_RSVD	8UL
#define X86_PF_INSTR	16UL

#ifndef __ASSEMBLER__
#include <arch/ptrace.h>
#include <vitrix/compiler.h>

/* Labels of entry_64.S that go into the IDT. Those marked IST run on a stack of their own. */
extern char divide_error[], debug[] /* IST */, nmi[] /* IST */, int3[], overflow[], bounds[],
	invalid_op[], device_not_available[], double_fault[] /* IST */,
	coprocessor_segment_overrun[], invalid_TSS[], segment_not_present[], stack_segment[],
	general_protection[], page_fault[], spurious_interrupt_bug[], coprocessor_error[],
	alignment_check[], machine_check[] /* IST */, simd_coprocessor_error[];
/* Vector v's stub: irq_entries_start + (v - FIRST_EXTERNAL_VECTOR) * IRQ_ENTRY_SIZE. */
extern char irq_entries_start[];
extern char irq_return_iret[];	/* the iretq: its faults are the user's (fixup_bad_iret) */
extern char entry_SYSCALL_64[];
/* entry_64_compat.S */
extern char entry_INT80_compat[], entry_SYSENTER_compat[], entry_SYSCALL_compat[];
extern char __begin_SYSENTER_singlestep_region[], __end_SYSENTER_singlestep_region[];

/* Served in C. Interrupts are off at entry (and must be again at return); the entry code handles
 * the exit work. From IST stacks in kernel mode nothing may sleep. */
void do_divide_error(struct pt_regs *regs, long error_code);
void do_debug(struct pt_regs *regs, long error_code);
void do_nmi(struct pt_regs *regs, long error_code);
void do_int3(struct pt_regs *regs, long error_code);
void do_overflow(struct pt_regs *regs, long error_code);
void do_bounds(struct pt_regs *regs, long error_code);
void do_invalid_op(struct pt_regs *regs, long error_code);
void do_device_not_available(struct pt_regs *regs, long error_code);
void do_double_fault(struct pt_regs *regs, long error_code);
void do_coprocessor_segment_overrun(struct pt_regs *regs, long error_code);
void do_invalid_TSS(struct pt_regs *regs, long error_code);
void do_segment_not_present(struct pt_regs *regs, long error_code);
void do_stack_segment(struct pt_regs *regs, long error_code);
void do_general_protection(struct pt_regs *regs, long error_code);
void do_spurious_interrupt_bug(struct pt_regs *regs, long error_code);
void do_coprocessor_error(struct pt_regs *regs, long error_code);
void do_alignment_check(struct pt_regs *regs, long error_code);
void do_machine_check(struct pt_regs *regs, long error_code);
void do_simd_coprocessor_error(struct pt_regs *regs, long error_code);
void do_IRQ(struct pt_regs *regs, unsigned int vector);
/* LOCAL_TIMER_VECTOR: eoi, irq_enter, timer_interrupt */
void smp_apic_timer_interrupt(struct pt_regs *regs);

/* An oops: prints registers, backtrace, task, instruction bytes; kills the task, or panics if that
 * cannot be (interrupt, init, panic_on_oops). Returns only if the caller may go on: never. */
void die(const char *what, struct pt_regs *regs, long error_code) __noreturn __cold;
/* si_code for #MF / #XM out of the FPU's state (arch/x86/kernel/fpu.c); 0: spurious. */
int fpu__exception_code(int trapnr);
#endif

#endif
