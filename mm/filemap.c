/* SPDX-License-Identifier: MIT */
/*
 * The page cache: the pages of a file that are in memory, in a radix tree by page number. read(2),
 * write(2) and mappings all work on the same pages.
 *
 *	inode -> address_space -> i_pages:  index -> struct page
 *
 *	state of a page           who                     may
 *	absent
 *	locked, not uptodate      its maker               fill it; all others wait for the lock
 *	uptodate                  anybody                 read, map, write (i_mutex orders writers)
 *	locked, uptodate          truncation, write       take it out; ->mapping is then NULL
 *
 * References: the cache has one, each user one more. ->mapping, the tree and nrpages change under
 * mapping->lock; a lookup takes its reference under it too. PG_locked is a sleeping lock whose
 * waiters share hashed queues; lock order: page lock, i_mmap_lock, page_table_lock, mapping->lock.
 *
 * Linux's twin: mm/filemap.c. Reading and writing files: mm/filemap_rw.c; faults:
 * mm/filemap_fault.c.
 */
#include "internal.h"
#include <vitrix/hash.h>
#include <vitrix/init.h>

/* ---- page lock ---- */

#define PAGE_WAIT_BITS	6
static wait_queue_head_t page_wait[1 << PAGE_WAIT_BITS];

void __init pagecache_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(page_wait); i++)
		init_waitqueue_head(&page_wait[i]);
}

static __always_inline bool try_page_bit(struct page *page)
{
	const unsigned int bit = 1u << PG_locked;

	return !(__atomic_fetch_or(&page->flags, bit, __ATOMIC_SEQ_CST) & bit);
}

bool trylock_page(struct page *page)
{
	if (!try_page_bit(page))
		return false;
	lockcheck_held(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
	return true;
}

static noinline void lock_page_slow(struct page *page)
{
	wait_queue_head_t *wq = &page_wait[hash_ptr(page, PAGE_WAIT_BITS)];
	DEFINE_WAIT(wait);

	/* On the queue, then PG_waiters, then try: unlock_page() goes the other way round. */
	while (true) {
		prepare_to_wait(wq, &wait, TASK_UNINTERRUPTIBLE);
		SetPageFlag(page, PG_waiters);
		if (try_page_bit(page))
			break;
		schedule();
	}
	finish_wait(wq, &wait);
}

void lock_page(struct page *page)
{
	might_sleep();
	lockcheck_before(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
	if (unlikely(!try_page_bit(page)))
		lock_page_slow(page);
	lockcheck_held(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
}

void unlock_page(struct page *page)
{
	lockcheck_released(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
	DEBUG_ASSERT(PageFlag(page, PG_locked));
	ClearPageFlag(page, PG_locked);		/* a full barrier */
	if (unlikely(PageFlag(page, PG_waiters))) {
		ClearPageFlag(page, PG_waiters);
		wake_up_all(&page_wait[hash_ptr(page, PAGE_WAIT_BITS)]);
	}
}

/* ---- the tree ---- */

void address_space_init(struct address_space *mapping, struct inode *host)
{
	static const struct address_space_operations no_aops;

	mapping->host = host;
	radix_tree_init(&mapping->i_pages);
	spin_lock_init(&mapping->lock, LC_PAGE_CACHE);
	mapping->nrpages = 0;
	mapping->a_ops = &no_aops;
	INIT_LIST_HEAD(&mapping->i_mmap);
	spin_lock_init(&mapping->i_mmap_lock, LC_I_MMAP);
	mapping->in_memory_only = false;
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	spin_lock(&mapping->lock);
	page = radix_tree_lookup(&mapping->i_pages, index);
	if (likely(page))
		get_page(page);
	spin_unlock(&mapping->lock);
	return page;
}

/* Locked, and still in the cache then. NULL if absent. May sleep. */
struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	while ((page = find_get_page(mapping, index))) {
		lock_page(page);
		if (likely(page->mapping == mapping))
			return page;
		unlock_page(page);	/* truncated meanwhile */
		put_page(page);
	}
	return NULL;
}

/* A fresh page goes in, locked; the cache takes a reference of its own. */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index)
{
	int err;

	ASSERT(!page->mapping);
	page->flags |= 1u << PG_locked | 1u << PG_file;
	lockcheck_held(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
	if (mapping->in_memory_only)
		page->flags |= 1u << PG_shmem;
	page->mapping = mapping;
	page->index = index;
	spin_lock(&mapping->lock);
	err = radix_tree_insert(&mapping->i_pages, index, page);
	if (likely(!err)) {
		get_page(page);
		mapping->nrpages++;
	}
	spin_unlock(&mapping->lock);
	if (unlikely(err)) {
		lockcheck_released(page, LC_PAGE_SLEEP, LOCK_BIT, _RET_IP_);
		page->mapping = NULL;
		page->flags &= ~(1u << PG_locked | 1u << PG_file | 1u << PG_shmem);
		return err;
	}
	atomic_long_inc(&nr_file_pages);
	if (mapping->in_memory_only)
		atomic_long_inc(&nr_shmem_pages);
	return 0;
}

/* The caller unmaps it afterwards (once more): see the head of mm/memory.c. */
void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;
	struct page *gone;

	ASSERT(PageFlag(page, PG_locked) && mapping);
	spin_lock(&mapping->lock);
	gone = radix_tree_delete(&mapping->i_pages, page->index);
	ASSERT(gone == page);
	WRITE_ONCE(page->mapping, NULL);
	mapping->nrpages--;
	spin_unlock(&mapping->lock);
	atomic_long_dec(&nr_file_pages);
	if (mapping->in_memory_only)
		atomic_long_dec(&nr_shmem_pages);
	put_page(page);
}

struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct page *page, *fresh = NULL;
	int err;

	while (!(page = find_lock_page(mapping, index))) {
		if (!fresh)
			fresh = alloc_page(gfp);
		if (!fresh)
			return ERR_PTR(-ENOMEM);
		err = add_to_page_cache(fresh, mapping, index);
		if (!err)
			return fresh;
		if (err != -EEXIST) {
			put_page(fresh);
			return ERR_PTR(err);
		}
	}
	if (fresh)
		put_page(fresh);
	return page;
}

/* Locked and not uptodate: the file system fills it. Uptodate and unlocked after, or -errno. */
static int read_page(struct address_space *mapping, struct page *page, struct file *file)
{
	int err;

	if (!mapping->a_ops->readpage) {
		unlock_page(page);
		return -EINVAL;
	}
	err = mapping->a_ops->readpage(file, page);
	if (err)
		return err;
	/* it may have unlocked before all was there: wait */
	if (!PageUptodate(page)) {
		lock_page(page);
		unlock_page(page);
	}
	return PageUptodate(page) ? 0 : -EIO;
}

struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file)
{
	struct page *page = find_get_page(mapping, index);
	int err = 0;

	if (page && PageUptodate(page))
		return page;
	if (page)
		put_page(page);
	page = find_or_create_page(mapping, index, GFP_USER);
	if (IS_ERR(page))
		return page;
	if (PageUptodate(page))
		unlock_page(page);
	else
		err = read_page(mapping, page, file);
	if (err) {
		put_page(page);
		return ERR_PTR(err);
	}
	return page;
}

/* All dirty pages are written; 0 or the first error. May sleep. */
int filemap_fdatawrite_wait(struct address_space *mapping)
{
	u64 index = 0;
	int err = 0;

	if (!mapping->a_ops->writepage)
		return 0;
	for (;; index++) {
		struct page *page;
		int e = 0;

		spin_lock(&mapping->lock);
		while ((page = radix_tree_next(&mapping->i_pages, &index)) && !PageDirty(page))
			index++;
		if (page)
			get_page(page);
		spin_unlock(&mapping->lock);
		if (!page)
			return err;
		lock_page(page);
		if (page->mapping == mapping && PageDirty(page)) {
			ClearPageFlag(page, PG_dirty);
			e = mapping->a_ops->writepage(page);
			if (e)
				SetPageDirty(page);
		}
		unlock_page(page);
		put_page(page);
		if (e && !err)
			err = e;
		cond_resched();
	}
}
