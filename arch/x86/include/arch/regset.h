/* SPDX-License-Identifier: MIT */
/*
 * Sets of registers, as PTRACE_GETREGSET names them by the notes of core dumps. Which there are,
 * and how they are laid out, depends on the width of the code that the task runs. The task is
 * stopped, so that its registers lie in memory. Linux's twin: include/linux/regset.h.
 */
#ifndef ARCH_REGSET_H
#define ARCH_REGSET_H

#include <vitrix/sched.h>

/* The first size bytes of the set, to or from user memory. 0 or -errno. */
typedef long regset_fn(struct task_struct *task, void *user, size_t size);

struct regset {
	unsigned int type;		/* NT_* */
	unsigned int word;		/* what is asked for is a multiple of this */
	unsigned int size;		/* bytes; 0: as large as the CPU's extended state */
	regset_fn *get, *set;		/* set may be NULL */
};
struct regset_view { const struct regset *sets; unsigned int nr; };

extern const struct regset_view regset_view_64, regset_view_32;

/* regset.c; both views have them */
regset_fn regset_fx_get, regset_fx_set, regset_xstate_get, regset_xstate_set, regset_ioperm_get;
/* tls.c: the thread's slots of the GDT, as struct user_desc */
regset_fn regset_tls_get, regset_tls_set;
struct user_desc;
long ptrace_thread_area(struct task_struct *child, int slot, struct user_desc *u_info, bool set);
/* ia32/fpu.c: the x87's part in FSAVE's form */
regset_fn regset_fsave_get, regset_fsave_set;

/* ptrace.c: one register, by its offset in user_regs_struct. 0 or -EIO. */
unsigned long ptrace_getreg(struct task_struct *task, unsigned long offset);
long ptrace_putreg(struct task_struct *task, unsigned long offset, unsigned long value);
/* All of user_regs_struct. */
regset_fn regset_general_get, regset_general_set;

/* ia32/ptrace.c: the requests that look different to a tracer of 32 bits; falls to the others. */
long ia32_arch_ptrace(struct task_struct *child, long request, unsigned long addr,
		      unsigned long data);
/* What both widths have. */
long arch_ptrace_common(struct task_struct *child, long request, unsigned long addr,
			unsigned long data);

#endif
