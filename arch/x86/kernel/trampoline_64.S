/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of every CPU but the boot CPU. Linux's twin:
 * arch/x86/realmode/rm/trampoline_64.S.
 *
 * A CPU that is told to start up (SIPI) begins in real mode at a page below 1 MiB. smpboot.c has
 * copied what stands between smp_trampoline and smp_trampoline_end to SMP_TRAMPOLINE_PHYS, and has
 * filled in smp_trampoline_params:
 *
 *	real mode --> protected mode --> long mode, early_top_pgt --> secondary_startup_64
 *	cs = 0x800    flat segments      low addresses map to          high addresses, the kernel's
 *	                                 themselves                    own tables, its stack and gs
 *
 * early_top_pgt and all of this are init memory: all CPUs are up before it is freed. One CPU at a
 * time is here. No interrupts, no exception table: whatever goes wrong resets the machine.
 */
#include <arch/page.h>
#include <arch/segment.h>
#include <arch/smp.h>

#define TR(sym)		(SMP_TRAMPOLINE_PHYS + (sym) - smp_trampoline)

#define CR0_PE		0x01
#define CR0_VALUE	0x80050033		/* PG AM WP NE ET MP PE */
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define MSR_GS_BASE	0xc0000101

	.section .init.data.trampoline, "aw"
	.globl	smp_trampoline, smp_trampoline_end, smp_trampoline_params
	.balign	16
	.code16
smp_trampoline:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	tr_gdt_register - smp_trampoline
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$(GDT_ENTRY_KERNEL32_CS * 8), $TR(tr_protected)

	.code32
tr_protected:
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	/* SDM vol. 3, 9.8.5: PAE, CR3, LME, PG in this order */
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	TR(tr_early_cr3), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	TR(tr_efer), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_VALUE, %eax
	movl	%eax, %cr0
	ljmp	$__KERNEL_CS, $TR(tr_long)

	.code64
tr_long:
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$MSR_GS_BASE, %ecx
	movl	TR(tr_gs_base), %eax
	movl	TR(tr_gs_base) + 4, %edx
	wrmsr
	movq	TR(tr_kernel_cr3), %rbx
	movq	TR(tr_stack), %rsp		/* not mapped yet */
	movq	TR(tr_entry), %rax
	jmp	*%rax

	.balign	8
	.word	0, 0, 0				/* puts the base on 8 bytes */
tr_gdt_register:
	.word	tr_gdt_end - tr_gdt - 1
	.quad	TR(tr_gdt)
tr_gdt:						/* selectors as in the final GDT */
	.quad	0
	.quad	0x00cf9b000000ffff		/* GDT_ENTRY_KERNEL32_CS */
	.quad	0x00af9b000000ffff		/* __KERNEL_CS: L bit */
	.quad	0x00cf93000000ffff		/* __KERNEL_DS */
tr_gdt_end:
	.balign	8
smp_trampoline_params:				/* struct trampoline_params */
tr_early_cr3:
	.long	0
tr_efer:
	.long	0
tr_kernel_cr3:
	.quad	0
tr_entry:
	.quad	0
tr_stack:
	.quad	0
tr_gs_base:
	.quad	0
smp_trampoline_end:

	.section .init.text, "ax"
	.globl	secondary_startup_64
secondary_startup_64:
	movq	%rbx, %cr3
	/* A backtrace ends here. A call would leave an address in memory that is freed. */
	xorl	%ebp, %ebp
	pushq	$0
	jmp	start_secondary

	.section .note.GNU-stack, "", @progbits
