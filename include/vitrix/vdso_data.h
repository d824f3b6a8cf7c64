/* SPDX-License-Identifier: MIT */
/*
 * The page [vvar]: the timekeeper's state, read by the vDSO in user mode. Linux's twin:
 * include/vdso/datapage.h.
 *
 *	kernel/time/timekeeping.c --writes--> vdso_page (kernel's .data)
 *	                                          ^ same frame, mapped read-only
 *	arch/x86/entry/vdso/vclock_gettime.c --reads--+
 *
 * There is no copy for users: the kernel's own clock reads these words too, so both give the same
 * time by the same arithmetic. All users see the page: no pointer and nothing secret may stand in
 * it, and nothing else may share it.
 */
#ifndef VITRIX_VDSO_DATA_H
#define VITRIX_VDSO_DATA_H

#include <vitrix/types.h>
#include <linux/time.h>

/* No TSC comes that far: what has elapsed since then is negative. */
#define NO_USER_TSC	0x7fffffffffffffffUL

struct vdso_data {
	u32 seq;			/* odd while a writer is at work */
	u32 shift;
	u64 mult;			/* below 2^33 */
	u64 frac;			/* of a ns, shifted left by shift */
	ktime_t base;			/* CLOCK_MONOTONIC at cycle_last, ns */
	u64 cycle_last, mask;
	u64 tsc_last;			/* cycle_last; NO_USER_TSC if the clocksource is no TSC */
	ktime_t offs[CLOCK_TAI + 1];	/* by clockid: what it is ahead of CLOCK_MONOTONIC, ns */
	struct timezone tz;		/* for who asks; the kernel counts in UTC */
};

union vdso_page {
	struct vdso_data data;
	u8 page[4096];
};
extern union vdso_page vdso_page;	/* kernel/time/timekeeping.c; the vDSO calls it vvar */

#endif
