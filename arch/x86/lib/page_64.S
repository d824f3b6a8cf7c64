/* SPDX-License-Identifier: MIT */
/*
 * clear_page(page), copy_page(dst, src). Linux's twins: arch/x86/lib/clear_page_64.S,
 * copy_page_64.S. 512 words by one rep instruction: nothing without SSE takes fewer.
 */
	.text

	.globl	clear_page
	.type	clear_page, @function
	.balign	16
clear_page:
	xorl	%eax, %eax
	movl	$512, %ecx
	rep stosq
	ret
	.size	clear_page, .-clear_page

	.globl	copy_page
	.type	copy_page, @function
	.balign	16
copy_page:
	movl	$512, %ecx
	rep movsq
	ret
	.size	copy_page, .-copy_page

	.section .note.GNU-stack, "", @progbits
