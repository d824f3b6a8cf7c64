/* SPDX-License-Identifier: MIT */
/*
 * memcpy(dst, src, n). Linux's twin: arch/x86/lib/memcpy_64.S.
 *
 * The measure is instructions, and a rep iteration counts as one:
 *	n <= 32	two or four loads, then as many stores; the two halves overlap as needed
 *	n > 32	rep movsq for all whole words but the last, then one word that ends at the end
 *
 *	n = 43:  |-- 5 words by rep movsq --------------|
 *		                            |-- last word --|
 *
 * rep movsb is never used: it counts eight times as much, and is slow where ERMS is missing.
 * Everything is loaded before the last word is stored, so overlap with dst < src is harmless
 * (memmove relies on it). Registers: rax returns dst; rcx, rdx, rsi, rdi, r8 to r11 are lost.
 */
	.text

	.globl	memcpy
	.type	memcpy, @function
	.balign	16
memcpy:
	movq	%rdi, %rax
	cmpq	$32, %rdx
	jbe	__memcpy_small

	movq	-8(%rsi,%rdx), %r8
	leaq	-8(%rdi,%rdx), %r9
	leaq	-1(%rdx), %rcx
	shrq	$3, %rcx
	rep movsq
	movq	%r8, (%r9)
	ret
	.size	memcpy, .-memcpy

/* Up to 32 bytes, also when they overlap in any way: all loads come before all stores. */
	.globl	__memcpy_small
	.type	__memcpy_small, @function
__memcpy_small:
	cmpl	$16, %edx
	jae	1f
	cmpl	$8, %edx
	jae	2f
	cmpl	$4, %edx
	jae	3f
	testl	%edx, %edx
	je	4f
	/* 1 to 3: the first, the middle and the last byte */
	movzbl	(%rsi), %ecx
	movzbl	-1(%rsi,%rdx), %r8d
	movl	%edx, %r10d
	shrl	$1, %r10d
	movzbl	(%rsi,%r10), %r9d
	movb	%cl, (%rdi)
	movb	%r9b, (%rdi,%r10)
	movb	%r8b, -1(%rdi,%rdx)
	ret
1:	/* 16 to 32 */
	movq	(%rsi), %rcx
	movq	8(%rsi), %r8
	movq	-16(%rsi,%rdx), %r9
	movq	-8(%rsi,%rdx), %r10
	movq	%rcx, (%rdi)
	movq	%r8, 8(%rdi)
	movq	%r9, -16(%rdi,%rdx)
	movq	%r10, -8(%rdi,%rdx)
	ret
2:	/* 8 to 15 */
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	ret
3:	/* 4 to 7 */
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
4:	ret
	.size	__memcpy_small, .-__memcpy_small

	.section .note.GNU-stack, "", @progbits
