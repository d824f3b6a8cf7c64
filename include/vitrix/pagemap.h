/* SPDX-License-Identifier: MIT */
/*
 * The page cache: a file's pages in memory, by index. mm/filemap*.c, mm/truncate.c.
 * Linux's twin: include/linux/pagemap.h.
 */
#ifndef VITRIX_PAGEMAP_H
#define VITRIX_PAGEMAP_H

#include <vitrix/fs_types.h>

struct address_space_operations {
	/* Fills a locked page that is not uptodate: sets PG_uptodate, unlocks. May sleep. */
	int (*readpage)(struct file *file, struct page *page);
	/* Before copying len bytes at pos into the page cache: *pagep locked, referenced. */
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct page **pagep);
	/* After: marks dirty, grows i_size, unlocks and puts the page. Returns bytes accepted. */
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct page *page);
	int (*writepage)(struct page *page);	/* locked; NULL: pages live in memory only */
};

struct address_space {
	struct inode *host;
	struct radix_tree i_pages;	/* lock; index -> struct page */
	spinlock_t lock;		/* class LC_PAGE_CACHE */
	unsigned long nrpages;
	const struct address_space_operations *a_ops;
	struct list_head i_mmap;	/* i_mmap_lock: VMAs that map the file */
	spinlock_t i_mmap_lock;
	bool in_memory_only;		/* tmpfs and kin: pages are never clean, never reclaimed */
};

/* mm/filemap.c. Pages come with a reference. */
void address_space_init(struct address_space *mapping, struct inode *host);
struct page *find_get_page(struct address_space *mapping, pgoff_t index);	/* NULL if absent */
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);
/* Finds or makes; locked. New pages are not uptodate. ERR_PTR(-ENOMEM). */
struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);
/* uptodate */
struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file);
/* -EEXIST, -ENOMEM */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);
void delete_from_page_cache(struct page *page);	/* locked; drops the cache's reference */
void truncate_inode_pages(struct address_space *mapping, loff_t start);
/* i_size, unmaps, drops pages, zeroes the tail */
void truncate_setsize(struct inode *inode, loff_t newsize);
void truncate_pagecache(struct inode *inode, loff_t newsize);
void lock_page(struct page *page);		/* may sleep */
bool trylock_page(struct page *page);
void unlock_page(struct page *page);
ssize_t generic_file_read_iter(struct file *file, struct iov_iter *to, loff_t *pos);
/* takes i_mutex */
ssize_t generic_file_write_iter(struct file *file, struct iov_iter *from, loff_t *pos);
ssize_t generic_write_checks(struct file *file, struct iov_iter *from, loff_t *pos);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
extern const struct vm_operations_struct generic_file_vm_ops;
struct vm_fault;
/* a ->map_pages */
int filemap_map_pages(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff);
int filemap_fdatawrite_wait(struct address_space *mapping);

#endif
