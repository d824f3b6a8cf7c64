/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for what mm/page_alloc.c looks at. Linux's twin: drivers/misc/lkdtm/heap.c.
 */
#include <vitrix/mm.h>
#include <vitrix/selfcheck.h>

/* Nobody sees such a write but who gets the page next. This CPU's last page comes back first. */
PLANT(page_written_after_free)
{
	struct page *page, *again;
	volatile u8 *mem;

	preempt_disable();
	page = alloc_page(GFP_ATOMIC);
	if (page) {
		mem = page_address(page);
		__free_page(page);
		mem[100] = 1;
		again = alloc_page(GFP_ATOMIC);
		if (again)
			__free_page(again);
	}
	preempt_enable();
}
