/* SPDX-License-Identifier: MIT */
/*
 * Counts of references that say something impossible. Called by <vitrix/refcount.h> after each
 * step, with what the count was before. Any context; no locks. Linux's twin: lib/refcount.c.
 */
#include <vitrix/refcount.h>
#include <vitrix/preempt.h>
#include <vitrix/selfcheck.h>

static noinline __cold void report(const atomic_t *count, int old, const char *what,
				   unsigned long ip)
{
	if (!in_nmi() && selfcheck_active())
		selfcheck_report("reference count %p: %s at %pS, it was %d", count, what,
				 (void *)ip, old);
}

void refcount_taken(const atomic_t *count, int old, int more)
{
	schedfuzz_gap();
	if (likely(old > 0 && old + more > 0))
		return;
	report(count, old, old == 0 ? "taken of an object that is gone" : "overflow", _RET_IP_);
}

void refcount_dropped(const atomic_t *count, int old)
{
	schedfuzz_gap();
	if (unlikely(old <= 0))
		report(count, old, "dropped once too often", _RET_IP_);
}
