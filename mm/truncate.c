/* SPDX-License-Identifier: MIT */
/*
 * Pages leave the page cache because the file gets shorter, gets a hole, or goes away.
 *
 *	1. i_size shrinks          faults beyond it fail from here on
 *	2. unmap                   most mappings go, cheaply
 *	3. take out page by page   each locked; what is read or written again comes fresh
 *	4. unmap once more         what a fault, that had looked before 3, put in meanwhile
 *
 * Linux's twin: mm/truncate.c. Callers: file systems, with i_mutex held. May sleep.
 */
#include "internal.h"

/* The next page at or after *index, up to last; referenced. */
static struct page *next_page(struct address_space *mapping, u64 *index, pgoff_t last)
{
	struct page *page;

	spin_lock(&mapping->lock);
	page = radix_tree_next(&mapping->i_pages, index);
	if (page && *index <= last)
		get_page(page);
	else
		page = NULL;
	spin_unlock(&mapping->lock);
	return page;
}

/* Zeroes bytes [from, to) of a page that stays, if it is cached. */
static void zero_part(struct address_space *mapping, pgoff_t index, unsigned int from,
		      unsigned int to)
{
	struct page *page = find_lock_page(mapping, index);

	if (!page)
		return;
	if (PageUptodate(page)) {
		memset((char *)page_address(page) + from, 0, to - from);
		SetPageDirty(page);
	}
	unlock_page(page);
	put_page(page);
}

unsigned long truncate_pages_range(struct address_space *mapping, loff_t start, loff_t end)
{
	/* whole pages: [first, beyond) */
	u64 first = ((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u64 beyond = ((u64)end + 1) >> PAGE_SHIFT, index;
	unsigned long dropped = 0;
	struct page *page;

	if (!READ_ONCE(mapping->nrpages))
		return 0;
	if (offset_in_page(start) || offset_in_page(end + 1)) {
		pgoff_t head = start >> PAGE_SHIFT, tail = end >> PAGE_SHIFT;

		if (offset_in_page(start))
			zero_part(mapping, head, offset_in_page(start),
				  head == tail ? offset_in_page(end) + 1 : PAGE_SIZE);
		if (offset_in_page(end + 1) && (tail != head || !offset_in_page(start)))
			zero_part(mapping, tail, 0, offset_in_page(end) + 1);
	}
	if (first >= beyond)
		return 0;
	for (index = first; (page = next_page(mapping, &index, beyond - 1)); index++) {
		lock_page(page);
		if (page->mapping == mapping) {
			ClearPageFlag(page, PG_dirty);
			delete_from_page_cache(page);
			dropped++;
		}
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
	return dropped;
}

void truncate_inode_pages(struct address_space *mapping, loff_t start)
{
	truncate_pages_range(mapping, start, 0x7fffffffffffffffLL);
}

/* Steps 2 to 4. */
void truncate_pagecache(struct inode *inode, loff_t newsize)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t hole = round_up(newsize, (loff_t)PAGE_SIZE);

	unmap_mapping_range(mapping, hole, 0, 1);
	truncate_inode_pages(mapping, newsize);
	unmap_mapping_range(mapping, hole, 0, 1);
}

void truncate_setsize(struct inode *inode, loff_t newsize)
{
	loff_t oldsize = inode->i_size;

	i_size_write(inode, newsize);
	smp_mb();	/* a fault adds its page, then reads the size: filemap_fault() */
	if (newsize < oldsize)
		truncate_pagecache(inode, newsize);
}
