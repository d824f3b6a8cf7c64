/* SPDX-License-Identifier: MIT */
/* Bitmaps against an array of bools. */
#include "unit.h"
#include <vitrix/bitmap.h>

#define BITS	333

static bool model[BITS];
static unsigned long *map;

static unsigned long next(unsigned long start, unsigned long size, bool value)
{
	while (start < size && model[start] != value)
		start++;
	return min(start, size);
}

static void check_all(void)
{
	unsigned long size = unit_below(BITS + 1), start = unit_below(BITS + 10), n = 0, last = size;
	unsigned long len = unit_below(40) + 1, at, bit, seen = 0;

	for (unsigned long i = 0; i < size; i++) {
		n += model[i];
		if (model[i])
			last = i;
	}
	CHECK_EQ(bitmap_weight(map, size), n);
	CHECK_EQ(find_last_bit(map, size), last);
	CHECK_EQ(find_first_bit(map, size), next(0, size, true));
	CHECK_EQ(find_first_zero_bit(map, size), next(0, size, false));
	CHECK_EQ(find_next_bit(map, size, start), next(start, size, true));
	CHECK_EQ(find_next_zero_bit(map, size, start), next(start, size, false));
	CHECK_EQ(bitmap_empty(map, size), n == 0);
	CHECK_EQ(bitmap_full(map, size), n == size);
	for_each_set_bit(bit, map, size)
		seen += model[bit];
	CHECK_EQ(seen, n);

	for (at = start; at + len <= size; at++)
		if (next(at, at + len, true) == at + len)
			break;
	if (at + len > size)
		at = size;
	CHECK_EQ(bitmap_find_next_zero_area(map, size, start, len), at);
}

TEST(random_operations)
{
	map = unit_zalloc(BITS_TO_LONGS(BITS) * sizeof(long));
	for (int i = 0; i < BITS; i++)
		model[i] = false;
	for (int round = 0; round < 20000; round++) {
		unsigned long start = unit_below(BITS), len = unit_below(BITS - start + 1);
		bool value = unit_below(2);

		if (unit_below(2))
			len = min(len, 5ul);
		if (round % 500 == 0) {
			start = 0;
			len = BITS;
			(value ? bitmap_fill : bitmap_zero)(map, BITS);
		} else {
			(value ? bitmap_set : bitmap_clear)(map, start, len);
		}
		for (unsigned long i = start; i < start + len; i++)
			model[i] = value;
		for (unsigned long i = 0; i < BITS; i++)
			CHECK_EQ(test_bit(i, map), model[i]);
		check_all();
	}
	unit_free(map);
}
