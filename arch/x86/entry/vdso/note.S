/* SPDX-License-Identifier: MIT */
/*
 * ELF note "Linux" in the vDSO: the version whose calls this kernel has, as in uname(2)'s release.
 * C libraries that refuse old kernels look here first. Linux's twin:
 * arch/x86/entry/vdso/vdso-note.S.
 */
	.section .note.Linux, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, 0
1:	.asciz "Linux"
2:	.balign 4
3:	.long 6 << 16 | 1 << 8
4:	.balign 4

	.section .note.GNU-stack, "", @progbits
