/* SPDX-License-Identifier: MIT */
/*
 * What the DEBUG build does to pages that come and go: a free page is full of POISON_FREE and its
 * shadow forbids it, a new one is full of POISON_NEW. So what is written behind gcc's back, by
 * assembly or a device, shows at the latest when the page is given out again.
 *
 * Called by mm/page_alloc.c, by the owner of the page; no locks. Linux's twin: mm/page_poison.c.
 */
#include <vitrix/kasan.h>
#include <vitrix/mm.h>
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>

#define POISON_FREE	0x6b
#define POISON_NEW	0x5a

void debug_pages_free(struct page *page, unsigned int order)
{
	memset(page_address(page), POISON_FREE, PAGE_SIZE << order);
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_FREE_PAGE);
}

/* Memory that was never used is not poisoned. */
void debug_pages_alloc(struct page *page, unsigned int order)
{
	for (unsigned int i = 0; i < 1U << order; i++) {
		u8 *mem = page_address(page + i);
		u8 *bad = kasan_why(mem) == KASAN_FREE_PAGE ?
			  memchr_inv(mem, POISON_FREE, PAGE_SIZE) : NULL;

		if (unlikely(bad))
			selfcheck_report("page written to after it was freed: %p is %02x, not %02x",
					 bad, *bad, POISON_FREE);
		memset(mem, POISON_NEW, PAGE_SIZE);
	}
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
}
