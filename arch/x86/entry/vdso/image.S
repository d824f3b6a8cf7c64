/* SPDX-License-Identifier: MIT */
/*
 * The vDSOs of both widths as files within the kernel. vma.c copies each to a page of its own at
 * boot; these are freed with the rest of .init.data.
 */
	.section .init.data, "aw"
	.balign 8
	.globl vdso_image, vdso_image_end, vdso32_image, vdso32_image_end
vdso_image:
	.incbin "generated/vdso.so"
vdso_image_end:
vdso32_image:
	.incbin "generated/vdso32.so"
vdso32_image_end:

	.section .note.GNU-stack, "", @progbits
