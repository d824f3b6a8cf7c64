/* SPDX-License-Identifier: MIT */
/* Atomic counters and compare-and-swap. Those that return a value order memory fully (x86 lock). */
#ifndef VITRIX_ATOMIC_H
#define VITRIX_ATOMIC_H

#include <vitrix/types.h>

#define ATOMIC_INIT(i)	{ (i) }
#define __SEQ		__ATOMIC_SEQ_CST

static inline int atomic_read(const atomic_t *v) { return READ_ONCE(v->counter); }
static inline void atomic_set(atomic_t *v, int i) { WRITE_ONCE(v->counter, i); }
static inline void atomic_inc(atomic_t *v) { __atomic_fetch_add(&v->counter, 1, __SEQ); }
static inline void atomic_dec(atomic_t *v) { __atomic_fetch_sub(&v->counter, 1, __SEQ); }
static inline void atomic_add(int i, atomic_t *v) { __atomic_fetch_add(&v->counter, i, __SEQ); }
static inline void atomic_sub(int i, atomic_t *v) { __atomic_fetch_sub(&v->counter, i, __SEQ); }
static inline int atomic_add_return(int i, atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, i, __SEQ);
}
static inline int atomic_inc_return(atomic_t *v) { return atomic_add_return(1, v); }
static inline int atomic_dec_return(atomic_t *v) { return atomic_add_return(-1, v); }
static inline bool atomic_dec_and_test(atomic_t *v)
{
	return __atomic_sub_fetch(&v->counter, 1, __SEQ) == 0;
}
static inline int atomic_cmpxchg(atomic_t *v, int old, int val)
{
	__atomic_compare_exchange_n(&v->counter, &old, val, false, __SEQ, __SEQ);
	return old;
}
/* Takes a reference unless the object is already dying. */
static inline bool atomic_inc_not_zero(atomic_t *v)
{
	int c = atomic_read(v);

	while (c)
		if (__atomic_compare_exchange_n(&v->counter, &c, c + 1, false, __SEQ, __SEQ))
			return true;
	return false;
}

static inline long atomic_long_read(const atomic_long_t *v) { return READ_ONCE(v->counter); }
static inline void atomic_long_set(atomic_long_t *v, long i) { WRITE_ONCE(v->counter, i); }
static inline void atomic_long_add(long i, atomic_long_t *v)
{
	__atomic_fetch_add(&v->counter, i, __SEQ);
}
static inline void atomic_long_sub(long i, atomic_long_t *v)
{
	__atomic_fetch_sub(&v->counter, i, __SEQ);
}
static inline void atomic_long_inc(atomic_long_t *v) { atomic_long_add(1, v); }
static inline void atomic_long_dec(atomic_long_t *v) { atomic_long_sub(1, v); }
static inline long atomic_long_add_return(long i, atomic_long_t *v)
{
	return __atomic_add_fetch(&v->counter, i, __SEQ);
}

#define xchg(ptr, val)	__atomic_exchange_n(ptr, val, __ATOMIC_SEQ_CST)
/* Returns what was there: equal to old when the swap was made. */
#define cmpxchg(ptr, old, val) ({						\
	__typeof__(*(ptr)) __old = (old);					\
	__atomic_compare_exchange_n(ptr, &__old, val, false,			\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	__old; })

#endif
