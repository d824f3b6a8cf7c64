/* SPDX-License-Identifier: MIT */
/*
 * The counters that time can be read from. The platform registers what it finds (TSC, kvm-clock,
 * HPET, ACPI PM timer, PIT); the one with the highest rating keeps the time.
 *
 *	ns = (cycles * mult) >> shift
 *
 * with mult as large as 32 bits allow: the error is below one part in 2^31.
 * Linux's twin: kernel/time/clocksource.c. Left out: watching one clocksource by another.
 */
#include <vitrix/printk.h>
#include "internal.h"

static DEFINE_SPINLOCK(clocksource_lock, LC_TIMEKEEPER);	/* best */
static struct clocksource *best;

void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 hz)
{
	u32 s = 32;

	ASSERT(hz > 0);
	/* The quotient has to fit 32 bits: slow counters get a smaller shift. */
	while (s > 0 && (((u64)NSEC_PER_SEC << s) + hz / 2) / hz > 0xffffffffu)
		s--;
	*shift = s;
	*mult = (u32)((((u64)NSEC_PER_SEC << s) + hz / 2) / hz);
}

/* Any context. cs must live for ever. */
void clocksource_register(struct clocksource *cs)
{
	unsigned long flags;
	bool better;

	ASSERT(cs->read && cs->mask);
	if (!cs->mult)
		clocks_calc_mult_shift(&cs->mult, &cs->shift, cs->freq_hz);
	spin_lock_irqsave(&clocksource_lock, flags);
	better = !best || cs->rating > best->rating;
	if (better)
		best = cs;
	spin_unlock_irqrestore(&clocksource_lock, flags);
	if (!better)
		return;
	timekeeping_set_clocksource(cs);
	pr_info("clocksource: %s, %llu Hz\n", cs->name, (unsigned long long)cs->freq_hz);
}
