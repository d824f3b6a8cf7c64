/* SPDX-License-Identifier: MIT */
/*
 * SGDT, SIDT, SMSW, SLDT and STR tell where the kernel keeps its tables. CPUs with UMIP let user
 * mode have them no more (#GP); the few programs that use them get made-up answers here, the same
 * that Linux gives. Linux's twin: arch/x86/kernel/umip.c; the encoding: SDM vol. 2, chapter 2.
 *
 *   [prefixes] [REX] 0f 00|01 modrm [sib] [disp]
 *                              |
 *                              reg: 00 /0 SLDT /1 STR    01 /0 SGDT /1 SIDT /4 SMSW
 *
 * Called by do_general_protection() for user mode, interrupts on; may sleep (the code and the
 * operand may have to be paged in). 64-bit code only.
 */
#include <vitrix/mm.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <vitrix/string.h>
#include <arch/traps.h>
#include "traps.h"

#define MAX_INSN	15
#define DUMMY_GDT_BASE	0xfffffffffffe0000UL
#define DUMMY_IDT_BASE	0xffffffffffff0000UL
#define DUMMY_CR0	0x80050033UL	/* PG AM WP NE ET MP PE */

struct insn {
	u8 bytes[MAX_INSN];
	int len, pos;			/* fetched, decoded */
	u8 rex, modrm;
	bool size16, address32, fs, gs;
};

static int next_byte(struct insn *insn)
{
	return insn->pos < insn->len ? insn->bytes[insn->pos++] : -1;
}

/* A little-endian signed number of n bytes out of the instruction. */
static bool get_displacement(struct insn *insn, int n, s64 *value)
{
	s32 disp = 0;

	if (insn->len - insn->pos < n)
		return false;
	memcpy(&disp, insn->bytes + insn->pos, n);
	insn->pos += n;
	*value = n == 1 ? (s8)disp : disp;
	return true;
}

static unsigned long *reg_of(struct pt_regs *regs, int n)
{
	unsigned long *const map[16] = {
		&regs->ax, &regs->cx, &regs->dx, &regs->bx, &regs->sp, &regs->bp, &regs->si,
		&regs->di, &regs->r8, &regs->r9, &regs->r10, &regs->r11, &regs->r12, &regs->r13,
		&regs->r14, &regs->r15,
	};

	return map[n & 15];
}

/* Prefixes and opcode: true for 0f 00 and 0f 01, whose second byte it returns in *opcode. */
static bool decode_opcode(struct insn *insn, u8 *opcode)
{
	int c;

	for (;;) {
		c = next_byte(insn);
		if (c == 0x66)
			insn->size16 = true;
		else if (c == 0x67)
			insn->address32 = true;
		else if (c == 0x64 || c == 0x65)
			insn->fs = c == 0x64, insn->gs = c == 0x65;
		else if (c != 0x2e && c != 0x36 && c != 0x3e && c != 0x26 && c != 0xf2 && c != 0xf3)
			break;
	}
	if ((c & ~0xf) == 0x40) {
		insn->rex = c;
		c = next_byte(insn);
	}
	if (c != 0x0f)
		return false;
	c = next_byte(insn);
	*opcode = c;
	if (c != 0 && c != 1)
		return false;
	c = next_byte(insn);
	insn->modrm = c;
	return c >= 0;
}

/* Base and scaled index of a SIB byte. */
static bool decode_sib(struct insn *insn, struct pt_regs *regs, u64 *address, int *disp_size)
{
	int sib = next_byte(insn), index, base;

	if (sib < 0)
		return false;
	index = (sib >> 3 & 7) | (insn->rex & 2 ? 8 : 0);
	base = (sib & 7) | (insn->rex & 1 ? 8 : 0);
	if (index != 4)
		*address += *reg_of(regs, index) << (sib >> 6);
	if ((sib & 7) == 5 && insn->modrm >> 6 == 0)
		*disp_size = 4;
	else
		*address += *reg_of(regs, base);
	return true;
}

/* Where the memory operand is; the rest of the instruction is consumed. */
static bool decode_address(struct insn *insn, struct pt_regs *regs, u64 *address)
{
	int mod = insn->modrm >> 6, rm = insn->modrm & 7;
	int disp_size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	bool rip_relative = mod == 0 && rm == 5;
	s64 disp = 0;

	*address = 0;
	if (rip_relative)
		disp_size = 4;
	else if (rm == 4) {
		if (!decode_sib(insn, regs, address, &disp_size))
			return false;
	} else {
		*address = *reg_of(regs, rm | (insn->rex & 1 ? 8 : 0));
	}
	if (disp_size && !get_displacement(insn, disp_size, &disp))
		return false;
	*address += disp;
	if (rip_relative)
		*address += regs->ip + insn->pos;
	if (insn->address32)
		*address = (u32)*address;
	if (insn->fs)
		*address += rdmsr(MSR_FS_BASE);
	if (insn->gs)
		*address += rdmsr(MSR_KERNEL_GS_BASE);
	return true;
}

/* What the instruction would have stored; the number of bytes, 0 if it is another one. */
static int made_up_answer(u8 opcode, int reg, bool to_register, u8 *data)
{
	u64 value = 0;

	if (opcode == 1 && (reg == 0 || reg == 1) && !to_register) {
		u64 base = reg == 0 ? DUMMY_GDT_BASE : DUMMY_IDT_BASE;

		memset(data, 0, 2);	/* limit */
		memcpy(data + 2, &base, 8);
		return 10;
	}
	if (opcode == 1 && reg == 4)
		value = DUMMY_CR0;
	else if (opcode == 0 && reg == 1)
		value = GDT_ENTRY_TSS * 8;
	else if (opcode == 0 && reg == 0)
		value = current->mm->ldt ? GDT_ENTRY_LDT * 8 : 0;
	else
		return 0;
	memcpy(data, &value, 8);
	return to_register ? 8 : 2;
}

static void store_register(struct insn *insn, struct pt_regs *regs, const u8 *data)
{
	unsigned long *reg = reg_of(regs, (insn->modrm & 7) | (insn->rex & 1 ? 8 : 0)), value;

	memcpy(&value, data, 8);
	if (insn->size16 && !(insn->rex & 8))
		*reg = (*reg & ~0xffffUL) | (value & 0xffff);
	else
		*reg = value;
}

/* false: it was something else, the #GP stands. */
bool fixup_umip_exception(struct pt_regs *regs)
{
	struct insn insn = { .len = MAX_INSN };
	u8 opcode, data[16];
	bool to_register;
	u64 address;
	int size;

	insn.len -= copy_from_user(insn.bytes, (const void *)regs->ip, MAX_INSN);
	if (regs->cs != __USER_CS || !decode_opcode(&insn, &opcode))
		return false;
	to_register = insn.modrm >> 6 == 3;
	size = made_up_answer(opcode, insn.modrm >> 3 & 7, to_register, data);
	if (!size)
		return false;
	if (to_register) {
		store_register(&insn, regs, data);
	} else {
		if (!decode_address(&insn, regs, &address))
			return false;
		if (copy_to_user((void *)address, data, size)) {
			note_trap(X86_TRAP_PF, X86_PF_USER | X86_PF_WRITE);
			current->thread.cr2 = address;
			force_sig_fault(SIGSEGV, SEGV_MAPERR, (void *)address);
			return true;
		}
	}
	regs->ip += insn.pos;
	return true;
}
