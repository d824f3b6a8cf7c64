/* SPDX-License-Identifier: MIT */
/*
 * The vDSO as an ELF shared object: everything in one segment, read and execute, of one page. What
 * debuggers want (section headers, unwind tables) is in that page too, so that they can read it
 * from the program's memory. Linux's twin: arch/x86/entry/vdso/vdso-layout.lds.S, vdso.lds.S.
 *
 *	vvar  -1000   the timekeeper's page, no part of the file
 *	          0   ELF header, dynamic linking, .eh_frame, .text; at most 1000
 */
OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

PHDRS
{
	text PT_LOAD FLAGS(5) FILEHDR PHDRS;
	dynamic PT_DYNAMIC FLAGS(4);
	note PT_NOTE FLAGS(4);
	eh_frame_hdr PT_GNU_EH_FRAME;
}

SECTIONS
{
	vvar = . - 0x1000;
	. = SIZEOF_HEADERS;

	.hash : { *(.hash) } :text
	.gnu.hash : { *(.gnu.hash) }
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.gnu.version_r : { *(.gnu.version_r) }
	.dynamic : { *(.dynamic) } :text :dynamic
	.note : { *(.note.Linux) *(.note.gnu.build-id) } :text :note
	.rodata : { *(.rodata .rodata.*) } :text
	.eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh_frame_hdr
	.eh_frame : { KEEP(*(.eh_frame)) } :text
	.text : { *(.text .text.*) } :text = 0xcccccccc

	/* What would need memory of its own or relocation: nothing of it may exist. */
	.bad : { *(.data .data.* .bss .bss.* .got .got.plt .plt .rela.* .rel.*) }
	ASSERT(SIZEOF(.bad) == 0, "the vDSO has data, or wants to be relocated")
	ASSERT(. <= 0x1000, "the vDSO is larger than a page")

	/DISCARD/ : { *(.note.GNU-stack) *(.note.gnu.property) *(.comment) }
}

VERSION
{
	LINUX_2.6 {
	global:
		clock_gettime;
		__vdso_clock_gettime;
		gettimeofday;
		__vdso_gettimeofday;
		time;
		__vdso_time;
		clock_getres;
		__vdso_clock_getres;
		getcpu;
		__vdso_getcpu;
	local: *;
	};
}
