/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's clocks: user code that the kernel brings along. It runs in ring 3, in the program's
 * thread, on the program's stack; vdso(7). Linux's twin: arch/x86/entry/vdso/vclock_gettime.c.
 *
 *	libc's clock_gettime() -> here -+- the TSC and [vvar] tell: no system call
 *	                                +- another clock, or no TSC: the system call
 *
 * The page of data lies just below the code (vma.c maps both, vdso.lds.S names it vvar). A writer
 * in the kernel makes seq odd, writes, and makes it even: who saw it odd, or different at the end,
 * reads again. A bad pointer is a SIGSEGV of the program, not -EFAULT, as on Linux.
 *
 * Position-independent without relocations: no pointer may stand in initialised data.
 */
#include "vclock.h"

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *t);
#define WEAK_ALIAS(of)	__attribute__((weak, alias(#of)))
int clock_gettime(clockid_t, struct __kernel_timespec *) WEAK_ALIAS(__vdso_clock_gettime);
int clock_getres(clockid_t, struct __kernel_timespec *) WEAK_ALIAS(__vdso_clock_getres);
int gettimeofday(struct __kernel_old_timeval *, struct timezone *) WEAK_ALIAS(__vdso_gettimeofday);
__kernel_old_time_t time(__kernel_old_time_t *) WEAK_ALIAS(__vdso_time);

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if (likely(clock_among(clock, HRES_CLOCKS))) {
		if (unlikely(!read_hres(clock, &ns)))
			return syscall2(__NR_clock_gettime, clock, ts);
	} else if (clock_among(clock, COARSE_CLOCKS)) {
		ns = read_coarse(clock);
	} else {
		return syscall2(__NR_clock_gettime, clock, ts);
	}
	ts->tv_sec = whole_seconds(ns);
	ts->tv_nsec = ns - ts->tv_sec * NSEC_PER_SEC;
	return 0;
}

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	if (unlikely(!clock_among(clock, HRES_CLOCKS | COARSE_CLOCKS)))
		return syscall2(__NR_clock_getres, clock, res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = clock_among(clock, HRES_CLOCKS) ? 1 : TICK_NSEC;
	}
	return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (likely(tv)) {
		if (unlikely(!read_hres(CLOCK_REALTIME, &ns)))
			return syscall2(__NR_gettimeofday, (long)tv, tz);
		tv->tv_sec = whole_seconds(ns);
		tv->tv_usec = (u32)(ns - tv->tv_sec * NSEC_PER_SEC) / 1000;
	}
	if (unlikely(tz))
		*tz = vvar.tz;
	return 0;
}

__kernel_old_time_t __vdso_time(__kernel_old_time_t *t)
{
	__kernel_old_time_t now = whole_seconds(read_coarse(CLOCK_REALTIME));

	if (unlikely(t))
		*t = now;
	return now;
}
