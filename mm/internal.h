/* SPDX-License-Identifier: MIT */
/*
 * What the files of mm/ share and nobody else needs: the way through the VMA tree, the page table
 * walk, the gathering of pages that are being unmapped.
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <vitrix/mm.h>
#include <vitrix/fs.h>
#include <vitrix/cred.h>
#include <vitrix/string.h>
#include <vitrix/bug.h>
#include <arch/tlbflush.h>

/* ---- VMA tree: mm/vma_tree.c; mmap_lock held, for write where the tree changes ---- */

/* Where the guard gap below the area begins: nothing else is placed above it. */
static inline unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vma->vm_start;

	if (unlikely(vma->vm_flags & VM_GROWSDOWN)) {
		unsigned long gap = stack_guard_gap << PAGE_SHIFT;

		return start > gap ? start - gap : 0;
	}
	return start;
}

void vma_tree_insert(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
void vma_tree_erase(struct mm_struct *mm, struct vm_area_struct *vma);
/* vma's own borders were moved in place. */
void vma_start_changed(struct vm_area_struct *vma);
void vma_end_changed(struct vm_area_struct *vma);
/* The area before addr, i.e. the last one that ends at or below it; *next: the one after. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **next);
struct vm_area_struct *vma_last(struct mm_struct *mm);
/* Start of the highest (lowest) free stretch of len bytes within [low, high), or -ENOMEM. */
unsigned long find_gap_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high);
unsigned long find_gap_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
				unsigned long high);
unsigned long arch_get_unmapped_area(unsigned long addr, unsigned long len, unsigned long flags);

/* ---- areas: mm/vma.c ---- */
void vma_cache_init(void);
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
void vma_link_file(struct vm_area_struct *vma);
void vma_unlink_file(struct vm_area_struct *vma);
/* Out of tree, list and the file's list; the struct stays the caller's. */
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_release(struct vm_area_struct *vma);	/* ->close, fput, free; unlinked before */
/* after a change of flags */
struct vm_area_struct *vma_merge_neighbours(struct vm_area_struct *vma);
/* vm_flags for part of an area: splits as needed, merges afterwards. *vmap: the area then. */
int vma_change_flags(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		     unsigned long newflags);
void vma_set_page_prot(struct vm_area_struct *vma);

static inline pgoff_t linear_page_index(const struct vm_area_struct *vma, unsigned long addr)
{
	return ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

/* ---- mlock: mm/mlock.c ---- */
bool can_do_mlock(void);
/* May len more bytes come under flags? 0 or -EAGAIN. */
int mlock_future_check(struct mm_struct *mm, unsigned long flags, unsigned long len);

/* ---- page tables ---- */

/*
 * The entry for addr, if its table exists; then the table holds the entries up to *next (at most
 * end). Otherwise NULL, and nothing is mapped below *next.
 */
static inline pte_t *next_pte_table(struct mm_struct *mm, unsigned long addr, unsigned long end,
				    unsigned long *next)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd)) {
		*next = pgd_addr_end(addr, end);
		return NULL;
	}
	pud = pud_offset(pgd, addr);
	if (pud_none(*pud)) {
		*next = pud_addr_end(addr, end);
		return NULL;
	}
	pmd = pmd_offset(pud, addr);
	*next = pmd_addr_end(addr, end);
	return pmd_none(*pmd) ? NULL : pte_offset(pmd, addr);
}

/* Eight empty entries in a row, one cache line: the usual sight in a sparse table. */
static inline bool pte_line_none(const pte_t *pte)
{
	return !(pte[0].pte | pte[1].pte | pte[2].pte | pte[3].pte |
		 pte[4].pte | pte[5].pte | pte[6].pte | pte[7].pte);
}

/* At an empty entry: how many entries to step over, 8 where a whole line is empty and wanted. */
static inline unsigned int pte_none_step(const pte_t *pte, unsigned long addr, unsigned long end)
{
	if (!((uintptr_t)pte & 63) && end - addr >= 8 * PAGE_SIZE && pte_line_none(pte))
		return 8;
	return 1;
}

/* ---- unmapping: mm/zap.c ---- */
void unmap_region(struct mm_struct *mm, unsigned long start, unsigned long end,
		  unsigned long floor, unsigned long ceiling);
void exit_unmap_all(struct mm_struct *mm);

/* ---- frames for users ---- */

/* A frame for anonymous memory: no page cache owns it. NULL without memory. */
static inline struct page *alloc_anon_page(gfp_t gfp)
{
	return alloc_page(GFP_HIGHUSER | gfp);
}

static inline bool PageAnon(struct page *page) { return !PageFlag(page, PG_file); }

/* Resident pages come (n > 0) or go; the kind follows from the page. */
static inline atomic_long_t *rss_counter(struct mm_struct *mm, struct page *page)
{
	if (!PageFlag(page, PG_file))
		return &mm->rss_anon;
	return PageFlag(page, PG_shmem) ? &mm->rss_shmem : &mm->rss_file;
}
static inline void account_mapped_page(struct mm_struct *mm, struct page *page)
{
	atomic_long_inc(rss_counter(mm, page));
	atomic_long_inc(PageAnon(page) ? &nr_anon_pages : &nr_file_mapped);
}

/* ---- page cache: mm/truncate.c ---- */
/* Drops the pages of bytes [start, end], zeroes the parts of pages at the ends; how many went. */
unsigned long truncate_pages_range(struct address_space *mapping, loff_t start, loff_t end);

#endif
