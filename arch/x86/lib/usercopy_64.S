/* SPDX-License-Identifier: MIT */
/*
 * Copies between the kernel and the user, and clearing of user memory.
 *
 *	size_t copy_to_user(void *to, const void *from, size_t n)
 *	size_t copy_from_user(void *to, const void *from, size_t n)
 *	size_t clear_user(void *to, size_t n)
 *
 * All return the bytes NOT done, exactly: 0 is success. The range must lie below TASK_SIZE.
 *
 * The measure is instructions; each round of a rep counts as one:
 *	n <= 64		pairs of moves from both ends, which overlap in the middle
 *	n > 64		rep movsq for whole words, then one word that ends at the end
 *
 * A fault that is not served lands at a fixup below, which goes on byte by byte from where all is
 * known to be done (for the small sizes: from the start), until the byte that cannot be had. Short
 * as the way may be to a page's end, the program sees each byte that it could get.
 *
 * copy_from_user() clears what it could not copy: no old kernel memory stays in the buffer. That
 * the destination is the kernel's shows in the sign of its address.
 *
 * Registers as in a call: rax, rcx, rdx, rsi, rdi, r8 to r11 are lost. Linux's twins:
 * arch/x86/lib/copy_user_64.S, usercopy_64.c. May sleep in a fault, unless faults are disabled.
 */
#include <arch/page.h>
#include <arch/uaccess.h>

#define TASK_SIZE_IMM	0x00007ffffffff000

	.text

	.globl	copy_to_user
	.type	copy_to_user, @function
	.balign	16
copy_to_user:
	movabsq	$TASK_SIZE_IMM, %rax
	subq	%rdx, %rax
	jb	.Lbad_range
	cmpq	%rax, %rdi
	jbe	copy_user
.Lbad_range:
	movq	%rdx, %rax
	ret
	.size	copy_to_user, .-copy_to_user

	.globl	copy_from_user
	.type	copy_from_user, @function
	.balign	16
copy_from_user:
	movabsq	$TASK_SIZE_IMM, %rax
	subq	%rdx, %rax
	jb	.Lclear_rest
	cmpq	%rax, %rsi
	ja	.Lclear_rest
	/* falls through */
	.size	copy_from_user, .-copy_from_user

	.type	copy_user, @function
copy_user:
	ASM_STAC_LOAD
	cmpq	$16, %rdx
	ja	.Lover16
	cmpl	$8, %edx
	jae	.Lfrom8
	cmpl	$4, %edx
	jae	.Lfrom4
	cmpl	$1, %edx
	jb	.Ldone
	ja	.Lfrom2
10:	movb	(%rsi), %al
11:	movb	%al, (%rdi)
.Ldone:
	xorl	%eax, %eax
	ASM_CLAC
	ret
.Lfrom2:
12:	movw	(%rsi), %ax
13:	movw	-2(%rsi,%rdx), %cx
14:	movw	%ax, (%rdi)
15:	movw	%cx, -2(%rdi,%rdx)
	xorl	%eax, %eax
	ASM_CLAC
	ret
.Lfrom4:
16:	movl	(%rsi), %eax
17:	movl	-4(%rsi,%rdx), %ecx
18:	movl	%eax, (%rdi)
19:	movl	%ecx, -4(%rdi,%rdx)
	xorl	%eax, %eax
	ASM_CLAC
	ret
.Lfrom8:
20:	movq	(%rsi), %rax
21:	movq	-8(%rsi,%rdx), %rcx
22:	movq	%rax, (%rdi)
23:	movq	%rcx, -8(%rdi,%rdx)
	xorl	%eax, %eax
	ASM_CLAC
	ret

.Lover16:
	cmpq	$64, %rdx
	ja	.Lover64
	cmpl	$32, %edx
	jbe	.Lfrom17
	/* 33 to 64: the inner words first */
24:	movq	16(%rsi), %rax
25:	movq	24(%rsi), %rcx
26:	movq	-32(%rsi,%rdx), %r8
27:	movq	-24(%rsi,%rdx), %r9
28:	movq	%rax, 16(%rdi)
29:	movq	%rcx, 24(%rdi)
30:	movq	%r8, -32(%rdi,%rdx)
31:	movq	%r9, -24(%rdi,%rdx)
.Lfrom17:
32:	movq	(%rsi), %rax
33:	movq	8(%rsi), %rcx
34:	movq	-16(%rsi,%rdx), %r8
35:	movq	-8(%rsi,%rdx), %r9
36:	movq	%rax, (%rdi)
37:	movq	%rcx, 8(%rdi)
38:	movq	%r8, -16(%rdi,%rdx)
39:	movq	%r9, -8(%rdi,%rdx)
	xorl	%eax, %eax
	ASM_CLAC
	ret

.Lover64:
	leaq	-1(%rdx), %rcx
	movl	%ecx, %edx
	andl	$7, %edx
	incl	%edx			/* behind the whole words: 1 to 8 bytes */
	shrq	$3, %rcx
40:	rep movsq
41:	movq	-8(%rsi,%rdx), %rax
42:	movq	%rax, -8(%rdi,%rdx)
	xorl	%eax, %eax
	ASM_CLAC
	ret

/* rcx words and rdx bytes remain. */
.Lfault_words:
	leaq	(%rdx,%rcx,8), %rdx
/* rdx bytes remain, at least one of which faults. */
.Lfault_bytes:
50:	movb	(%rsi), %al
51:	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	.Lfault_bytes
.Lfault_end:
	ASM_CLAC
	testq	%rdi, %rdi
	jns	.Lbad_range
.Lclear_rest:
	movq	%rdx, %r8
	movq	%rdx, %rcx
	xorl	%eax, %eax
	rep stosb
	movq	%r8, %rax
	ret
	.size	copy_user, .-copy_user

	.irp	n, 10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	_ASM_EXTABLE(\n\()b, .Lfault_bytes)
	.endr
	.irp	n, 30,31,32,33,34,35,36,37,38,39,41,42
	_ASM_EXTABLE(\n\()b, .Lfault_bytes)
	.endr
	_ASM_EXTABLE(40b, .Lfault_words)
	_ASM_EXTABLE(50b, .Lfault_end)
	_ASM_EXTABLE(51b, .Lfault_end)

	.globl	clear_user
	.type	clear_user, @function
	.balign	16
clear_user:
	movabsq	$TASK_SIZE_IMM, %rax
	subq	%rsi, %rax
	jb	.Lclear_bad
	cmpq	%rax, %rdi
	ja	.Lclear_bad
	xorl	%eax, %eax
	movq	%rsi, %rcx
	ASM_STAC
	shrq	$3, %rcx
60:	rep stosq
	movl	%esi, %ecx
	andl	$7, %ecx
61:	rep stosb
	ASM_CLAC
	ret
/* rcx words and the odd bytes remain: byte by byte as far as it goes. */
.Lclear_words:
	andl	$7, %esi
	leaq	(%rsi,%rcx,8), %rcx
62:	rep stosb
.Lclear_end:
	ASM_CLAC
	movq	%rcx, %rax
	ret
.Lclear_bad:
	movq	%rsi, %rax
	ret
	.size	clear_user, .-clear_user
	_ASM_EXTABLE(60b, .Lclear_words)
	_ASM_EXTABLE(61b, .Lclear_end)
	_ASM_EXTABLE(62b, .Lclear_end)

	.section .note.GNU-stack, "", @progbits
