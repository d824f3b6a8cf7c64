/* SPDX-License-Identifier: MIT */
/*
 * Times as 32-bit programs have them: struct timespec with seconds of 32 bits, which end in 2038,
 * and struct timex. Calls whose only difference is that form take the width as an argument, and are
 * where their 64-bit brothers are. Linux's twin: kernel/time/time.c, kernel/compat.c. No state, no
 * lock; user memory is touched, so all of it may sleep.
 */
#include <vitrix/compat.h>
#include <vitrix/ktime.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/timex.h>
#include "internal.h"

int get_old_timespec32(struct timespec64 *ts, const void *uts)
{
	struct old_timespec32 ts32;

	if (copy_from_user(&ts32, uts, sizeof(ts32)))
		return -EFAULT;
	ts->tv_sec = ts32.tv_sec;
	ts->tv_nsec = ts32.tv_nsec;
	return 0;
}

int put_old_timespec32(const struct timespec64 *ts, void *uts)
{
	struct old_timespec32 ts32 = { ts->tv_sec, ts->tv_nsec };

	return copy_to_user(uts, &ts32, sizeof(ts32)) ? -EFAULT : 0;
}

int get_itimerspec(struct timespec64 *value, struct timespec64 *interval, const void *uspec,
		   bool time32)
{
	/* it_interval comes first, in both forms. */
	const char *at = uspec;
	size_t size = time32 ? sizeof(struct old_timespec32) : sizeof(struct __kernel_timespec);

	return get_timespec(interval, at, time32) || get_timespec(value, at + size, time32) ?
	       -EFAULT : 0;
}

int put_itimerspec(s64 value, s64 interval, void *uspec, bool time32)
{
	struct timespec64 v = ns_to_timespec64(value), i = ns_to_timespec64(interval);
	size_t size = time32 ? sizeof(struct old_timespec32) : sizeof(struct __kernel_timespec);
	char *at = uspec;

	return put_timespec(&i, at, time32) || put_timespec(&v, at + size, time32) ? -EFAULT : 0;
}

/* ---- struct timex ---- */

static int get_timex32(struct __kernel_timex *txc, const struct old_timex32 *utx)
{
	struct old_timex32 t;

	if (copy_from_user(&t, utx, sizeof(t)))
		return -EFAULT;
	*txc = (struct __kernel_timex){
		.modes = t.modes, .offset = t.offset, .freq = t.freq, .maxerror = t.maxerror,
		.esterror = t.esterror, .status = t.status, .constant = t.constant,
		.precision = t.precision, .tolerance = t.tolerance,
		.time = { t.time.tv_sec, t.time.tv_usec }, .tick = t.tick, .ppsfreq = t.ppsfreq,
		.jitter = t.jitter, .shift = t.shift, .stabil = t.stabil, .jitcnt = t.jitcnt,
		.calcnt = t.calcnt, .errcnt = t.errcnt, .stbcnt = t.stbcnt,
	};
	return 0;
}

static int put_timex32(struct old_timex32 *utx, const struct __kernel_timex *txc)
{
	struct old_timex32 t = {
		.modes = txc->modes, .offset = txc->offset, .freq = txc->freq,
		.maxerror = txc->maxerror, .esterror = txc->esterror, .status = txc->status,
		.constant = txc->constant, .precision = txc->precision,
		.tolerance = txc->tolerance, .time = { txc->time.tv_sec, txc->time.tv_usec },
		.tick = txc->tick, .ppsfreq = txc->ppsfreq, .jitter = txc->jitter,
		.shift = txc->shift, .stabil = txc->stabil, .jitcnt = txc->jitcnt,
		.calcnt = txc->calcnt, .errcnt = txc->errcnt, .stbcnt = txc->stbcnt,
		.tai = txc->tai,
	};

	return copy_to_user(utx, &t, sizeof(t)) ? -EFAULT : 0;
}

long __ia32_compat_sys_adjtimex(struct old_timex32 __user *txc_p)
{
	struct __kernel_timex txc;
	long ret;

	if (get_timex32(&txc, txc_p))
		return -EFAULT;
	ret = do_adjtimex(&txc);
	return put_timex32(txc_p, &txc) ? -EFAULT : ret;
}

long __ia32_sys_clock_adjtime32(clockid_t which_clock, struct old_timex32 __user *utx)
{
	struct __kernel_timex txc;
	long ret;

	if (get_timex32(&txc, utx))
		return -EFAULT;
	ret = clock_adjtime(which_clock, &txc);
	return ret >= 0 && put_timex32(utx, &txc) ? -EFAULT : ret;
}
