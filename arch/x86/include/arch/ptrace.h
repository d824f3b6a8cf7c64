/* SPDX-License-Identifier: MIT */
/*
 * pt_regs: the user's registers as they lie at the top of the task's kernel stack while it is in
 * the kernel, laid out as on Linux. The CPU (or the syscall entry) pushes the upper five words, the
 * entry code the rest.
 *
 *   high  +----------+  <- top of the kernel stack (TSS.rsp0, cpu_current_top_of_stack)
 *         | ss       |
 *         | sp       |
 *         | flags    |  pushed by the CPU for interrupts and exceptions,
 *         | cs       |  by entry_SYSCALL_64 for system calls
 *         | ip       |
 *         | orig_ax  |  system call number, error code, or -1 - vector for interrupts
 *         | di si dx cx ax r8 r9 r10 r11     caller-saved: pushed at every entry
 *         | bx bp r12 r13 r14 r15            callee-saved: room; filled on the slow path
 *   low   +----------+  <- struct pt_regs *
 *
 * Linux's twin: arch/x86/include/asm/ptrace.h.
 */
#ifndef ARCH_PTRACE_H
#define ARCH_PTRACE_H

#include <arch/segment.h>

/* offsets for entry_64.S; checked against the struct in arch/x86/kernel/asm-offsets.c */
#define PT_R15 0
#define PT_R14 8
#define PT_R13 16
#define PT_R12 24
#define PT_RBP 32
#define PT_RBX 40
#define PT_R11 48
#define PT_R10 56
#define PT_R9 64
#define PT_R8 72
#define PT_RAX 80
#define PT_RCX 88
#define PT_RDX 96
#define PT_RSI 104
#define PT_RDI 112
#define PT_ORIG_RAX 120
#define PT_RIP 128
#define PT_CS 136
#define PT_EFLAGS 144
#define PT_RSP 152
#define PT_SS 160
#define PT_SIZE 168

#define X86_EFLAGS_CF	(1UL << 0)
#define X86_EFLAGS_FIXED (1UL << 1)
#define X86_EFLAGS_PF	(1UL << 2)
#define X86_EFLAGS_AF	(1UL << 4)
#define X86_EFLAGS_ZF	(1UL << 6)
#define X86_EFLAGS_SF	(1UL << 7)
#define X86_EFLAGS_TF	(1UL << 8)
#define X86_EFLAGS_IF	(1UL << 9)
#define X86_EFLAGS_DF	(1UL << 10)
#define X86_EFLAGS_OF	(1UL << 11)
#define X86_EFLAGS_IOPL	(3UL << 12)
#define X86_EFLAGS_NT	(1UL << 14)
#define X86_EFLAGS_RF	(1UL << 16)
#define X86_EFLAGS_AC	(1UL << 18)

#ifndef __ASSEMBLER__
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

/* The interrupted code is 64-bit code. */
static inline int user_64bit_mode(const struct pt_regs *regs) { return regs->cs == __USER_CS; }
static inline int user_mode(const struct pt_regs *regs) { return (regs->cs & 3) == 3; }
#endif

#endif
