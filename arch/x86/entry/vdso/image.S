/* SPDX-License-Identifier: MIT */
/*
 * The vDSO as a file within the kernel. vma.c copies it to a page of its own at boot; this one is
 * freed with the rest of .init.data.
 */
	.section .init.data, "aw"
	.balign 8
	.globl vdso_image, vdso_image_end
vdso_image:
	.incbin "generated/vdso.so"
vdso_image_end:

	.section .note.GNU-stack, "", @progbits
