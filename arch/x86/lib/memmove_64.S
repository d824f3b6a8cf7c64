/* SPDX-License-Identifier: MIT */
/*
 * memmove(dst, src, n). Linux's twin: arch/x86/lib/memmove_64.S.
 *
 * memcpy is right unless dst lies inside of [src, src + n): then the end goes first. That rare
 * case is a plain loop, not `std; rep movsq`: with the direction flag set, an interrupt would
 * enter C code that expects it clear.
 */
	.text

	.globl	memmove
	.type	memmove, @function
	.balign	16
memmove:
	movq	%rdi, %rax
	cmpq	$32, %rdx
	jbe	__memcpy_small
	subq	%rsi, %rax		/* unsigned: also huge when dst < src */
	cmpq	%rdx, %rax
	jae	memcpy
	movq	%rdi, %rax

	/* The first 32 bytes are kept in registers and stored last: the loop runs over them. */
	movq	(%rsi), %r8
	movq	8(%rsi), %r9
	movq	16(%rsi), %r10
	movq	24(%rsi), %r11
1:	movq	-8(%rsi,%rdx), %rcx
	movq	%rcx, -8(%rdi,%rdx)
	movq	-16(%rsi,%rdx), %rcx
	movq	%rcx, -16(%rdi,%rdx)
	movq	-24(%rsi,%rdx), %rcx
	movq	%rcx, -24(%rdi,%rdx)
	movq	-32(%rsi,%rdx), %rcx
	movq	%rcx, -32(%rdi,%rdx)
	subq	$32, %rdx
	cmpq	$32, %rdx
	ja	1b
	movq	%r8, (%rdi)
	movq	%r9, 8(%rdi)
	movq	%r10, 16(%rdi)
	movq	%r11, 24(%rdi)
	ret
	.size	memmove, .-memmove

	.section .note.GNU-stack, "", @progbits
