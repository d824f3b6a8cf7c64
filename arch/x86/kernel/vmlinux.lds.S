/* SPDX-License-Identifier: MIT */
/*
 * Where everything lies in the kernel's image. Linux's twin: arch/x86/kernel/vmlinux.lds.S.
 *
 * Linked at KERNEL_MAP + physical address, loaded at LOAD_PHYS; the program headers carry the
 * physical addresses, for loaders that take the ELF file itself (QEMU and others, by the PVH note).
 *
 *	virtual                                       mapped as   freed
 *	ffffffff80100000 _text       .head.text        r x        head_64.S: entry points first
 *	                 _stext      .text             r x
 *	       __entry_text_start..  .entry.text       r x        seen in user mode too, under PTI
 *	                 __start_rodata .rodata        r
 *	                 _sdata      .data             r w
 *	       __entry_data_start..  .data..entry      r w        as .entry.text
 *	                 __per_cpu_start               r w        CPU 0's copy until SMP's are made
 *	                 __init_begin .init.text       r x        freed after boot
 *	                 __init_data_begin .init.data  r w        freed after boot
 *	                 __kallsyms_start .kallsyms    r
 *	                 __relocs_start .relocs        -          for kaslr.c; freed after boot
 *	                 __bss_start .bss              r w        not in the file
 *	                 _end
 *
 * Each line begins on a page of its own, so that the memory code can give each its permissions
 * (nothing is writable and executable) and so that PTI shares whole pages. .kallsyms comes behind
 * all code and data: the second link, which fills it, moves nothing but .bss.
 */
#include <arch/page.h>

#define KERNEL_MAP	__START_KERNEL_map_
#define LOAD_PHYS	0x100000
#define MAPPED_EARLY	0x20000000	/* head_64.S promises this much at KERNEL_MAP */
/* The physical twin of a section, for p_paddr. */
#define PHYS(sec)	AT(ADDR(sec) - KERNEL_MAP)

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(phys_startup_64)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	inittext PT_LOAD FLAGS(5);
	initdata PT_LOAD FLAGS(6);
	kallsyms PT_LOAD FLAGS(4);
	bss PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = KERNEL_MAP + LOAD_PHYS;
	phys_startup_64 = ABSOLUTE(startup_64 - KERNEL_MAP);

	.text : PHYS(.text) {
		_text = .;
		KEEP(*(.head.text))
		. = ALIGN(16);
		_stext = .;
		*(.text .text.[0-9a-zA-Z_]*)
		. = ALIGN(16);
		__sched_text_start = .;
		*(.sched.text)
		__sched_text_end = .;
		. = ALIGN(PAGE_SIZE);
		__entry_text_start = .;
		*(.entry.text)
		. = ALIGN(PAGE_SIZE);
		__entry_text_end = .;
		_etext = .;
	} :text = 0xcccccccc

	.rodata : PHYS(.rodata) {
		__start_rodata = .;
		*(.rodata .rodata.*)
		. = ALIGN(8);
		__start___ex_table = .;
		KEEP(*(__ex_table))
		__stop___ex_table = .;
		. = ALIGN(8);
		__start_smap_patch = .;
		KEEP(*(.smap_patch))
		__stop_smap_patch = .;
		. = ALIGN(8);
		__start_altinstructions = .;
		KEEP(*(.altinstructions))
		__stop_altinstructions = .;
		. = ALIGN(8);
		__start_preempt_patch = .;
		KEEP(*(.preempt_patch))
		__stop_preempt_patch = .;
		. = ALIGN(8);
		__start___patchable = .;
		KEEP(*(__patchable))
		__stop___patchable = .;
		. = ALIGN(8);
		__start___jump_table = .;
		KEEP(*(__jump_table))
		__stop___jump_table = .;
		. = ALIGN(8);
		__start_plants = .;
		KEEP(*(.plants))
		__stop_plants = .;
	} :rodata

	.notes : PHYS(.notes) {
		KEEP(*(.note.Xen))
	} :rodata :note
	. = ALIGN(PAGE_SIZE);
	__end_rodata = .;

	.data : PHYS(.data) {
		_sdata = .;
		*(.data..page_aligned)
		*(.data .data.[0-9a-zA-Z_]*)
		. = ALIGN(PAGE_SIZE);
		__entry_data_start = .;
		*(.data..entry)
		. = ALIGN(PAGE_SIZE);
		__entry_data_end = .;
		_edata = .;
	} :data

	/* The template of all CPUs; addressable where it stands, so that %gs base 0 is CPU 0. */
	.data..percpu : PHYS(.data..percpu) {
		__per_cpu_start = .;
		__per_cpu_entry_start = .;
		*(.data..percpu..entry)
		. = ALIGN(PAGE_SIZE);
		__per_cpu_entry_end = .;
		*(.data..percpu)
		. = ALIGN(PAGE_SIZE);
		__per_cpu_end = .;
	} :data

	.init.text : PHYS(.init.text) {
		__init_begin = .;
		_sinittext = .;
		*(.init.text .init.text.*)
		*(.altinstr_replacement)
		. = ALIGN(PAGE_SIZE);
		_einittext = .;
	} :inittext = 0xcccccccc

	.init.data : PHYS(.init.data) {
		__init_data_begin = .;
		*(.init.pgtable)
		*(.init.data .init.data.*)
		. = ALIGN(16);	/* gcc aligns the entries to their size */
		__start_init_param = .;
		KEEP(*(.init.param))
		__stop_init_param = .;
		. = ALIGN(8);
		__initcall_start = .;
		KEEP(*(.initcall))
		__initcall_end = .;
		__ctors_start = .;	/* the DEBUG build's: gcc's descriptions of variables */
		KEEP(*(.init_array .init_array.*))
		__ctors_end = .;
		. = ALIGN(PAGE_SIZE);
		__init_end = .;
	} :initdata

	.kallsyms : PHYS(.kallsyms) {
		__kallsyms_start = .;
		KEEP(*(.kallsyms))
		. = ALIGN(PAGE_SIZE);
		__kallsyms_end = .;
	} :kallsyms

	/* As .kallsyms, filled by the second link. */
	.relocs : PHYS(.relocs) {
		__relocs_start = .;
		KEEP(*(.relocs))
		. = ALIGN(PAGE_SIZE);
		__relocs_end = .;
	} :kallsyms

	.bss (NOLOAD) : PHYS(.bss) {
		__bss_start = .;
		*(.bss..page_aligned)
		*(.bss .bss.[0-9a-zA-Z_]*)
		*(COMMON)
		. = ALIGN(PAGE_SIZE);
		__bss_stop = .;
	} :bss
	_end = .;

	/DISCARD/ : {
		*(.fini_array*) *(.eh_frame) *(.comment) *(.note.GNU-stack) *(.note.gnu.*)
		*(.discard*)
	}

	ASSERT(startup_64 == _text + 0x200, "the 64-bit entry is at payload + 0x200")
	ASSERT(kernel_info == _text + 0x1e0, "setup.S promises kernel_info at payload + 0x1e0")
	ASSERT(_end <= KERNEL_MAP + MAPPED_EARLY, "the kernel is larger than its early mapping")
	ASSERT(SIZEOF(.notes) != 0, "no PVH note")
}
