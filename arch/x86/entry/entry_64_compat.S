/* SPDX-License-Identifier: MIT */
/*
 * The doors of 32-bit programs: int $0x80, which 64-bit programs may use, too, SYSENTER and SYSCALL
 * from 32-bit code. Linux's twin: arch/x86/entry/entry_64_compat.S.
 *
 *   int $0x80 -------> entry_INT80_compat ------> do_int80_syscall_32 --> iretq
 *   sysenter --------> entry_SYSENTER_compat ---> do_SYSENTER_32 -----+-> sysretl, or iretq
 *   syscall ---------> entry_SYSCALL_compat ----> do_SYSCALL_32 ------+
 *
 *   eax  number in the i386 table       ebx ecx edx esi edi ebp  arguments       eax  result
 *
 * int, unlike syscall, is an interrupt: the CPU itself takes a stack (rsp0 of the TSS) and pushes
 * five words, and iretq pops them. rcx and r11 are not touched. The gate in the IDT has DPL 3, or
 * the CPU would answer with #GP (arch/x86/kernel/idt.c); it clears IF. All registers come back as
 * they were, but rax.
 *
 * The two fast doors are for __kernel_vsyscall (vdso/vdso32/system_call.S): they come back there,
 * whoever went in.
 *
 * The invariants are those of entry_64.S.
 */
#include "calling.h"

#define ENOSYS		38

	.cfi_sections .debug_frame
	.section .entry.text, "ax"

/* Of 32-bit code: what the user left there is nothing. */
.macro CLEAR_R8_TO_R15
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
.endm

/*
 *   rsp0 and below                       with PTI, rsp0 is the entry stack: what was pushed there
 *   | ss sp flags cs ip | the CPU        is copied to the task's stack. Without, it is the top
 *   | orig_ax ... r15   | pushes         of the task's stack, and pt_regs is where it shall be.
 */
	.globl	entry_INT80_compat
	.type	entry_INT80_compat, @function
	.balign 64
entry_INT80_compat:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 40
	.cfi_undefined %rip			/* a backtrace ends here: user mode called */
	cld
	ASM_CLAC
	swapgs
	movl	%eax, %eax			/* the number: no upper half */
	pushq	%rax				/* pt_regs->orig_ax */
	PUSH_REGS
	movq	$-ENOSYS, PT_RAX(%rsp)
	.cfi_def_cfa %rsp, PT_SIZE
	ENTER_TASK_STACK
	POISON_STACK
	movq	%rsp, %rdi
	call	do_int80_syscall_32		/* returns with interrupts off */
	jmp	restore_regs_and_return_to_usermode
	.cfi_endproc
	.size	entry_INT80_compat, . - entry_INT80_compat

/*
 * SYSENTER: the CPU loads cs, ss, rip and rsp from MSRs, clears IF, VM and RF, and keeps nothing:
 * neither where it came from nor the stack. ebp is the user's esp. All flags but these are the
 * user's: with TF set each instruction from the first on is a #DB, until the flags are made ours;
 * do_debug() knows the stretch by its two labels and goes on.
 */
	.globl	entry_SYSENTER_compat, __begin_SYSENTER_singlestep_region
	.globl	__end_SYSENTER_singlestep_region, entry_SYSENTER_compat_after_swapgs
	.type	entry_SYSENTER_compat, @function
	.balign 64
entry_SYSENTER_compat:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 0
	.cfi_undefined %rip
__begin_SYSENTER_singlestep_region:
	swapgs
entry_SYSENTER_compat_after_swapgs:
	SWITCH_TO_KERNEL_CR3 %rsp
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %rsp

	pushq	$__USER_DS			/* pt_regs->ss */
	pushq	$0				/* pt_regs->sp: do_SYSENTER_32 puts bp there */
	pushfq					/* pt_regs->flags, but for IF */
	pushq	$__USER32_CS			/* pt_regs->cs */
	pushq	$0				/* pt_regs->ip: the landing pad's address */
	movl	%eax, %eax			/* the number: no upper half */
	pushq	%rax				/* pt_regs->orig_ax */
	PUSH_REGS
	movq	$-ENOSYS, PT_RAX(%rsp)
	.cfi_def_cfa %rsp, PT_SIZE
	/* What SYSCALL's mask does for the other door: NT, AC, TF, DF are off in the kernel. */
	cld
	testl	$(X86_EFLAGS_NT | X86_EFLAGS_AC | X86_EFLAGS_TF), PT_EFLAGS(%rsp)
	jnz	.Lsysenter_fix_flags
.Lsysenter_flags_fixed:
	ALTERNATIVE "jmp .Lsysenter_call", "", ALT_MITIGATIONS
	CLEAR_ALL_REGS
.Lsysenter_call:
	POISON_STACK
	movq	%rsp, %rdi
	call	do_SYSENTER_32			/* al: SYSRETL will do; interrupts off */
	jmp	.Lreturn_from_fast_syscall
.Lsysenter_fix_flags:
	pushq	$X86_EFLAGS_FIXED
	popfq
	jmp	.Lsysenter_flags_fixed
__end_SYSENTER_singlestep_region:
	.cfi_endproc
	.size	entry_SYSENTER_compat, . - entry_SYSENTER_compat

/*
 * SYSCALL from 32-bit code: as in 64-bit code, eip comes in rcx and the flags in r11, which the
 * user does not have; so ecx, the second argument, came in ebp.
 */
	.globl	entry_SYSCALL_compat, sysret32_from_system_call
	.type	entry_SYSCALL_compat, @function
	.balign 64
entry_SYSCALL_compat:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 0
	.cfi_undefined %rip
	swapgs
	movl	%esp, %r8d			/* r8 to r15 are nobody's in 32-bit code */
	SWITCH_TO_KERNEL_CR3 %rsp
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %rsp

	pushq	$__USER_DS			/* pt_regs->ss */
	pushq	%r8				/* pt_regs->sp */
	pushq	%r11				/* pt_regs->flags */
	pushq	$__USER32_CS			/* pt_regs->cs */
	pushq	%rcx				/* pt_regs->ip */
	movl	%eax, %eax
	pushq	%rax				/* pt_regs->orig_ax */
	movl	%ebp, %ecx			/* pt_regs->cx */
	CLEAR_R8_TO_R15
	PUSH_REGS
	movq	$-ENOSYS, PT_RAX(%rsp)
	.cfi_def_cfa %rsp, PT_SIZE
	ALTERNATIVE "jmp .Lsyscall32_call", "", ALT_MITIGATIONS
	CLEAR_ALL_REGS
.Lsyscall32_call:
	POISON_STACK
	movq	%rsp, %rdi
	call	do_SYSCALL_32
.Lreturn_from_fast_syscall:
	testb	%al, %al
	jz	restore_regs_and_return_to_usermode

/*
 * SYSRETL gives the user eip from rcx, the flags from r11 and fixed segments. ecx and edx come from
 * the stack, behind the landing pad. What it does not give back is cleared: r8 to r15 of a 64-bit
 * segment's code would show the kernel's.
 */
sysret32_from_system_call:
	STATIC_JUMP trace_key_user_exit, .Ltrace_sysret32
.Ltraced_sysret32:
	movq	PT_RBX(%rsp), %rbx
	movq	PT_RBP(%rsp), %rbp
	movq	PT_EFLAGS(%rsp), %r11
	movq	PT_RIP(%rsp), %rcx
	movq	PT_RAX(%rsp), %rax
	movq	PT_RDX(%rsp), %rdx
	movq	PT_RSI(%rsp), %rsi
	movq	PT_RDI(%rsp), %rdi
	movl	PT_RSP(%rsp), %esp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	PTI_ONLY_BEGIN .Lsysret32_one_pgd
	LOAD_USER_CR3 %r9
	xorl	%r9d, %r9d
.Lsysret32_one_pgd:
	swapgs
	sysretl
.Ltrace_sysret32:
	movq	%rsp, %rdi
	movl	$CROSSING_SYSRET, %esi
	call	trace_user_exit
	jmp	.Ltraced_sysret32
	.cfi_endproc
	.size	entry_SYSCALL_compat, . - entry_SYSCALL_compat

	.section .note.GNU-stack, "", @progbits
