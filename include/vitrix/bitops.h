/* SPDX-License-Identifier: MIT */
/* Single bits: atomic set_bit() and kin, plain __set_bit() and kin, and searches within a word. */
#ifndef VITRIX_BITOPS_H
#define VITRIX_BITOPS_H

#include <vitrix/types.h>

#define BITS_PER_LONG	64
#define BITS_TO_LONGS(n) (((n) + 63) / 64)

static __always_inline void set_bit(long nr, volatile unsigned long *addr)
{
	__asm__ volatile("lock; btsq %1,%0" : "+m"(*(volatile long *)addr) : "Ir"(nr) : "memory",
			 "cc");
}
static __always_inline void clear_bit(long nr, volatile unsigned long *addr)
{
	__asm__ volatile("lock; btrq %1,%0" : "+m"(*(volatile long *)addr) : "Ir"(nr) : "memory",
			 "cc");
}
static __always_inline bool test_and_set_bit(long nr, volatile unsigned long *addr)
{
	bool old;

	__asm__ volatile("lock; btsq %2,%0"
			 : "+m"(*(volatile long *)addr), "=@ccc"(old) : "Ir"(nr) : "memory");
	return old;
}
static __always_inline bool test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	bool old;

	__asm__ volatile("lock; btrq %2,%0"
			 : "+m"(*(volatile long *)addr), "=@ccc"(old) : "Ir"(nr) : "memory");
	return old;
}
static __always_inline bool test_bit(long nr, const volatile unsigned long *addr)
{
	return (addr[nr >> 6] >> (nr & 63)) & 1;
}
static __always_inline void __set_bit(long nr, unsigned long *addr)
{
	addr[nr >> 6] |= 1UL << (nr & 63);
}
static __always_inline void __clear_bit(long nr, unsigned long *addr)
{
	addr[nr >> 6] &= ~(1UL << (nr & 63));
}

/* Position of the lowest set bit, from 0; undefined for 0. */
static __always_inline unsigned int __ffs(unsigned long x) { return __builtin_ctzl(x); }
static __always_inline unsigned int ffz(unsigned long x) { return __builtin_ctzl(~x); }
/* From 1; 0 for 0. */
static __always_inline int ffs(int x) { return __builtin_ffs(x); }
static __always_inline int fls(unsigned int x) { return x ? 32 - __builtin_clz(x) : 0; }
static __always_inline int fls64(u64 x) { return x ? 64 - __builtin_clzl(x) : 0; }
#define ilog2(n)	(fls64(n) - 1)
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << fls64(n - 1);
}
static inline unsigned long rounddown_pow_of_two(unsigned long n) { return 1UL << (fls64(n) - 1); }
static inline bool is_power_of_2(unsigned long n) { return n && !(n & (n - 1)); }
static inline unsigned int hweight64(u64 x)
{
	unsigned int n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

#endif
