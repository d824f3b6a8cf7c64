/* SPDX-License-Identifier: MIT */
/*
 * struct user: a stopped task's registers as ptrace(2) numbers them. The user ABI's headers do not
 * have it; libcs do (<sys/user.h>). Linux's twin: arch/x86/include/asm/user_64.h.
 */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <vitrix/types.h>

struct user_i387_struct {		/* as FXSAVE writes it */
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u32 st_space[32], xmm_space[64], padding[24];
};

struct user_regs_struct {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;	/* up to here, pt_regs */
	unsigned long fs_base, gs_base;
	unsigned long ds, es, fs, gs;
};

struct user {
	struct user_regs_struct regs;
	int u_fpvalid;
	struct user_i387_struct i387;
	unsigned long u_tsize, u_dsize, u_ssize, start_code, start_stack;
	long signal;
	int reserved;
	unsigned long u_ar0, u_fpstate;
	unsigned long magic;
	char u_comm[32];
	unsigned long u_debugreg[8];
	unsigned long error_code, fault_address;
};
static_assert(sizeof(struct user) == 928, "struct user");

#endif
