/* SPDX-License-Identifier: MIT */
/*
 * memset(dst, c, n). Linux's twin: arch/x86/lib/memset_64.S. The plan is memcpy's: up to 32 bytes
 * by overlapping stores, above by rep stosq and one word that ends at the end.
 */
	.text

	.globl	memset
	.type	memset, @function
	.balign	16
memset:
	movq	%rdi, %r8
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax
	cmpq	$32, %rdx
	jbe	1f

	movq	%rax, -8(%rdi,%rdx)
	leaq	-1(%rdx), %rcx
	shrq	$3, %rcx
	rep stosq
	movq	%r8, %rax
	ret

1:	cmpl	$16, %edx
	jae	2f
	cmpl	$8, %edx
	jae	3f
	cmpl	$4, %edx
	jae	4f
	testl	%edx, %edx
	je	5f
	/* 1 to 3: the first, the middle and the last byte */
	movb	%al, (%rdi)
	movb	%al, -1(%rdi,%rdx)
	shrl	$1, %edx
	movb	%al, (%rdi,%rdx)
5:	movq	%r8, %rax
	ret
2:	movq	%rax, (%rdi)
	movq	%rax, 8(%rdi)
	movq	%rax, -16(%rdi,%rdx)
	movq	%rax, -8(%rdi,%rdx)
	movq	%r8, %rax
	ret
3:	movq	%rax, (%rdi)
	movq	%rax, -8(%rdi,%rdx)
	movq	%r8, %rax
	ret
4:	movl	%eax, (%rdi)
	movl	%eax, -4(%rdi,%rdx)
	movq	%r8, %rax
	ret
	.size	memset, .-memset

	.section .note.GNU-stack, "", @progbits
