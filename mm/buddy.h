/* SPDX-License-Identifier: MIT */
/*
 * The core of the page allocator: lists of free blocks of 2^order pages, each aligned to its size.
 * Included by page_alloc.c, and by its unit test on the host: nothing here locks or knows a zone.
 *
 *	order 2   |       A       |       B       |     A and B are buddies: their frame numbers
 *	order 1   |   a   |   b   |                     differ in one bit, 1 << order. When both are
 *	order 0   | x | y |                             free they become one block of order 3.
 *
 * A free block is known by its head page: PG_buddy set, order in it, on the list of its order. The
 * other pages of a block have flags 0. Blocks of the largest order have no buddy, and so nobody
 * looks at a struct page outside a block that was taken apart: at boot such blocks are given with
 * PG_fresh, only the head initialised, and cost nothing for the other 1023 until they are used.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include <vitrix/bitops.h>
#include <vitrix/bug.h>
#include <vitrix/mm_types.h>
#include <vitrix/string.h>

#define BUDDY_ORDERS	11
#define BUDDY_BLOCK	(1UL << (BUDDY_ORDERS - 1))	/* pages of the largest block */

struct buddy {
	unsigned long nr_free;		/* pages */
	unsigned int nonempty;		/* bit n: the list of order n has blocks */
	struct list_head lists[BUDDY_ORDERS];
};

static inline void buddy_init(struct buddy *b)
{
	for (int i = 0; i < BUDDY_ORDERS; i++)
		INIT_LIST_HEAD(&b->lists[i]);
}

static inline void buddy_link(struct buddy *b, struct page *page, unsigned int order,
			      unsigned int flags, bool tail)
{
	page->flags = flags;
	page->order = order;
	if (tail)
		list_add_tail(&page->buddy_list, &b->lists[order]);
	else
		list_add(&page->buddy_list, &b->lists[order]);
	b->nonempty |= 1U << order;
}

static inline void buddy_unlink(struct buddy *b, struct page *page, unsigned int order)
{
	__list_del_entry(&page->buddy_list);
	page->flags = 0;
	if (list_empty(&b->lists[order]))
		b->nonempty &= ~(1U << order);
}

static noinline void buddy_init_block(struct page *page)
{
	memset(page, 0, BUDDY_BLOCK * sizeof(struct page));
}

/* A block of the largest order whose struct pages hold anything. */
static inline void buddy_add_fresh(struct buddy *b, struct page *page)
{
	page->_refcount.counter = 0;
	buddy_link(b, page, BUDDY_ORDERS - 1, BIT(PG_buddy) | BIT(PG_fresh), true);
	b->nr_free += BUDDY_BLOCK;
}

/* A block of that order, flags of all its pages 0, split off a larger one if need be; or NULL. */
static inline struct page *buddy_take(struct buddy *b, unsigned int order)
{
	unsigned int large = b->nonempty >> order, at;
	struct page *page;

	if (!large)
		return NULL;
	at = order + __ffs(large);
	page = list_first_entry(&b->lists[at], struct page, buddy_list);
	if (unlikely(page->flags != BIT(PG_buddy))) {
		ASSERT(page->flags == (BIT(PG_buddy) | BIT(PG_fresh)) && at == BUDDY_ORDERS - 1);
		buddy_unlink(b, page, at);
		buddy_init_block(page);
	} else {
		ASSERT(page->order == at);
		buddy_unlink(b, page, at);
	}
	while (at > order) {
		at--;
		buddy_link(b, page + (1UL << at), at, BIT(PG_buddy), false);
	}
	b->nr_free -= 1UL << order;
	return page;
}

/* The opposite; flags of all its pages are 0. Joins it with its buddy as often as that is free. */
static inline void buddy_give(struct buddy *b, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);

	DEBUG_ASSERT(!(pfn & ((1UL << order) - 1)));
	b->nr_free += 1UL << order;
	while (order < BUDDY_ORDERS - 1) {
		struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

		if (buddy->flags != BIT(PG_buddy) || buddy->order != order)
			break;
		buddy_unlink(b, buddy, order);
		pfn &= ~(1UL << order);
		order++;
	}
	buddy_link(b, pfn_to_page(pfn), order, BIT(PG_buddy), false);
}

#endif
