/* SPDX-License-Identifier: MIT */
/*
 * Time as one signed 64-bit count of nanoseconds. Linux's twin:
 * include/linux/{ktime,timekeeping}.h.
 */
#ifndef VITRIX_KTIME_H
#define VITRIX_KTIME_H

#include <vitrix/types.h>
#include <linux/time_types.h>

#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_USEC	1000L
#define USEC_PER_SEC	1000000L
#define KTIME_MAX	((s64)0x7fffffffffffffffLL)
#define KTIME_SEC_MAX	(KTIME_MAX / NSEC_PER_SEC)

struct timespec64 { time64_t tv_sec; long tv_nsec; };

/* a + b, not past KTIME_MAX */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t r;

	return __builtin_add_overflow(a, b, &r) ? KTIME_MAX : r;
}
static inline ktime_t timespec64_to_ktime(struct timespec64 ts)
{
	return ts.tv_sec >= KTIME_SEC_MAX ? KTIME_MAX : ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}
static inline struct timespec64 ns_to_timespec64(s64 ns)
{
	struct timespec64 ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}
static inline bool timespec64_valid(const struct timespec64 *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

/* kernel/time/timekeeping.c; any context, few instructions */
ktime_t ktime_get(void);		/* CLOCK_MONOTONIC; never goes back */
ktime_t ktime_get_mono_fast_ns(void);	/* the same, also from NMI; may go back a little */
ktime_t ktime_get_real(void);		/* CLOCK_REALTIME */
ktime_t ktime_get_boottime(void);
time64_t ktime_get_real_seconds(void);
void ktime_get_real_ts64(struct timespec64 *ts);
/* wall time as of the last tick, for file timestamps */
struct timespec64 current_time_coarse(void);
int do_settimeofday64(const struct timespec64 *ts); /* fires clock-was-set for absolute timers */

ktime_t timekeeping_offs_real(void);	/* CLOCK_REALTIME - CLOCK_MONOTONIC */

/* user's struct __kernel_timespec <-> timespec64: 0 or -EFAULT (no validity check) */
int get_timespec64(struct timespec64 *ts, const void *uts);
int put_timespec64(const struct timespec64 *ts, void *uts);
/* with the width as an argument: <vitrix/compat.h> */

#endif
