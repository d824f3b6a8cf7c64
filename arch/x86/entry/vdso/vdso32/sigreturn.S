/* SPDX-License-Identifier: MIT */
/*
 * Where a 32-bit signal handler returns to, if it brought no restorer of its own: the call that
 * takes the frame down. Debuggers know a signal frame by exactly these bytes. Linux's twin:
 * arch/x86/entry/vdso/vdso32/sigreturn.S.
 *
 * The unwind notes say "signal frame", with the registers where struct sigcontext_32 has them. Each
 * begins with a nop that belongs to it: an unwinder looks up the return address less one.
 */
#define NR_sigreturn	119
#define NR_rt_sigreturn	173

/* Offsets in struct sigcontext_32. */
#define SC_DI	16
#define SC_SI	20
#define SC_BP	24
#define SC_SP	28
#define SC_BX	32
#define SC_DX	36
#define SC_CX	40
#define SC_AX	44
#define SC_IP	56

/* The CFA is the interrupted esp: read from memory at esp + sp, by a DWARF expression. */
.macro SIGNAL_FRAME sc
	.cfi_signal_frame
	.cfi_escape 0x0f, 4, 0x74, ((\sc + SC_SP) & 0x7f) | 0x80, ((\sc + SC_SP) >> 7), 0x06
	reg 0, \sc + SC_AX
	reg 1, \sc + SC_CX
	reg 2, \sc + SC_DX
	reg 3, \sc + SC_BX
	reg 5, \sc + SC_BP
	reg 6, \sc + SC_SI
	reg 7, \sc + SC_DI
	reg 8, \sc + SC_IP
.endm
/* Register n lies at esp + offset: DW_CFA_expression, DW_OP_breg4. */
.macro reg n, offset
	.cfi_escape 0x10, \n, 3, 0x74, ((\offset) & 0x7f) | 0x80, ((\offset) >> 7)
.endm

	.text
	.balign 32
	nop
	.globl	__kernel_sigreturn
	.type	__kernel_sigreturn, @function
	.cfi_startproc simple
	SIGNAL_FRAME 4				/* esp: at the frame's sig */
	nop
	.balign 32
__kernel_sigreturn:
	popl	%eax
	movl	$NR_sigreturn, %eax
	int	$0x80
	nop
	.size	__kernel_sigreturn, . - __kernel_sigreturn
	.cfi_endproc

	.balign 32
	.globl	__kernel_rt_sigreturn
	.type	__kernel_rt_sigreturn, @function
	.cfi_startproc simple
	SIGNAL_FRAME 160			/* sig, pinfo, puc, info 128, five words of uc */
	nop
	.balign 32
__kernel_rt_sigreturn:
	movl	$NR_rt_sigreturn, %eax
	int	$0x80
	nop
	.size	__kernel_rt_sigreturn, . - __kernel_rt_sigreturn
	.cfi_endproc

	.section .note.GNU-stack, "", @progbits
