/* SPDX-License-Identifier: MIT */
/*
 * Bit arrays in unsigned longs (Linux's include/linux/bitmap.h and find.h).
 *
 * Not atomic: the caller holds the lock of the map. Single bits that several CPUs change without
 * a lock are set_bit() and kin of <vitrix/bitops.h>. The find functions return @size when there
 * is no such bit. Bits beyond @size in the last word are never looked at by find and weight.
 */
#ifndef _VITRIX_BITMAP_H
#define _VITRIX_BITMAP_H

#include <vitrix/types.h>
#include <vitrix/bitops.h>

#ifndef DECLARE_BITMAP
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#endif

/* Whole maps; zero and fill write whole words, so the bits beyond @nbits too. */
void bitmap_zero(unsigned long *map, unsigned long nbits);
void bitmap_fill(unsigned long *map, unsigned long nbits);

/* The run of @len bits from @start. */
void bitmap_set(unsigned long *map, unsigned long start, unsigned long len);
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len);

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

unsigned long find_next_bit(const unsigned long *map, unsigned long size, unsigned long start);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long start);
unsigned long find_last_bit(const unsigned long *map, unsigned long size);

/* Start of the first run of @len zero bits at or after @start, or >= @size if there is none. */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size,
					 unsigned long start, unsigned long len);

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long size)
{
	return find_next_bit(map, size, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long size)
{
	return find_next_zero_bit(map, size, 0);
}

static inline bool bitmap_empty(const unsigned long *map, unsigned long nbits)
{
	return find_next_bit(map, nbits, 0) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long nbits)
{
	return find_next_zero_bit(map, nbits, 0) == nbits;
}

#ifndef for_each_set_bit
#define for_each_set_bit(bit, map, size)			\
	for ((bit) = find_next_bit(map, size, 0);		\
	     (bit) < (size);					\
	     (bit) = find_next_bit(map, size, (bit) + 1))
#endif

#endif
