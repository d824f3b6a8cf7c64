/* SPDX-License-Identifier: MIT */
/*
 * select(2) and pselect6(2), for both widths: the user's time and mask are read here, select.c does
 * the waiting. Bitmaps are the same in words of four and of eight bytes, but for how many bytes may
 * be touched behind the last bit. Linux's twin: fs/select.c. No state, no lock.
 */
#include <vitrix/compat.h>
#include <vitrix/err.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include "select.h"

static int limit_from_timeval(struct poll_limit *limit, s64 sec, s64 usec)
{
	struct timespec64 ts = { sec + usec / USEC_PER_SEC, usec % USEC_PER_SEC * 1000 };

	return limit_from_timespec(limit, &ts);
}

long __x64_sys_select(int n, __kernel_fd_set __user *inp, __kernel_fd_set __user *outp,
		      __kernel_fd_set __user *exp, struct __kernel_old_timeval __user *tvp)
{
	void *usets[NR_SETS] = { inp, outp, exp };
	struct poll_limit limit = { .deadline = KTIME_MAX };
	struct __kernel_old_timeval tv;
	int error;

	if (tvp) {
		if (copy_from_user(&tv, tvp, sizeof(tv)))
			return -EFAULT;
		error = limit_from_timeval(&limit, tv.tv_sec, tv.tv_usec);
		if (error)
			return error;
	}
	return write_back_limit(&limit, tvp, FORM_TIMEVAL,
				core_sys_select(n, usets, limit.deadline, sizeof(long)));
}

long __ia32_compat_sys_select(int n, u32 __user *inp, u32 __user *outp, u32 __user *exp,
			      struct old_timeval32 __user *tvp)
{
	void *usets[NR_SETS] = { inp, outp, exp };
	struct poll_limit limit = { .deadline = KTIME_MAX };
	struct old_timeval32 tv;
	int error;

	if (tvp) {
		if (copy_from_user(&tv, tvp, sizeof(tv)))
			return -EFAULT;
		error = limit_from_timeval(&limit, tv.tv_sec, tv.tv_usec);
		if (error)
			return error;
	}
	return write_back_limit(&limit, tvp, FORM_TIMEVAL32,
				core_sys_select(n, usets, limit.deadline, sizeof(u32)));
}

/* i386, 82: all arguments in memory, since once a call had three registers. */
long __ia32_sys_old_select(struct compat_sel_arg_struct __user *arg)
{
	struct compat_sel_arg_struct a;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	return __ia32_compat_sys_select(a.n, compat_ptr(a.inp), compat_ptr(a.outp),
					compat_ptr(a.exp), compat_ptr(a.tvp));
}

/* usets, tsp, mask: the user's. word: bytes of a long of his. */
static long do_pselect(int n, void *const usets[NR_SETS], void *tsp, const void *mask,
		       size_t mask_size, size_t word, bool time32)
{
	struct poll_limit limit;
	long ret;

	ret = get_poll_limit(&limit, tsp, time32);
	if (!ret)
		ret = set_user_sigmask(mask, mask_size);
	if (ret)
		return ret;
	ret = core_sys_select(n, usets, limit.deadline, word);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	return write_back_limit(&limit, tsp, time32 ? FORM_TIMESPEC32 : FORM_TIMESPEC, ret);
}

long __x64_sys_pselect6(int n, __kernel_fd_set __user *inp, __kernel_fd_set __user *outp,
			__kernel_fd_set __user *exp, struct __kernel_timespec __user *tsp,
			void __user *sig)
{
	void *usets[NR_SETS] = { inp, outp, exp };
	struct { const void *mask; size_t size; } arg = { NULL, 0 };

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	return do_pselect(n, usets, tsp, arg.mask, arg.size, sizeof(long), false);
}

static long compat_pselect(int n, u32 *inp, u32 *outp, u32 *exp, void *tsp, void *sig, bool time32)
{
	void *usets[NR_SETS] = { inp, outp, exp };
	struct { compat_uptr_t mask; u32 size; } arg = { 0, 0 };

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	return do_pselect(n, usets, tsp, compat_ptr(arg.mask), arg.size, sizeof(u32), time32);
}

long __ia32_compat_sys_pselect6(int n, u32 __user *inp, u32 __user *outp, u32 __user *exp,
				struct __kernel_timespec __user *tsp, void __user *sig)
{
	return compat_pselect(n, inp, outp, exp, tsp, sig, false);
}

long __ia32_sys_pselect6_time32(int n, u32 __user *inp, u32 __user *outp, u32 __user *exp,
				struct old_timespec32 __user *tsp, void __user *sig)
{
	return compat_pselect(n, inp, outp, exp, tsp, sig, true);
}
