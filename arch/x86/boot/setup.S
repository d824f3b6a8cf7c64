/* SPDX-License-Identifier: MIT */
/*
 * The first part of bzImage: the setup header of the Linux boot protocol 2.15, and the code that
 * asks the BIOS what only real mode can ask, then leaves real mode for good.
 * Linux's twin: arch/x86/boot/header.S, main.c, memory.c, a20.c, pm.c. The protocol:
 * Linux's Documentation/arch/x86/boot.rst; the structs: <asm/bootparam.h>.
 *
 * Who comes here: QEMU's linuxboot ROM, qboot, `linux16` of GRUB and other BIOS loaders jump to
 * segment+0x20 : 0, file offset 0x200. Loaders that speak the 32-bit or 64-bit protocol (GRUB's
 * `linux`) copy the header, fill a boot_params of their own and go to the kernel directly; the
 * code below then never runs.
 *
 * Memory, as the usual loader leaves it (the setup runs at any 16-byte boundary below 0x90000):
 *
 *	0x100000 +------------------------+
 *	         | vmlinux, flat binary   | code32_start: startup_32 of head_64.S
 *	         +------------------------+
 *	 X+8000  +------------------------+ the protocol promises that all up to here is ours
 *	         | stack, grows down      |
 *	         | boot_params (4 KiB)    | zeroed here, filled here
 *	         +------------------------+
 *	         | code, data             |
 *	 X+026c  +------------------------+
 *	         | setup header           | partly filled in by the loader
 *	 X+01f1  +------------------------+
 *	         | zeros (old boot sector)|
 *	 X       +------------------------+ %ds = X >> 4
 *
 * Mode changes:
 *
 *	real mode, 16 bit      protected, 32 bit, no paging     long mode
 *	_start                 in_pm32                          startup_64, head_64.S
 *	  memory map, A20  ->    flat segments, jmp          ->   own page tables, high
 *	  video                  code32_start (head_64.S)         addresses, C
 *
 * Interrupts stay off all the way; a BIOS service opens them itself if it has to wait.
 * Left out: EDD, APM, video modes, the loaders before protocol 2.02, big zImages below 1 MiB.
 */
#ifndef __ASSEMBLY__
#define __ASSEMBLY__
#endif
#include <asm/bootparam.h>
#include "bootparam-offsets.h"

#define KERNEL_PHYS	0x100000
#define STACK_TOP	0x8000		/* offset in our segment */
#define SMAP		0x534d4150	/* "SMAP", the magic of int 15h e820 */
#define BOOT_CS		0x10		/* flat selectors that the 32-bit protocol prescribes */
#define BOOT_DS		0x18

	.code16
	.section .header, "ax"
	.globl _start

	/*
	 * Not zero: a loader that copies more than the header also copies this, which tells the
	 * kernel that the rest of its boot_params cannot be trusted.
	 */
	.org	BP_sentinel
	.byte	0xff

	.org	BP_hdr
hdr:
	.byte	setup_sects		/* setup_sects: by setup.lds, again by make-bzimage.py */
	.word	1			/* root_flags: read-only */
	.long	0			/* syssize: make-bzimage.py */
	.word	0			/* ram_size */
	.word	0xffff			/* vid_mode: as it is */
	.word	0			/* root_dev */
	.word	0xaa55			/* boot_flag */
_start:
	.byte	0xeb, header_end - 1f	/* jmp short; its distance is also the header's length */
1:
	.ascii	"HdrS"
	.word	0x020f			/* version 2.15 */
	.long	0			/* realmode_swtch */
	.word	0x1000			/* start_sys_seg: obsolete */
	.word	kernel_version - 0x200
	.byte	0			/* type_of_loader: the loader's */
	.byte	LOADED_HIGH
	.word	0x8000			/* setup_move_size */
	.long	KERNEL_PHYS		/* code32_start */
	.long	0			/* ramdisk_image: the loader's */
	.long	0			/* ramdisk_size: the loader's */
	.long	0			/* bootsect_kludge */
	.word	STACK_TOP - 0x200	/* heap_end_ptr */
	.byte	0			/* ext_loader_ver */
	.byte	0			/* ext_loader_type */
	.long	0			/* cmd_line_ptr: the loader's */
	.long	0x7fffffff		/* initrd_addr_max */
	.long	0x1000			/* kernel_alignment */
	.byte	0			/* relocatable_kernel: runs at pref_address only */
	.byte	12			/* min_alignment, a power of two */
	.word	XLF_KERNEL_64		/* xloadflags: 64-bit entry at payload + 0x200 */
	.long	2047			/* cmdline_size without the NUL */
	.long	0			/* hardware_subarch */
	.quad	0			/* hardware_subarch_data */
	.long	0			/* payload_offset: there is no compressed payload */
	.long	0			/* payload_length */
	.quad	0			/* setup_data */
	.quad	KERNEL_PHYS		/* pref_address */
	.long	0			/* init_size: make-bzimage.py */
	.long	0			/* handover_offset: no EFI stub */
	.long	0x1e0			/* kernel_info_offset: kernel_info in head_64.S */
header_end:

/* At entry %ds is our segment, %cs is that plus 0x20: make both equal, so that labels are right. */
	cli
	cld
	movw	%ds, %ax
	movw	%ax, %es
	movw	%ax, %ss
	movl	$STACK_TOP, %esp
	pushw	%ax
	pushw	$setup_main
	lretw

	.text
setup_main:
	movw	$boot_params, %di
	xorl	%eax, %eax
	movw	$BP_SIZE / 4, %cx
	rep stosl
	movw	$hdr, %si
	movw	$boot_params + BP_hdr, %di
	movw	$header_end - hdr, %cx
	rep movsb

	call	detect_memory
	call	detect_video
	call	enable_a20
	jmp	go_to_protected_mode

/*
 * int 15h: e820 lists all memory by kind; e801 and 88 only count what lies above 1 MiB and are for
 * a BIOS that has no e820. arch/x86/kernel/e820.c makes a map of whichever answered.
 */
detect_memory:
	movw	$boot_params + BP_e820_table, %di
	xorl	%ebx, %ebx		/* 0 begins; the BIOS hands the next value out */
1:	movl	$0xe820, %eax
	movl	$SMAP, %edx
	movl	$E820_ENTRY_SIZE, %ecx
	int	$0x15
	jc	2f			/* also how some end the list */
	cmpl	$SMAP, %eax
	jne	3f
	incb	boot_params + BP_e820_entries
	addw	$E820_ENTRY_SIZE, %di
	cmpb	$E820_ENTRIES_MAX, boot_params + BP_e820_entries
	jae	2f
	testl	%ebx, %ebx
	jnz	1b
2:	cmpb	$0, boot_params + BP_e820_entries
	jne	5f

3:	movb	$0, boot_params + BP_e820_entries	/* without SMAP the list is void */
	movw	$0xe801, %ax
	xorw	%cx, %cx
	xorw	%dx, %dx
	int	$0x15
	jc	4f
	testw	%cx, %cx		/* some answer in cx, dx instead of ax, bx */
	jz	1f
	movw	%cx, %ax
	movw	%dx, %bx
1:	movzwl	%ax, %eax		/* KiB from 1 MiB to 16 MiB */
	movzwl	%bx, %ebx		/* units of 64 KiB above 16 MiB */
	cmpw	$15 << 10, %ax
	jne	1f			/* a hole: count only what is below */
	shll	$6, %ebx
	addl	%ebx, %eax
1:	movl	%eax, boot_params + BP_alt_mem_k

4:	movb	$0x88, %ah
	int	$0x15
	jc	5f
	movw	%ax, boot_params + BP_ext_mem_k
5:	ret

/* Fills struct screen_info's text mode fields, if a VGA BIOS answers (int 10h, ax = 1a00h). */
detect_video:
	movw	$0x1a00, %ax
	int	$0x10
	cmpb	$0x1a, %al
	jne	1f
	movb	$0x0f, %ah
	int	$0x10			/* al mode, ah columns, bh page */
	andb	$0x7f, %al
	movb	%al, boot_params + BP_orig_video_mode
	movb	%ah, boot_params + BP_orig_video_cols
	movb	$0x03, %ah
	int	$0x10			/* dl column, dh row of the cursor */
	movw	%dx, boot_params + BP_orig_x
	movb	$25, boot_params + BP_orig_video_lines
	movb	$1, boot_params + BP_orig_video_isVGA
	movw	$16, boot_params + BP_orig_video_points
1:	ret

/*
 * With the A20 line shut, address bit 20 reads as 0 and 1 MiB + x is x. A loader that has put the
 * kernel at 1 MiB had to open it; so this mostly checks. Of the ways to open it, the BIOS call and
 * the fast gate (port 92h) are tried; the keyboard controller is left to such loaders.
 */
enable_a20:
	call	a20_is_open
	jne	1f
	movw	$0x2401, %ax
	int	$0x15
	call	a20_is_open
	jne	1f
	inb	$0x92, %al
	orb	$0x02, %al
	andb	$0xfe, %al		/* bit 0 is reset */
	outb	%al, $0x92
	movl	$100000, %ecx
2:	call	a20_is_open
	jne	1f
	loopl	2b
	movw	$a20_message, %si
	jmp	die
1:	ret

/*
 * Not equal: open. Compares 0:500h (free for all) with 1 MiB + 500h; if both are the same word,
 * changes the lower one to see whether the upper follows. Never writes above: the kernel is there.
 */
a20_is_open:
	pushl	%ecx
	xorw	%ax, %ax
	movw	%ax, %fs
	decw	%ax
	movw	%ax, %gs
	movw	%fs:0x500, %cx
	notw	%fs:0x500
	movw	%fs:0x500, %ax
	cmpw	%gs:0x510, %ax
	movw	%cx, %fs:0x500
	jne	1f
	cmpw	%gs:0x510, %cx		/* equal once can be chance; twice is the same memory */
1:	popl	%ecx
	ret

/* Writes the string at %si with the BIOS and stops. */
die:	lodsb
	testb	%al, %al
	jz	1f
	movb	$0x0e, %ah
	movw	$7, %bx
	int	$0x10
	jmp	die
1:	hlt
	jmp	1b

/*
 * No interrupt of any kind may come from here on: there is no handler in protected mode until
 * head64.c loads its table. The GDT's address, esi and the jump's target are linear: base + offset.
 */
go_to_protected_mode:
	movb	$0x80, %al		/* NMI off, at the index port of the CMOS clock */
	outb	%al, $0x70
	movb	$0xff, %al		/* both 8259 masked */
	outb	%al, $0xa1
	outb	%al, $0x21

	xorl	%ebx, %ebx
	movw	%ds, %bx
	shll	$4, %ebx
	addl	%ebx, gdt_register + 2
	addl	%ebx, pm32_target
	movl	$boot_params, %esi
	addl	%ebx, %esi
	movl	boot_params + BP_code32_start, %eax
	lgdtl	gdt_register
	movl	%cr0, %edx
	orb	$1, %dl			/* PE */
	movl	%edx, %cr0
	ljmpl	*pm32_target

	.code32
in_pm32:
	movl	$BOOT_DS, %ecx
	movl	%ecx, %ds
	movl	%ecx, %es
	movl	%ecx, %fs
	movl	%ecx, %gs
	movl	%ecx, %ss
	leal	STACK_TOP(%ebx), %esp
	xorl	%ebx, %ebx		/* the 32-bit protocol wants ebx, ebp and edi zero */
	xorl	%ebp, %ebp
	xorl	%edi, %edi
	jmp	*%eax

	.data
	.balign	8
gdt:	.quad	0
	.quad	0
	.quad	0x00cf9b000000ffff	/* BOOT_CS: 4 GiB, 32 bit, code */
	.quad	0x00cf93000000ffff	/* BOOT_DS: 4 GiB, data */
gdt_end:
gdt_register:
	.word	gdt_end - gdt - 1
	.long	gdt
pm32_target:
	.long	in_pm32
	.word	BOOT_CS
kernel_version:
	.asciz	"6.1.0-vitrix (Vitrix)"
a20_message:
	.asciz	"Vitrix: the A20 line cannot be opened\r\n"

	.bss
	.balign	16
boot_params:
	.skip	BP_SIZE

	.section .note.GNU-stack, "", @progbits
