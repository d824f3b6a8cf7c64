/* SPDX-License-Identifier: MIT */
/*
 * Sets of registers: PTRACE_GETREGSET and SETREGSET (arch/x86/include/arch/regset.h). Linux's twin:
 * arch/x86/kernel/ptrace.c, kernel/regset.c.
 *
 *   code that the task runs      general      x87          x87, SSE     and more
 *   64 bits                      NT_PRSTATUS               NT_PRFPREG   NT_X86_XSTATE
 *   32 bits (ia32/ptrace.c)      NT_PRSTATUS  NT_PRFPREG   NT_PRXFPREG  NT_X86_XSTATE, NT_386_TLS
 *
 * So a tracer sees by the size of NT_PRSTATUS what it has before it. The task is stopped; no lock.
 */
#include <vitrix/ptrace.h>
#include <vitrix/uaccess.h>
#include <arch/fpu.h>
#include <arch/ioport.h>
#include <arch/regset.h>
#include <arch/segment.h>
#include <arch/user.h>
#include <linux/elf.h>
#include <linux/uio.h>

/* Floating point is read in any length, but written as a whole only: half a state would be none. */
long regset_fx_get(struct task_struct *task, void *user, size_t size)
{
	return fpu_regset_get(task, user, size, false);
}

long regset_fx_set(struct task_struct *task, void *user, size_t size)
{
	if (size != sizeof(struct user_i387_struct))
		return -EINVAL;
	return fpu_regset_set(task, user, size, false);
}

long regset_xstate_get(struct task_struct *task, void *user, size_t size)
{
	return fpu_regset_get(task, user, size, true);
}

long regset_xstate_set(struct task_struct *task, void *user, size_t size)
{
	return size == fpu_xstate_size() ? fpu_regset_set(task, user, size, true) : -EFAULT;
}

/* Which ports it may not use, a bit each; -ENXIO: all. */
long regset_ioperm_get(struct task_struct *task, void *user, size_t size)
{
	const void *bits = io_bitmap_bits(task);

	if (!bits)
		return -ENXIO;
	return copy_to_user(user, bits, size) ? -EFAULT : 0;
}

static const struct regset sets_64[] = {
	{ NT_PRSTATUS, sizeof(long), sizeof(struct user_regs_struct),
	  regset_general_get, regset_general_set },
	{ NT_PRFPREG, sizeof(long), sizeof(struct user_i387_struct), regset_fx_get, regset_fx_set },
	{ NT_X86_XSTATE, sizeof(u64), 0, regset_xstate_get, regset_xstate_set },
	{ NT_386_IOPERM, sizeof(long), IO_BITMAP_BYTES, regset_ioperm_get, NULL },
};
const struct regset_view regset_view_64 = { sets_64, ARRAY_SIZE(sets_64) };

static const struct regset *find_regset(struct task_struct *task, unsigned int type)
{
	const struct regset_view *view = task_pt_regs(task)->cs == __USER_CS ? &regset_view_64 :
					 &regset_view_32;

	for (unsigned int i = 0; i < view->nr; i++)
		if (view->sets[i].type == type)
			return &view->sets[i];
	return NULL;
}

/* iov_len comes back as what was there to copy. */
long ptrace_regset(struct task_struct *child, long request, unsigned int type, struct iovec *iov)
{
	const struct regset *set = find_regset(child, type);
	regset_fn *fn;
	size_t whole;

	if (!set || iov->iov_len % set->word)
		return -EINVAL;
	whole = set->size ? set->size : fpu_xstate_size();
	if (!whole)
		return -ENODEV;
	iov->iov_len = min_t(size_t, iov->iov_len, whole);
	fn = request == PTRACE_SETREGSET ? set->set : set->get;
	return fn ? fn(child, iov->iov_base, iov->iov_len) : -EOPNOTSUPP;
}
