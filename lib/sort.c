/* SPDX-License-Identifier: MIT */
/*
 * Heapsort (Linux's lib/sort.c; Knuth vol. 3, 5.2.3).
 *
 * First the array is made a heap (each parent not less than its children, children of i at
 * 2i + 1 and 2i + 2), then the largest is swapped to the end and the rest repaired, until only
 * the smallest is left.
 */
#include <vitrix/sort.h>
#include <vitrix/compiler.h>

typedef unsigned long __attribute__((may_alias, aligned(1))) word_t;

static void swap_items(char *a, char *b, size_t size)
{
	for (; size >= 8; size -= 8, a += 8, b += 8)
		swap(*(word_t *)a, *(word_t *)b);
	for (; size; size--, a++, b++)
		swap(*a, *b);
}

/* Item @i of the heap of @num may be too small for its place: let it sink. */
static void sift_down(char *base, size_t i, size_t num, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= num)
			return;
		if (child + 1 < num && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + i * size, base + child * size) >= 0)
			return;
		swap_items(base + i * size, base + child * size, size);
		i = child;
	}
}

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b))
{
	for (size_t i = num / 2; i-- > 0;)
		sift_down(base, i, num, size, cmp);
	for (size_t left = num; left > 1;) {
		left--;
		swap_items(base, (char *)base + left * size, size);
		sift_down(base, 0, left, size, cmp);
	}
}
