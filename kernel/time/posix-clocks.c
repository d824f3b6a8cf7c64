/* SPDX-License-Identifier: MIT */
/*
 * clock_gettime(2) and kin: which clockid_t is which clock.
 *
 * Negative clockids are CPU clocks of a process or thread: ~pid << 3 | per-thread bit | what
 * (posix-cpu-timers.c). Linux's twin: kernel/time/posix-timers.c's first half.
 * Left out: dynamic clocks (a file descriptor in the clockid), alarm clocks that wake a suspended
 * machine (reading them works, sleeping on them is -EOPNOTSUPP).
 */
#include <vitrix/cred.h>
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>
#include "internal.h"

static int make_cpu_clock(int bits)
{
	return (~0 << 3) | bits;	/* pid 0: current */
}

int posix_clock_get(clockid_t clockid, ktime_t *now)
{
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_REALTIME_ALARM:
		*now = ktime_get_real();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*now = ktime_get();
		return 0;
	case CLOCK_REALTIME_COARSE:
		*now = ktime_get_coarse_real();
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*now = ktime_get_coarse();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		return posix_cpu_clock_get(make_cpu_clock(CPUCLOCK_SCHED), now);
	case CLOCK_THREAD_CPUTIME_ID:
		*now = thread_cpu_sample(current, CPUCLOCK_SCHED);
		return 0;
	}
	return clockid < 0 ? posix_cpu_clock_get(clockid, now) : -EINVAL;
}

static __always_inline long do_clock_gettime(clockid_t which_clock, void *tp, bool time32)
{
	struct timespec64 ts;
	ktime_t now;
	int err = posix_clock_get(which_clock, &now);

	if (err)
		return err;
	ts = ns_to_timespec64(now);
	return put_timespec(&ts, tp, time32);
}

__bounded_frame
long __x64_sys_clock_gettime(clockid_t which_clock, struct __kernel_timespec __user *tp)
{
	return do_clock_gettime(which_clock, tp, false);
}

long __ia32_sys_clock_gettime32(clockid_t which_clock, struct old_timespec32 __user *tp)
{
	return do_clock_gettime(which_clock, tp, true);
}

static long do_clock_settime(clockid_t which_clock, const void *tp, bool time32)
{
	struct timespec64 ts;

	if (which_clock < 0) {
		int err = posix_cpu_clock_check(which_clock);

		return err ? err : -EPERM;
	}
	if (which_clock != CLOCK_REALTIME)
		return -EINVAL;
	if (get_timespec(&ts, tp, time32))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	return do_settimeofday64(&ts);
}

long __x64_sys_clock_settime(clockid_t which_clock, const struct __kernel_timespec __user *tp)
{
	return do_clock_settime(which_clock, tp, false);
}

long __ia32_sys_clock_settime32(clockid_t which_clock, struct old_timespec32 __user *tp)
{
	return do_clock_settime(which_clock, tp, true);
}

static long do_clock_getres(clockid_t which_clock, void *tp, bool time32)
{
	struct timespec64 ts = { 0, 1 };

	if (which_clock < 0) {
		int err = posix_cpu_clock_check(which_clock);

		if (err)
			return err;
		if ((which_clock & 3) != CPUCLOCK_SCHED)
			ts.tv_nsec = TICK_NSEC;
	} else if (which_clock == CLOCK_REALTIME_COARSE || which_clock == CLOCK_MONOTONIC_COARSE) {
		ts.tv_nsec = TICK_NSEC;
	} else if (which_clock > CLOCK_TAI || which_clock == CLOCK_SGI_CYCLE) {
		return -EINVAL;
	}
	return tp ? put_timespec(&ts, tp, time32) : 0;
}

long __x64_sys_clock_getres(clockid_t which_clock, struct __kernel_timespec __user *tp)
{
	return do_clock_getres(which_clock, tp, false);
}

long __ia32_sys_clock_getres_time32(clockid_t which_clock, struct old_timespec32 __user *tp)
{
	return do_clock_getres(which_clock, tp, true);
}
