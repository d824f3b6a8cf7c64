/* SPDX-License-Identifier: MIT */
/*
 * 64-bit division and scaled multiplication (Linux's include/linux/math64.h).
 *
 * x86-64 divides 64 bits in one instruction; the names say what the code means. The mul_*
 * functions keep the 128-bit product, so that clock conversions (cycles * mult >> shift) cannot
 * overflow in between. Results that do not fit 64 bits lose their high part.
 */
#ifndef _VITRIX_MATH64_H
#define _VITRIX_MATH64_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *rem)
{
	*rem = (u32)(dividend % divisor);
	return dividend / divisor;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline s64 div_s64_rem(s64 dividend, s32 divisor, s32 *rem)
{
	*rem = (s32)(dividend % divisor);
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *rem)
{
	*rem = dividend % divisor;
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

/* @shift: 0 to 127. */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	return mul_u64_u64_shr(a, mul, shift);
}

/* a * b / c; ~0 when that does not fit (the divide instruction would fault) or c is 0. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	u64 high = (u64)(product >> 64), low = (u64)product;

	if (high >= c)
		return ~(u64)0;
	asm("divq %2" : "+a" (low), "+d" (high) : "rm" (c) : "cc");
	return low;
}

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	return mul_u64_u64_div_u64(a, mul, divisor);
}

#ifndef DIV_ROUND_UP_ULL
#define DIV_ROUND_UP_ULL(n, d)	div64_u64((u64)(n) + (d) - 1, (d))
#endif

#endif
