/* SPDX-License-Identifier: MIT */
/*
 * Counts of who holds an object: the last one to let go frees it. A count of 0 is the end, nobody
 * may take a reference any more but by refcount_inc_not_zero(), which fails.
 *
 * In the plain build these are the operations of <vitrix/atomic.h>. The DEBUG build looks at each
 * step (selfcheck/refcount.c): a reference taken of an object that is gone, one dropped too many,
 * so many that the count runs over.
 *
 * Linux's twin: include/linux/refcount.h. Left out: a type of their own, and the saturation, with
 * which a count that ran over never comes back to 0.
 */
#ifndef VITRIX_REFCOUNT_H
#define VITRIX_REFCOUNT_H

#include <vitrix/atomic.h>

#ifdef CONFIG_DEBUG
/* old: what the count was before the step. */
void refcount_taken(const atomic_t *count, int old, int more);
void refcount_dropped(const atomic_t *count, int old);
#else
static inline void refcount_taken(const atomic_t *count, int old, int more) { }
static inline void refcount_dropped(const atomic_t *count, int old) { }
#endif

static inline void refcount_add(int more, atomic_t *count)
{
	refcount_taken(count, __atomic_fetch_add(&count->counter, more, __SEQ), more);
}

static inline void refcount_inc(atomic_t *count)
{
	refcount_add(1, count);
}

/* true: that was the last one. */
static inline bool refcount_dec_and_test(atomic_t *count)
{
	int old = __atomic_fetch_sub(&count->counter, 1, __SEQ);

	refcount_dropped(count, old);
	return old == 1;
}

static inline bool refcount_inc_not_zero(atomic_t *count)
{
	int old = atomic_read(count);

	while (old)
		if (__atomic_compare_exchange_n(&count->counter, &old, old + 1, false, __SEQ,
						__SEQ)) {
			refcount_taken(count, old, 1);
			return true;
		}
	return false;
}

#endif
