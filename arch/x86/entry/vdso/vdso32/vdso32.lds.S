/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit vDSO as an ELF shared object of one page; ../vdso.lds.S says how it is built. Linux's
 * twin: arch/x86/entry/vdso/vdso32/vdso32.lds.S.
 */
OUTPUT_FORMAT("elf32-i386")
OUTPUT_ARCH(i386)

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
	/* i386 code finds its data relative to here; nothing is in it that would be changed */
	.got.plt : { *(.got.plt) } :text
	.eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh_frame_hdr
	.eh_frame : { KEEP(*(.eh_frame)) } :text
	.text : { *(.text .text.*) } :text = 0x90909090

	.bad : { *(.data .data.* .bss .bss.* .got .plt .rel.*) }
	ASSERT(SIZEOF(.bad) == 0, "the 32-bit vDSO has data, or wants to be relocated")
	ASSERT(. <= 0x1000, "the 32-bit vDSO is larger than a page")

	/DISCARD/ : { *(.note.GNU-stack) *(.note.gnu.property) *(.comment) }
}

VERSION
{
	LINUX_2.6 {
	global:
		__vdso_clock_gettime;
		__vdso_gettimeofday;
		__vdso_time;
		__vdso_clock_getres;
		__vdso_clock_gettime64;
		__vdso_getcpu;
	};
	LINUX_2.5 {
	global:
		__kernel_vsyscall;
		__kernel_sigreturn;
		__kernel_rt_sigreturn;
	local: *;
	};
}
