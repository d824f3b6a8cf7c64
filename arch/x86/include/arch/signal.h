/* SPDX-License-Identifier: MIT */
/*
 * What the frames of both widths share. arch/x86/kernel/signal.c, arch/x86/ia32/signal.c; the
 * selectors are process.c's.
 */
#ifndef ARCH_SIGNAL_H
#define ARCH_SIGNAL_H

#include <vitrix/signal.h>
#include <arch/ptrace.h>
#include <linux/signal.h>

/* What a program may set in rflags by sigreturn. */
#define FIX_EFLAGS	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF | \
			 X86_EFLAGS_SF | X86_EFLAGS_ZF | X86_EFLAGS_AF | X86_EFLAGS_PF | \
			 X86_EFLAGS_CF | X86_EFLAGS_RF)

/* The mask that sigreturn is to bring back. */
static inline const u64 *sigmask_to_save(void)
{
	return current->restore_sigmask ? &current->saved_sigmask : &current->blocked;
}

static inline bool in_altstack(unsigned long sp)
{
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

/*
 * On the alternate stack, or about to go there (switches): what it has no room for must not go
 * below its end. sp: the interrupted code's.
 */
static inline bool leaves_altstack(bool switches, unsigned long sp, unsigned long frame)
{
	bool on = !(current->sas_ss_flags & SS_AUTODISARM) && in_altstack(sp);

	return (on || switches) && !in_altstack(frame);
}

/* ds, es, fs, gs of the running task. A selector that cannot be loaded becomes 0. */
struct user_selectors { u16 ds, es, fs, gs; };
void read_user_selectors(struct user_selectors *sel);
void load_user_selectors(const struct user_selectors *sel);
void load_user_data_segments(unsigned int ds, unsigned int es);

#endif
