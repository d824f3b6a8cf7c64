/* SPDX-License-Identifier: MIT */
/*
 * How a 32-bit program enters the kernel by the fastest door that this CPU has: its libc calls the
 * address that the auxiliary vector has as AT_SYSINFO. Linux's twin:
 * arch/x86/entry/vdso/vdso32/system_call.S.
 *
 *	eax number    ebx ecx edx esi edi ebp  arguments    eax result
 *
 * SYSENTER loses esp and eip, SYSCALL loses ecx: so ecx, edx and ebp are kept on the stack, and ebp
 * tells the kernel where that is, or what ecx was. In memory lies what ebp was: the sixth argument.
 * At boot vma.c puts `movl %esp, %ebp; sysenter` or `movl %ecx, %ebp; syscall` in place of the four
 * nops. int $0x80 stays behind them: it serves where there is neither, and it is where a call that
 * a signal has interrupted begins anew, with all registers as they were: the kernel always returns
 * to int80_landing_pad.
 */
	.text
	.globl	__kernel_vsyscall
	.type	__kernel_vsyscall, @function
	.balign 16
__kernel_vsyscall:
	.cfi_startproc
	pushl	%ecx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ecx, 0
	pushl	%edx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %edx, 0
	pushl	%ebp
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ebp, 0
	.globl	vsyscall_fast_door
vsyscall_fast_door:
	nop
	nop
	nop
	nop
	int	$0x80
	.globl	int80_landing_pad
int80_landing_pad:
	popl	%ebp
	.cfi_adjust_cfa_offset -4
	.cfi_restore %ebp
	popl	%edx
	.cfi_adjust_cfa_offset -4
	.cfi_restore %edx
	popl	%ecx
	.cfi_adjust_cfa_offset -4
	.cfi_restore %ecx
	ret
	.cfi_endproc
	.size	__kernel_vsyscall, . - __kernel_vsyscall

	.section .note.GNU-stack, "", @progbits
