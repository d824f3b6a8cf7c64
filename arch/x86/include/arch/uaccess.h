/* SPDX-License-Identifier: MIT */
/*
 * The instructions that touch user memory. Each has an entry in the exception table; SMAP is opened
 * by stac and closed by clac, which are nops in the code until a CPU with SMAP patches them in
 * (section .smap_patch lists them; arch/x86/kernel/alternative.c).
 *
 * Before what is read the nop has room for an lfence, too (mitigations=auto): the CPU may guess
 * that the address is below TASK_SIZE_MAX before it knows, and must not read then. What is written
 * betrays nothing. Linux's twin: arch/x86/include/asm/uaccess.h.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#define SMAP_PATCH_CLAC	0
#define SMAP_PATCH_STAC	1
#define SMAP_PATCH_LOAD	2	/* 6 bytes: stac, lfence */

#ifdef __ASSEMBLER__
#define _ASM_EXTABLE(from, to)				\
	.pushsection __ex_table, "a";			\
	.balign 4;					\
	.long (from) - .;				\
	.long (to) - .;					\
	.popsection
#define ASM_STAC					\
	661: .byte 0x0f,0x1f,0x00;			\
	.pushsection .smap_patch, "a";			\
	.long 661b - .;					\
	.long SMAP_PATCH_STAC;				\
	.popsection
#define ASM_STAC_LOAD					\
	661: .byte 0x66,0x0f,0x1f,0x44,0,0;		\
	.pushsection .smap_patch, "a";			\
	.long 661b - .;					\
	.long SMAP_PATCH_LOAD;				\
	.popsection
#define ASM_CLAC					\
	662: .byte 0x0f,0x1f,0x00;			\
	.pushsection .smap_patch, "a";			\
	.long 662b - .;					\
	.long SMAP_PATCH_CLAC;				\
	.popsection
#else
#include <vitrix/compiler.h>
#include <asm/errno.h>

#define _ASM_EXTABLE(from, to)				\
	" .pushsection __ex_table, \"a\"\n"		\
	" .balign 4\n"					\
	" .long (" #from ") - .\n"			\
	" .long (" #to ") - .\n"			\
	" .popsection\n"
#define ASM_STAC					\
	"661: .byte 0x0f,0x1f,0x00\n"			\
	" .pushsection .smap_patch, \"a\"\n"		\
	" .long 661b - .\n .long 1\n .popsection\n"
#define ASM_STAC_LOAD					\
	"661: .byte 0x66,0x0f,0x1f,0x44,0,0\n"		\
	" .pushsection .smap_patch, \"a\"\n"		\
	" .long 661b - .\n .long 2\n .popsection\n"
#define ASM_CLAC					\
	"662: .byte 0x0f,0x1f,0x00\n"			\
	" .pushsection .smap_patch, \"a\"\n"		\
	" .long 662b - .\n .long 0\n .popsection\n"

static __always_inline void stac(void) { __asm__ volatile(ASM_STAC ::: "memory"); }
static __always_inline void stac_load(void) { __asm__ volatile(ASM_STAC_LOAD ::: "memory"); }
static __always_inline void clac(void) { __asm__ volatile(ASM_CLAC ::: "memory"); }

#define __USER_LOAD(type, insn)							\
	__asm__ volatile(ASM_STAC_LOAD "1: " insn " %2,%1\n2:\n" ASM_CLAC			\
		" .pushsection .text.fixup,\"ax\"\n"				\
		"3: movl %3,%0\n xorl %k1,%k1\n jmp 2b\n .popsection\n"		\
		_ASM_EXTABLE(1b, 3b)						\
		: "+r"(err), "=&q"(val) : "m"(*(const type *)from), "i"(-EFAULT))

/* size is a constant: one of the branches stays. 0 or -EFAULT; *to is 0 on a fault. */
static __always_inline int __arch_get_user(void *to, const void *from, int size)
{
	int err = 0;

	if (size == 1) {
		u8 val; __USER_LOAD(u8, "movb"); *(u8 *)to = val;
	} else if (size == 2) {
		u16 val; __USER_LOAD(u16, "movw"); *(u16 *)to = val;
	} else if (size == 4) {
		u32 val; __USER_LOAD(u32, "movl"); *(u32 *)to = val;
	} else {
		u64 val; __USER_LOAD(u64, "movq"); *(u64 *)to = val;
	}
	return err;
}

#define __USER_STORE(type, insn)						\
	__asm__ volatile(ASM_STAC "1: " insn " %1,%2\n2:\n" ASM_CLAC			\
		" .pushsection .text.fixup,\"ax\"\n"				\
		"3: movl %3,%0\n jmp 2b\n .popsection\n"				\
		_ASM_EXTABLE(1b, 3b)						\
		: "+r"(err) : "q"(*(const type *)from), "m"(*(type *)to), "i"(-EFAULT) : "memory")

static __always_inline int __arch_put_user(const void *from, void *to, int size)
{
	int err = 0;

	if (size == 1)
		__USER_STORE(unsigned char, "movb");
	else if (size == 2)
		__USER_STORE(unsigned short, "movw");
	else if (size == 4)
		__USER_STORE(unsigned int, "movl");
	else
		__USER_STORE(unsigned long, "movq");
	return err;
}
#endif

#endif
