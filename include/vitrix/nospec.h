/* SPDX-License-Identifier: MIT */
/*
 * Indexes that users choose. A CPU that guesses the outcome of `if (i < n)` reads table[i] ahead of
 * it, also behind the table's end, and what it read can be told from the caches afterwards
 * (Spectre v1). So the index is made 0 there, by arithmetic that waits for both numbers:
 *
 *	if (fd >= n)
 *		return -EBADF;
 *	file = table[array_index_nospec(fd, n)];
 *
 * Three instructions, always. Linux's twin: include/linux/nospec.h.
 */
#ifndef VITRIX_NOSPEC_H
#define VITRIX_NOSPEC_H

#include <vitrix/compiler.h>

/* ~0 if index < size, else 0. gcc may not see through it. */
static __always_inline unsigned long array_index_mask_nospec(unsigned long index,
							     unsigned long size)
{
#if __STDC_HOSTED__		/* unit tests */
	return index < size ? ~0UL : 0;
#else
	unsigned long mask;

	__asm__ volatile("cmpq %1,%2\n sbbq %0,%0" : "=r"(mask) : "er"(size), "r"(index) : "cc");
	return mask;
#endif
}

/*
 * The look and the mask in one, for the paths that count instructions: on at label if index (an
 * unsigned int, changed by the mask) is not below size.
 */
#if __STDC_HOSTED__
#define array_index_or_goto(index, size, label) do { if ((index) >= (size)) goto label; } while (0)
#else
#define array_index_or_goto(index, size, label) do {				\
	unsigned int __mask;							\
	__asm__ goto("cmpl %2,%1\n jae %l3\n sbbl %0,%0"			\
		     : "=&r"(__mask) : "r"(index), "rmi"(size) : "cc" : label);	\
	(index) &= __mask;							\
} while (0)
#endif

#define array_index_nospec(index, size)	\
	((__typeof__(index))((index) & array_index_mask_nospec(index, size)))

#endif
