/* SPDX-License-Identifier: MIT */
/*
 * nanosleep(2), clock_nanosleep(2).
 *
 * A signal ends a relative sleep with -ERESTART_RESTARTBLOCK: if no handler runs,
 * restart_syscall(2) sleeps on until the same end; if one does, the user gets -EINTR and what was
 * left. An absolute sleep is simply called again. Linux's twin: kernel/time/hrtimer.c's end. No
 * lock of its own: the timer is on the sleeper's stack. Left out: alarm clocks.
 */
#include <vitrix/err.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>
#include "internal.h"

static long nanosleep_restart(struct restart_block *restart);

/* Sleeps until expires on clock. 0, or -EINTR on a signal. */
static int __sched sleep_until(ktime_t expires, int clock)
{
	int ret;

	current->wait_name = "nanosleep";
	do {
		set_current_state(TASK_INTERRUPTIBLE);
		ret = schedule_hrtimeout_clock(expires, clock);
	} while (ret && !signal_pending(current));
	current->wait_name = NULL;
	return ret;
}

/* rmtp: user address for what is left, or NULL; time32: in the old 32-bit form. */
static long hrtimer_nanosleep(ktime_t expires, void *rmtp, bool time32)
{
	struct restart_block *restart = &current->restart_block;
	struct timespec64 left;
	ktime_t ns;

	if (!sleep_until(expires, CLOCK_MONOTONIC))
		return 0;
	ns = expires - ktime_get();
	if (ns <= 0)
		return 0;
	left = ns_to_timespec64(ns);
	if (rmtp && put_timespec(&left, rmtp, time32))
		return -EFAULT;
	restart->fn = nanosleep_restart;
	restart->nanosleep.clockid = CLOCK_MONOTONIC;
	restart->nanosleep.rmtp = rmtp;
	restart->nanosleep.time32 = time32;
	restart->nanosleep.expires = expires;
	return -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *restart)
{
	return hrtimer_nanosleep(restart->nanosleep.expires, restart->nanosleep.rmtp,
				 restart->nanosleep.time32);
}

static long do_nanosleep(const void *rqtp, void *rmtp, bool time32)
{
	struct timespec64 ts;

	if (get_timespec(&ts, rqtp, time32))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	return hrtimer_nanosleep(ktime_add_safe(ktime_get(), timespec64_to_ktime(ts)), rmtp,
				 time32);
}

long __x64_sys_nanosleep(struct __kernel_timespec __user *rqtp,
			 struct __kernel_timespec __user *rmtp)
{
	return do_nanosleep(rqtp, rmtp, false);
}

long __ia32_compat_sys_nanosleep(struct old_timespec32 __user *rqtp,
				 struct old_timespec32 __user *rmtp)
{
	return do_nanosleep(rqtp, rmtp, true);
}

static bool clock_exists(clockid_t clockid)
{
	return clockid >= 0 && clockid <= CLOCK_TAI && clockid != CLOCK_SGI_CYCLE;
}

static long do_clock_nanosleep(clockid_t which_clock, int flags, const void *rqtp, void *rmtp,
			       bool time32)
{
	int clock = hrtimer_clock(which_clock);
	struct timespec64 ts;

	if (clock < 0)
		return clock_exists(which_clock) || which_clock < 0 ? -EOPNOTSUPP : -EINVAL;
	if (get_timespec(&ts, rqtp, time32))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	/* A relative sleep lasts as long as it says, whatever happens to the wall clock. */
	if (!(flags & TIMER_ABSTIME))
		return hrtimer_nanosleep(ktime_add_safe(ktime_get(), timespec64_to_ktime(ts)),
					 rmtp, time32);
	return sleep_until(timespec64_to_ktime(ts), clock) ? -ERESTARTNOHAND : 0;
}

long __x64_sys_clock_nanosleep(clockid_t which_clock, int flags,
			       const struct __kernel_timespec __user *rqtp,
			       struct __kernel_timespec __user *rmtp)
{
	return do_clock_nanosleep(which_clock, flags, rqtp, rmtp, false);
}

long __ia32_sys_clock_nanosleep_time32(clockid_t which_clock, int flags,
				       struct old_timespec32 __user *rqtp,
				       struct old_timespec32 __user *rmtp)
{
	return do_clock_nanosleep(which_clock, flags, rqtp, rmtp, true);
}
