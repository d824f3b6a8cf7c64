/* SPDX-License-Identifier: MIT */
/*
 * Bit arrays (Linux's lib/bitmap.c and lib/find_bit.c). See <vitrix/bitmap.h> for the contract.
 */
#include <vitrix/bitmap.h>
#include <vitrix/string.h>

/* Bits from @start on, and bits below @end, of the word that holds them. */
#define FROM_MASK(start)	(~0ul << ((start) % BITS_PER_LONG))
#define BELOW_MASK(end)		(~0ul >> (-(end) % BITS_PER_LONG))

void bitmap_zero(unsigned long *map, unsigned long nbits)
{
	memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(long));
}

void bitmap_fill(unsigned long *map, unsigned long nbits)
{
	memset(map, 0xff, BITS_TO_LONGS(nbits) * sizeof(long));
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long len)
{
	unsigned long end = start + len, first = start / BITS_PER_LONG;
	unsigned long last;

	if (!len)
		return;
	last = (end - 1) / BITS_PER_LONG;
	if (first == last) {
		map[first] |= FROM_MASK(start) & BELOW_MASK(end);
		return;
	}
	map[first] |= FROM_MASK(start);
	memset(&map[first + 1], 0xff, (last - first - 1) * sizeof(long));
	map[last] |= BELOW_MASK(end);
}

void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len)
{
	unsigned long end = start + len, first = start / BITS_PER_LONG;
	unsigned long last;

	if (!len)
		return;
	last = (end - 1) / BITS_PER_LONG;
	if (first == last) {
		map[first] &= ~(FROM_MASK(start) & BELOW_MASK(end));
		return;
	}
	map[first] &= ~FROM_MASK(start);
	memset(&map[first + 1], 0, (last - first - 1) * sizeof(long));
	map[last] &= ~BELOW_MASK(end);
}

/* Sums in parallel: of two bits, four, eight; the multiplication adds the eight bytes up. */
static unsigned int count_bits(unsigned long w)
{
	w -= (w >> 1) & 0x5555555555555555ul;
	w = (w & 0x3333333333333333ul) + ((w >> 2) & 0x3333333333333333ul);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (w * 0x0101010101010101ul) >> 56;
}

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long words = nbits / BITS_PER_LONG, weight = 0;

	for (unsigned long i = 0; i < words; i++)
		weight += count_bits(map[i]);
	if (nbits % BITS_PER_LONG)
		weight += count_bits(map[words] & BELOW_MASK(nbits));
	return weight;
}

/* First bit at or after @start that is set in map ^ @invert (0 or all ones). */
static __always_inline unsigned long find_next(const unsigned long *map, unsigned long size,
					       unsigned long start, unsigned long invert)
{
	unsigned long i = start / BITS_PER_LONG, w, bit;

	if (start >= size)
		return size;
	w = (map[i] ^ invert) & FROM_MASK(start);
	while (!w) {
		if (++i * BITS_PER_LONG >= size)
			return size;
		w = map[i] ^ invert;
	}
	bit = i * BITS_PER_LONG + __builtin_ctzl(w);
	return min(bit, size);
}

unsigned long find_next_bit(const unsigned long *map, unsigned long size, unsigned long start)
{
	return find_next(map, size, start, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long start)
{
	return find_next(map, size, start, ~0ul);
}

unsigned long find_last_bit(const unsigned long *map, unsigned long size)
{
	unsigned long i = BITS_TO_LONGS(size), mask = BELOW_MASK(size);

	while (i-- > 0) {
		unsigned long w = map[i] & mask;

		if (w)
			return i * BITS_PER_LONG + 63 - __builtin_clzl(w);
		mask = ~0ul;
	}
	return size;
}

unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size,
					 unsigned long start, unsigned long len)
{
	for (;;) {
		unsigned long used;

		start = find_next_zero_bit(map, size, start);
		if (start >= size || len > size - start)
			return size;
		used = find_next_bit(map, start + len, start);
		if (used >= start + len)
			return start;
		start = used + 1;
	}
}
