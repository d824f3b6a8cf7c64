/* SPDX-License-Identifier: MIT */
/*
 * struct user32: a stopped task's registers as a 32-bit tracer's ptrace(2) numbers them. The user
 * ABI's headers do not have it. Linux's twin: arch/x86/include/asm/user32.h.
 */
#ifndef ARCH_USER32_H
#define ARCH_USER32_H

#include <vitrix/types.h>

struct user_i387_ia32_struct {		/* as FSAVE writes it */
	u32 cwd, swd, twd, fip, fcs, foo, fos;
	u8 st_space[8][10];
};
static_assert(sizeof(struct user_i387_ia32_struct) == 108, "FSAVE");

struct user_regs_struct32 {
	u32 ebx, ecx, edx, esi, edi, ebp, eax;
	u32 ds, es, fs, gs;
	u32 orig_eax, eip, cs, eflags, esp, ss;
};

struct user32 {
	struct user_regs_struct32 regs;
	s32 u_fpvalid;
	struct user_i387_ia32_struct i387;
	u32 u_tsize, u_dsize, u_ssize, start_code, start_stack;
	s32 signal, reserved;
	u32 u_ar0, u_fpstate;
	u32 magic;
	char u_comm[32];
	u32 u_debugreg[8];
};
static_assert(sizeof(struct user32) == 284, "struct user32");

#endif
