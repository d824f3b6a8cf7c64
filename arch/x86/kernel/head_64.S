/* SPDX-License-Identifier: MIT */
/*
 * From the loader's jump to the first line of C. Linux's twins: arch/x86/boot/compressed/head_64.S,
 * arch/x86/kernel/head_64.S, arch/x86/platform/pvh/head.S.
 *
 * Three ways in; all save the time stamp counter first, for the boot benchmark:
 *
 *	startup_32  _text + 0      bzImage: setup.S, GRUB     32 bit, no paging, esi = boot_params
 *	startup_64  _text + 0x200  64-bit loaders, kexec      long mode, loader's identity mapping,
 *	                                                      rsi = boot_params
 *	pvh_start   by ELF note    QEMU -kernel vmlinux, Xen  as startup_32, ebx = hvm_start_info
 *
 *	startup_32 --+                                             startup_64
 *	             +-> start_32: long mode there? page tables,       |  own GDT, page tables
 *	pvh_start  --+   PAE, LME, PG                                  |
 *	                        |                                      |
 *	                        +------------> common_64 <-------------+
 *	                                           |  still at low addresses
 *	                                           v
 *	                                       high_64: stack, .bss, x86_64_start_kernel()
 *
 * The page tables here live until mm_init() has made the final ones, and in memory that is freed
 * afterwards. Four page directories of 2 MiB pages serve two windows, another one the third:
 *
 *	virtual              physical         what for
 *	0000000000000000  -> 0 .. 4 GiB       this code, until it has jumped high
 *	ffff888000000000  -> 0 .. 4 GiB       the direct map (PAGE_OFFSET): boot data, memblock
 *	ffffffff80000000  -> 0 .. 1 GiB       the kernel's link address
 *
 * Everything in them is writable and executable, global nothing. The kernel is loaded where setup.S
 * says (pref_address), so pa(symbol) is a constant, also where its virtual address is none: with
 * kaslr (kaslr.c).
 *
 * No lock, no interrupt, one CPU. Left out: 5-level paging, SEV, EFI's handover entry.
 */
#include <arch/page.h>
#include <arch/segment.h>
#include <vitrix/kasan.h>

#define pa(sym)		((sym) - __START_KERNEL_map_)
#define PAGE_OFFSET_PGD	((__PAGE_OFFSET >> 39) & 511)	/* its entry in the top level */

#define PTE_TABLE	0x03			/* present, writable */
#define PTE_2M		0xe3			/* present, writable, accessed, dirty, large */

#define CR0_VALUE	0x80050033		/* PG AM WP NE ET MP PE */
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME_BIT	8
#define EFER_NXE_BIT	11
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define CPUID_LM_BIT	29			/* of 0x80000001, edx */
#define CPUID_NX_BIT	20
#define EFLAGS_ID	0x200000

#define COM1		0x3f8

	.section .head.text, "ax"
	.code32
	.globl	startup_32, startup_64, kernel_info
startup_32:
	rdtsc
	movl	%eax, pa(boot_entry_tsc)
	movl	%edx, pa(boot_entry_tsc) + 4
	jmp	start_32

pvh_start:
	rdtsc
	movl	%eax, pa(boot_entry_tsc)
	movl	%edx, pa(boot_entry_tsc) + 4
	movl	%ebx, pa(pvh_start_info)
	xorl	%esi, %esi

/* Flat segments of the loader's, paging off; esi must live. The stack is in .bss, cleared later. */
start_32:
	cli
	cld
	movl	$pa(boot_stack_top), %esp
	lgdt	pa(early_gdt_register)
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	/* SDM vol. 2, CPUID: it exists if software can change EFLAGS.ID. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$EFLAGS_ID, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	cmpl	%eax, %ecx
	je	no_long_mode
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$CPUID_LM_BIT, %edx
	jnc	no_long_mode

	/* SDM vol. 3, 9.8.5: PAE, CR3, LME, PG in this order; then a jump into a 64-bit segment. */
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$pa(early_top_pgt), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	btsl	$EFER_LME_BIT, %eax
	wrmsr
	movl	$CR0_VALUE, %eax
	movl	%eax, %cr0
	ljmp	$__KERNEL_CS, $pa(common_64)

/* Says so on the serial port, which a firmware or a virtual machine has set up, and stops. */
no_long_mode:
	movl	$pa(no_long_mode_text), %esi
1:	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, %bl
	movl	$100000, %ecx			/* no port, no waiting for ever */
	movw	$COM1 + 5, %dx
2:	inb	%dx, %al
	testb	$0x20, %al			/* LSR.THRE: room for a character */
	loopz	2b
	movw	$COM1, %dx
	movb	%bl, %al
	outb	%al, %dx
	jmp	1b
3:	hlt
	jmp	3b
no_long_mode_text:
	.asciz	"Vitrix: this CPU has no 64-bit mode\r\n"

	/* What a loader may want to know that is not in the header (protocol 2.15). */
	.org	startup_32 + 0x1e0
kernel_info:
	.ascii	"LToP"
	.long	kernel_info_end - kernel_info	/* size of the fixed part */
	.long	kernel_info_end - kernel_info	/* and of all */
	.long	0x80000009			/* setup_type_max: SETUP_TYPE_MAX */
kernel_info_end:

/* The loader's page tables map the kernel, boot_params and the command line identically. */
	.org	startup_32 + 0x200
	.code64
startup_64:
	rdtsc
	movl	%eax, boot_entry_tsc(%rip)
	movl	%edx, boot_entry_tsc + 4(%rip)
	cli
	cld
	movl	$pa(early_top_pgt), %eax
	movq	%rax, %cr3
	movl	$CR4_PAE, %eax
	movq	%rax, %cr4
	movl	$CR0_VALUE, %eax
	movq	%rax, %cr0
	lgdt	early_gdt_register(%rip)
	movl	$pa(boot_stack_top), %esp
	pushq	$__KERNEL_CS
	leaq	common_64(%rip), %rax
	pushq	%rax
	lretq

/* Long mode, own GDT and page tables, executing at physical addresses; esi = boot_params or 0. */
common_64:
	movq	$high_64, %rax
	jmp	*%rax
high_64:
	lgdt	early_gdt_register_high
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	/* Per-CPU data are used where they were linked: offset 0. */
	xorl	%edx, %edx
	movl	$MSR_FS_BASE, %ecx
	wrmsr
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	movl	$0x80000001, %eax
	cpuid
	btl	$CPUID_NX_BIT, %edx
	jnc	1f
	movl	$MSR_EFER, %ecx
	rdmsr
	btsl	$EFER_NXE_BIT, %eax
	wrmsr
1:
	movq	$__bss_start, %rdi
	movq	$__bss_stop, %rcx
	subq	%rdi, %rcx
	shrq	$3, %rcx
	xorl	%eax, %eax
	rep stosq

	movq	$boot_stack_top, %rsp
	xorl	%ebp, %ebp			/* a backtrace ends here */
	movl	%esi, %edi			/* physical, below 4 GiB */
	movabsq	$__PAGE_OFFSET, %rax
	addq	%rax, %rdi
	call	x86_64_start_kernel
2:	hlt
	jmp	2b

/*
 * One entry per CPU exception: pushes a zero where the CPU pushes no error code, then the vector.
 * 16 bytes apart, so that head64.c can compute their addresses. early_exception() never returns.
 */
	.section .init.text, "ax"
	.globl	early_idt_handlers
	.balign	16
early_idt_handlers:
	vector = 0
	.rept	32
	.balign	16, 0xcc
	.if !((0x60227d00 >> vector) & 1)	/* vectors 8, 10-14, 17, 21, 29, 30 have one */
	pushq	$0
	.endif
	pushq	$vector
	jmp	early_idt_common
	vector = vector + 1
	.endr
early_idt_common:
	cld
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	early_exception

/* Freed with the rest of the init pages once mm_init()'s tables are loaded. */
	.section .init.pgtable, "aw"
	.balign	4096
	.globl	early_top_pgt
early_top_pgt:
	.quad	pa(early_pdpt_low) + PTE_TABLE
	.fill	PAGE_OFFSET_PGD - 1, 8, 0
	.quad	pa(early_pdpt_low) + PTE_TABLE
#ifdef CONFIG_DEBUG
	.fill	KASAN_SHADOW_PGD - PAGE_OFFSET_PGD - 1, 8, 0
	.rept	KASAN_SHADOW_PGDS
	.quad	pa(early_shadow_pdpt) + PTE_TABLE
	.endr
	.fill	511 - KASAN_SHADOW_PGD - KASAN_SHADOW_PGDS, 8, 0
#else
	.fill	511 - PAGE_OFFSET_PGD - 1, 8, 0
#endif
	.quad	pa(early_pdpt_high) + PTE_TABLE
early_pdpt_low:
	.quad	pa(early_pmd) + PTE_TABLE
	.quad	pa(early_pmd) + 0x1000 + PTE_TABLE
	.quad	pa(early_pmd) + 0x2000 + PTE_TABLE
	.quad	pa(early_pmd) + 0x3000 + PTE_TABLE
	.fill	508, 8, 0
early_pdpt_high:
	.fill	510, 8, 0
	.quad	pa(early_pmd_high) + PTE_TABLE
	.quad	0
early_pmd:
	page = 0
	.rept	2048
	.quad	(page << 21) + PTE_2M
	page = page + 1
	.endr
	.globl	early_pmd_high
early_pmd_high:					/* kaslr.c opens a second window in it */
	page = 0
	.rept	512
	.quad	(page << 21) + PTE_2M
	page = page + 1
	.endr
#ifdef CONFIG_DEBUG
/* The address sanitizer's shadow, until kasan_init(): one page for all of it. */
early_shadow_pdpt:
	.rept	512
	.quad	pa(early_shadow_pmd) + PTE_TABLE
	.endr
early_shadow_pmd:
	.rept	512
	.quad	pa(early_shadow_pte) + PTE_TABLE
	.endr
early_shadow_pte:
	.rept	512
	.quad	pa(early_shadow_page) + PTE_TABLE
	.endr
early_shadow_page:
	.skip	4096
#endif

	.section .init.data, "aw"
	.globl	pvh_start_info
	.balign	8
early_gdt:					/* selectors as in the final GDT */
	.quad	0
	.quad	0x00cf9b000000ffff		/* GDT_ENTRY_KERNEL32_CS */
	.quad	0x00af9b000000ffff		/* __KERNEL_CS: L bit */
	.quad	0x00cf93000000ffff		/* __KERNEL_DS */
early_gdt_end:
	.word	0, 0, 0				/* puts the base on 8 bytes */
early_gdt_register:
	.word	early_gdt_end - early_gdt - 1
	.quad	pa(early_gdt)
	.word	0, 0, 0
early_gdt_register_high:
	.word	early_gdt_end - early_gdt - 1
	.quad	early_gdt
pvh_start_info:
	.long	0				/* physical address, 0: not entered by PVH */

	.data
	.globl	boot_entry_tsc
	.balign	8
boot_entry_tsc:
	.quad	0

	.section .bss..page_aligned, "aw", @nobits
	.globl	boot_stack, boot_stack_top
	.balign	PAGE_SIZE
boot_stack:
	.skip	THREAD_SIZE
boot_stack_top:

/*
 * XEN_ELFNOTE_PHYS32_ENTRY (18): the entry point for loaders that know PVH. QEMU reads 8 bytes
 * from an ELFCLASS64 file.
 */
	.section .note.Xen, "a", @note
	.balign	4
	.long	2f - 1f
	.long	4f - 3f
	.long	18
1:	.asciz	"Xen"
2:	.balign	4
3:	.quad	pa(pvh_start)
4:	.balign	4

	.section .note.GNU-stack, "", @progbits
