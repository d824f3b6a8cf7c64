/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit vDSO's clocks; see ../vclock_gettime.c. Two calls for the time: one gives seconds of
 * 32 bits, to libraries that end in 2038, the other of 64. Linux's twin:
 * arch/x86/entry/vdso/vdso32/vclock_gettime.c.
 */
#include <vitrix/compat.h>
#include "../vclock.h"

int __vdso_clock_gettime(clockid_t clock, struct old_timespec32 *ts);
int __vdso_clock_gettime64(clockid_t clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(clockid_t clock, struct old_timespec32 *res);
int __vdso_gettimeofday(struct old_timeval32 *tv, struct timezone *tz);
s32 __vdso_time(s32 *t);

/* false: only the kernel can tell. */
static noinline bool read_clock(u32 clock, u64 *ns)
{
	if (likely(clock_among(clock, HRES_CLOCKS)))
		return read_hres(clock, ns);
	if (!clock_among(clock, COARSE_CLOCKS))
		return false;
	*ns = read_coarse(clock);
	return true;
}

int __vdso_clock_gettime(clockid_t clock, struct old_timespec32 *ts)
{
	u64 ns;

	if (unlikely(!read_clock(clock, &ns)))
		return syscall2(__NR_clock_gettime, clock, ts);
	ts->tv_sec = whole_seconds(ns);
	ts->tv_nsec = (u32)ns - (u32)ts->tv_sec * (u32)NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_gettime64(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;
	u32 seconds;

	if (unlikely(!read_clock(clock, &ns)))
		return syscall2(__NR_clock_gettime64, clock, ts);
	seconds = whole_seconds(ns);
	ts->tv_sec = seconds;
	ts->tv_nsec = (u32)ns - seconds * (u32)NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_getres(clockid_t clock, struct old_timespec32 *res)
{
	if (unlikely(!clock_among(clock, HRES_CLOCKS | COARSE_CLOCKS)))
		return syscall2(__NR_clock_getres, clock, res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = clock_among(clock, HRES_CLOCKS) ? 1 : TICK_NSEC;
	}
	return 0;
}

int __vdso_gettimeofday(struct old_timeval32 *tv, struct timezone *tz)
{
	u64 ns;

	if (likely(tv)) {
		if (unlikely(!read_clock(CLOCK_REALTIME, &ns)))
			return syscall2(__NR_gettimeofday, (long)tv, tz);
		tv->tv_sec = whole_seconds(ns);
		tv->tv_usec = ((u32)ns - (u32)tv->tv_sec * (u32)NSEC_PER_SEC) / 1000;
	}
	if (unlikely(tz))
		*tz = vvar.tz;
	return 0;
}

s32 __vdso_time(s32 *t)
{
	u64 ns;
	s32 now;

	(void)read_clock(CLOCK_REALTIME_COARSE, &ns);	/* needs no TSC: cannot fail */
	now = whole_seconds(ns);
	if (unlikely(t))
		*t = now;
	return now;
}
