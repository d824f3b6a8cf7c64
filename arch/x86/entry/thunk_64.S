/* SPDX-License-Identifier: MIT */
/*
 * From a preempt_enable() that found somebody waiting to C. The call stands in the middle of any
 * function (arch/x86/kernel/alternative.c writes it there), whose compiler knows of a changed
 * counter and of no call: all registers survive. The frame is for who walks the stack of a
 * preempted task.
 * Linux's twin: arch/x86/entry/thunk_64.S.
 */
	.cfi_sections .debug_frame
	.section .sched.text, "ax"

	.globl	preempt_schedule_thunk
	.type	preempt_schedule_thunk, @function
	.balign 16
preempt_schedule_thunk:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	call	preempt_schedule
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	preempt_schedule_thunk, . - preempt_schedule_thunk

	.section .note.GNU-stack, "", @progbits
