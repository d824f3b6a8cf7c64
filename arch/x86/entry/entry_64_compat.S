/* SPDX-License-Identifier: MIT */
/*
 * The door of 32-bit programs, int $0x80; 64-bit programs may use it, too. Linux's twin:
 * arch/x86/entry/entry_64_compat.S.
 *
 *   eax  number in the i386 table       ebx ecx edx esi edi ebp  arguments       eax  result
 *
 * int, unlike syscall, is an interrupt: the CPU itself takes a stack (rsp0 of the TSS) and pushes
 * five words, and iretq pops them. rcx and r11 are not touched. The gate in the IDT has DPL 3, or
 * the CPU would answer with #GP (arch/x86/kernel/idt.c); it clears IF. All registers come back as
 * they were, but rax.
 *
 * The invariants are those of entry_64.S. Left out: SYSENTER, and SYSCALL from 32-bit code.
 */
#include "calling.h"

#define ENOSYS		38

	.cfi_sections .debug_frame
	.section .entry.text, "ax"

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
	ASM_CLAC
	cld
	swapgs
	movl	%eax, %eax			/* the number: no upper half */
	pushq	%rax				/* pt_regs->orig_ax */
	PUSH_REGS
	movq	$-ENOSYS, PT_RAX(%rsp)
	.cfi_def_cfa %rsp, PT_SIZE
	PTI_ONLY_BEGIN .Lon_task_stack
	movq	%cr3, %rax
	andq	$~PTI_USER_PGTABLE_MASK, %rax
	movq	%rax, %cr3
	movq	%rsp, %rsi
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %rdi
	subq	$PT_SIZE, %rdi
	movq	%rdi, %rsp
	movl	$(PT_SIZE / 8), %ecx
	rep movsq
.Lon_task_stack:
	/* Nobody asks for these: the kernel shall not compute with what the user left there. */
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	movq	%rsp, %rdi
	call	do_int80_syscall_32		/* returns with interrupts off */
	jmp	restore_regs_and_return_to_usermode
	.cfi_endproc
	.size	entry_INT80_compat, . - entry_INT80_compat

	.section .note.GNU-stack, "", @progbits
