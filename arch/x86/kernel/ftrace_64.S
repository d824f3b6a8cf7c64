/* SPDX-License-Identifier: MIT */
/*
 * Between a watched function and the tracer: docs/tracing-functions.md has the picture. Linux's
 * twin: arch/x86/kernel/ftrace_64.S.
 *
 *	caller:      call f
 *	f - 5:       call ftrace_caller        behind this call lies f itself
 *	f:           jmp f - 5                 two bytes, while f is watched
 *	f + 2:       the function
 *
 * Neither the caller nor f knows of the detour, and gcc may have relied on registers that f leaves
 * alone. So all of them come back as they were, also those that a call may destroy.
 * Any context, with the kernel's gs, page tables and stack.
 */
#define SAVED	(9 * 8)

.macro SAVE_CALL_REGS
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	.cfi_adjust_cfa_offset SAVED
.endm

.macro RESTORE_CALL_REGS
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	.cfi_adjust_cfa_offset -SAVED
.endm

	.section .text.notrace, "ax"
	.cfi_sections .debug_frame
/*
 * Two frames are made, as if the caller had called f and f had called us, so that a backtrace from
 * the tracer has both:
 *
 *	| return to caller     |  <- the slot: the graph tracer may put return_to_handler here
 *	| f, becomes f + 2     |
 *	| return to caller     |
 *	| caller's rbp         |  <-----+
 *	| f + 2                |        |
 *	| rbp of that frame ------------+  <- rbp
 */
	.globl	ftrace_caller
	.type	ftrace_caller, @function
	.balign 16
ftrace_caller:
	.cfi_startproc
	.cfi_def_cfa %rsp, 16			/* to gdb it is f that the caller called */
	addq	$2, (%rsp)
	pushq	8(%rsp)
	pushq	%rbp
	.cfi_adjust_cfa_offset 16
	movq	%rsp, %rbp
	pushq	16(%rsp)
	pushq	%rbp
	.cfi_adjust_cfa_offset 16
	movq	%rsp, %rbp
	SAVE_CALL_REGS
	movq	8(%rbp), %rdi
	subq	$2, %rdi			/* f */
	leaq	40(%rbp), %rsi			/* the slot */
	call	ftrace_entry
	RESTORE_CALL_REGS
	movq	16(%rsp), %rbp
	addq	$32, %rsp
	.cfi_adjust_cfa_offset -32
	ret
	.cfi_endproc
	.size	ftrace_caller, . - ftrace_caller

/*
 * Where a function returns to whose return address the graph tracer has put away. The slot lies
 * just below the stack pointer; it becomes ours again, and gets the true address back.
 */
	.globl	return_to_handler
	.type	return_to_handler, @function
	.balign 16
return_to_handler:
	.cfi_startproc
	.cfi_def_cfa %rsp, 0
	.cfi_undefined %rip			/* only the return stack knows */
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	SAVE_CALL_REGS
	movq	%rax, %rdi
	leaq	SAVED(%rsp), %rsi
	call	ftrace_return
	movq	%rax, SAVED(%rsp)
	RESTORE_CALL_REGS
	.cfi_offset %rip, -8
	ret
	.cfi_endproc
	.size	return_to_handler, . - return_to_handler

	.section .note.GNU-stack, "", @progbits
