/* SPDX-License-Identifier: MIT */
/*
 * The old calls for the wall clock: time(2), gettimeofday(2), settimeofday(2); and struct timespec
 * to and from user memory. Linux's twin: kernel/time/time.c. No state, no lock: timekeeping.c has
 * both.
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <vitrix/vdso_data.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>
#include "internal.h"

__bounded_frame int get_timespec64(struct timespec64 *ts, const void *uts)
{
	struct __kernel_timespec kts;

	if (copy_from_user(&kts, uts, sizeof(kts)))
		return -EFAULT;
	ts->tv_sec = kts.tv_sec;
	ts->tv_nsec = kts.tv_nsec;
	/* A 32-bit program's tv_nsec has four bytes, and what lies behind it is padding. */
	if (unlikely(kts.tv_nsec >> 32) && in_ia32_syscall())
		ts->tv_nsec = (u32)kts.tv_nsec;
	return 0;
}

__bounded_frame int put_timespec64(const struct timespec64 *ts, void *uts)
{
	struct __kernel_timespec kts = { .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };

	return copy_to_user(uts, &kts, sizeof(kts)) ? -EFAULT : 0;
}

long __x64_sys_time(__kernel_old_time_t __user *tloc)
{
	time64_t now = ktime_get_real_seconds();

	if (tloc && put_user((__kernel_old_time_t)now, tloc))
		return -EFAULT;
	return now;
}

long __x64_sys_gettimeofday(struct __kernel_old_timeval __user *tv, struct timezone __user *tz)
{
	if (tv) {
		struct timespec64 ts;
		struct __kernel_old_timeval ktv;

		ktime_get_real_ts64(&ts);
		ktv.tv_sec = ts.tv_sec;
		ktv.tv_usec = ts.tv_nsec / NSEC_PER_USEC;
		if (copy_to_user(tv, &ktv, sizeof(ktv)))
			return -EFAULT;
	}
	if (tz && copy_to_user(tz, &vdso_page.data.tz, sizeof(*tz)))
		return -EFAULT;
	return 0;
}

/*
 * The first call with a time zone and no time means that the battery-backed clock runs in local
 * time: the wall clock is moved to UTC, once.
 */
static int set_timezone(const struct timezone *tz, bool with_time)
{
	static bool warped;
	struct timespec64 ts;

	if (tz->tz_minuteswest > 15 * 60 || tz->tz_minuteswest < -15 * 60)
		return -EINVAL;
	vdso_page.data.tz = *tz;
	if (!xchg(&warped, true) && !with_time && tz->tz_minuteswest) {
		ktime_get_real_ts64(&ts);
		ts.tv_sec += tz->tz_minuteswest * 60L;
		return do_settimeofday64(&ts);
	}
	return 0;
}

/* tv: the kernel's copy, or NULL. */
static long do_settimeofday(const struct __kernel_old_timeval *tv, struct timezone __user *tz)
{
	struct timespec64 ts;
	struct timezone ktz;
	int err;

	if (tv) {
		if (tv->tv_usec < 0 || tv->tv_usec >= USEC_PER_SEC)
			return -EINVAL;
		ts = (struct timespec64){ tv->tv_sec, tv->tv_usec * NSEC_PER_USEC };
		if (!timespec64_valid(&ts))
			return -EINVAL;
	}
	if (tz && copy_from_user(&ktz, tz, sizeof(ktz)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (tz) {
		err = set_timezone(&ktz, tv != NULL);
		if (err)
			return err;
	}
	return tv ? do_settimeofday64(&ts) : 0;
}

long __x64_sys_settimeofday(struct __kernel_old_timeval __user *tv, struct timezone __user *tz)
{
	struct __kernel_old_timeval ktv;

	if (tv && copy_from_user(&ktv, tv, sizeof(ktv)))
		return -EFAULT;
	return do_settimeofday(tv ? &ktv : NULL, tz);
}

long __ia32_compat_sys_settimeofday(struct old_timeval32 __user *tv, struct timezone __user *tz)
{
	struct __kernel_old_timeval ktv;
	struct old_timeval32 tv32;

	if (tv) {
		if (copy_from_user(&tv32, tv, sizeof(tv32)))
			return -EFAULT;
		ktv = (struct __kernel_old_timeval){ tv32.tv_sec, tv32.tv_usec };
	}
	return do_settimeofday(tv ? &ktv : NULL, tz);
}

long __ia32_compat_sys_gettimeofday(struct old_timeval32 __user *tv, struct timezone __user *tz)
{
	if (tv) {
		struct timespec64 ts;
		struct old_timeval32 tv32;

		ktime_get_real_ts64(&ts);
		tv32 = (struct old_timeval32){ ts.tv_sec, ts.tv_nsec / NSEC_PER_USEC };
		if (copy_to_user(tv, &tv32, sizeof(tv32)))
			return -EFAULT;
	}
	if (tz && copy_to_user(tz, &vdso_page.data.tz, sizeof(*tz)))
		return -EFAULT;
	return 0;
}
