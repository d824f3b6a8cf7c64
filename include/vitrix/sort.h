/* SPDX-License-Identifier: MIT */
/*
 * sort: heapsort of an array in place (Linux's include/linux/sort.h).
 *
 * O(n log n) always, no memory, no recursion: the worst case is bounded, which matters more in a
 * kernel than the average. Not stable. @cmp returns less than, equal to or greater than 0.
 */
#ifndef _VITRIX_SORT_H
#define _VITRIX_SORT_H

#include <vitrix/types.h>

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b));

#endif
