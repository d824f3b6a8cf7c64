/* SPDX-License-Identifier: MIT */
/* The buddy allocator's core (mm/buddy.h): random takes and gives against a map of who has what. */
#include "unit.h"
#include <vitrix/mm_types.h>
#undef vmemmap
#define vmemmap	test_map
static struct page *test_map;
#include "../../mm/buddy.h"

#define BLOCKS	8UL
#define PAGES	(BLOCKS * BUDDY_BLOCK)

static struct buddy buddy;
static unsigned char owned[PAGES];	/* by the test */

static void setup(bool fresh)
{
	test_map = unit_alloc(PAGES * sizeof(struct page));
	memset(test_map, 0xa5, PAGES * sizeof(struct page));
	memset(&buddy, 0, sizeof(buddy));
	memset(owned, 0, sizeof(owned));
	buddy_init(&buddy);
	for (unsigned long i = 0; i < BLOCKS; i++) {
		if (fresh) {
			buddy_add_fresh(&buddy, test_map + i * BUDDY_BLOCK);
		} else {
			buddy_init_block(test_map + i * BUDDY_BLOCK);
			buddy_give(&buddy, test_map + i * BUDDY_BLOCK, BUDDY_ORDERS - 1);
		}
	}
	CHECK_EQ(buddy.nr_free, PAGES);
}

static void own(struct page *page, unsigned int order)
{
	unsigned long pfn = page - test_map;

	CHECK(pfn < PAGES && !(pfn & ((1UL << order) - 1)));
	for (unsigned long i = pfn; i < pfn + (1UL << order); i++) {
		CHECK(!owned[i]);
		CHECK_EQ(test_map[i].flags, 0);
		owned[i] = 1;
	}
}

static void disown(struct page *page, unsigned int order)
{
	memset(&owned[page - test_map], 0, 1UL << order);
	buddy_give(&buddy, page, order);
}

/* The lists hold just what is not owned, and the sums agree. */
static void check_lists(void)
{
	unsigned long sum = 0;

	for (unsigned int order = 0; order < BUDDY_ORDERS; order++) {
		struct page *page;

		CHECK_EQ(list_empty(&buddy.lists[order]), !(buddy.nonempty >> order & 1));
		list_for_each_entry(page, &buddy.lists[order], buddy_list) {
			CHECK(page->flags & BIT(PG_buddy));
			CHECK_EQ(page->order, order);
			for (unsigned long i = 0; i < 1UL << order; i++)
				CHECK(!owned[page - test_map + i]);
			sum += 1UL << order;
		}
	}
	CHECK_EQ(sum, buddy.nr_free);
}

TEST(fresh_blocks_split_and_join)
{
	struct page *page;

	setup(true);
	page = buddy_take(&buddy, 0);
	own(page, 0);
	CHECK_EQ(buddy.nr_free, PAGES - 1);
	CHECK_EQ(buddy.nonempty, (1U << BUDDY_ORDERS) - 1);
	disown(page, 0);
	CHECK_EQ(buddy.nonempty, 1U << (BUDDY_ORDERS - 1));
	check_lists();
	unit_free(test_map);
}

TEST(exhaustion)
{
	unsigned long n = 0;
	struct page *page;

	setup(false);
	while ((page = buddy_take(&buddy, 3))) {
		own(page, 3);
		n += 8;
	}
	CHECK_EQ(n, PAGES);
	CHECK_EQ(buddy.nonempty, 0);
	for (unsigned long i = 0; i < PAGES; i += 8)
		disown(test_map + i, 3);
	CHECK_EQ(buddy.nonempty, 1U << (BUDDY_ORDERS - 1));
	CHECK_EQ(buddy.nr_free, PAGES);
	check_lists();
	unit_free(test_map);
}

TEST(random_operations)
{
	static struct { struct page *page; unsigned int order; } held[2048];
	int nr = 0;

	setup(true);
	for (int round = 0; round < 40000; round++) {
		if (nr < (int)ARRAY_SIZE(held) && unit_below(100) < 52) {
			unsigned int order = unit_below(4) ? unit_below(3) : unit_below(BUDDY_ORDERS);
			struct page *page = buddy_take(&buddy, order);

			if (!page)
				continue;
			own(page, order);
			held[nr].page = page;
			held[nr++].order = order;
		} else if (nr) {
			int i = unit_below(nr);

			disown(held[i].page, held[i].order);
			held[i] = held[--nr];
		}
		if (round % 4000 == 0)
			check_lists();
	}
	while (nr--)
		disown(held[nr].page, held[nr].order);
	CHECK_EQ(buddy.nonempty, 1U << (BUDDY_ORDERS - 1));
	CHECK_EQ(buddy.nr_free, PAGES);
	check_lists();
	unit_free(test_map);
}
