/* SPDX-License-Identifier: MIT */
/*
 * The arch part of static keys: one instruction a branch, and a line of the section __jump_table
 * that says where it is. Linux's twin: arch/x86/include/asm/jump_label.h.
 *
 *	off   0f 1f 44 00 00    nop, five bytes
 *	on    e9 rel32          jmp
 *
 * Three words a line, each relative to itself: the instruction, where the jump goes, the key.
 */
#ifndef ARCH_JUMP_LABEL_H
#define ARCH_JUMP_LABEL_H

#define JUMP_LABEL_SIZE	5

#ifdef __ASSEMBLY__
/*
 * Goes to label while the key is on. With many CPUs an int3 stands here for a moment when the key
 * is turned: so only where an exception may hit, with the kernel's gs, page tables and stack.
 */
.macro STATIC_JUMP key:req, label:req
.Lstatic_jump_\@:
	.byte	0x0f, 0x1f, 0x44, 0x00, 0x00
	.pushsection __jump_table, "a"
	.balign	4
	.long	.Lstatic_jump_\@ - ., \label - ., \key - .
	.popsection
.endm
#else

static __always_inline bool arch_static_branch(const struct static_key *key)
{
	__asm__ goto("1: .byte 0x0f,0x1f,0x44,0x00,0x00\n"
		" .pushsection __jump_table,\"a\"\n"
		" .balign 4\n"
		" .long 1b - ., %l[on] - ., %c0 - .\n"
		" .popsection" : : "i"(key) : : on);
	return false;
on:
	return true;
}

struct jump_entry { s32 code, target, key; };

static inline u8 *jump_entry_code(const struct jump_entry *e)
{
	return (u8 *)&e->code + e->code;
}
static inline u8 *jump_entry_target(const struct jump_entry *e)
{
	return (u8 *)&e->target + e->target;
}
static inline struct static_key *jump_entry_key(const struct jump_entry *e)
{
	return (struct static_key *)((u8 *)&e->key + e->key);
}

#endif
#endif
