/* SPDX-License-Identifier: MIT */
/*
 * Taking pages and page tables out of an address space. The order is the whole art:
 *
 *	1. clear the entries          under page_table_lock
 *	2. flush the TLB              no CPU can reach the pages any more
 *	3. let go of pages, tables    now somebody else may get them
 *
 * Pages are gathered in a batch between 1 and 3, so that one flush serves many. Entries with
 * _PAGE_SPECIAL (the zero page, device memory) hold no reference. Since the kind of an entry is in
 * the entry and the kind of a page in its flags, no step here asks the VMA.
 *
 * Linux's twin: zap_pte_range() and free_pgtables() in mm/memory.c, mm/mmu_gather.c. Callers:
 * munmap, exit, madvise, truncation. Tables are freed only with mmap_lock held for write and after
 * the areas left their files' lists; truncation walks with neither, under i_mmap_lock.
 */
#include "internal.h"

#define GATHER_PAGES	96	/* on the stack */

struct gather {
	struct mm_struct *mm;
	bool flush;		/* translations may be cached; not at exit */
	bool cleared;		/* something between start and end went */
	unsigned long start, end;
	struct page *tables;	/* chained by ->private */
	unsigned int nr;
	long file, shmem, anon;
	struct page *pages[GATHER_PAGES];
};

static void gather_init(struct gather *g, struct mm_struct *mm)
{
	unsigned long rss = mm_rss(mm);

	g->mm = mm;
	g->flush = true;
	g->cleared = false;
	g->start = TASK_SIZE_MAX;
	g->end = 0;
	g->tables = NULL;
	g->nr = 0;
	g->file = g->shmem = g->anon = 0;
	if (rss > mm->hiwater_rss)
		mm->hiwater_rss = rss;
}

static void gather_account(struct gather *g)
{
	struct mm_struct *mm = g->mm;

	if (g->anon) {
		atomic_long_sub(g->anon, &mm->rss_anon);
		atomic_long_sub(g->anon, &nr_anon_pages);
	}
	if (g->file)
		atomic_long_sub(g->file, &mm->rss_file);
	if (g->shmem)
		atomic_long_sub(g->shmem, &mm->rss_shmem);
	if (g->file + g->shmem)
		atomic_long_sub(g->file + g->shmem, &nr_file_mapped);
	g->file = g->shmem = g->anon = 0;
}

/* Steps 2 and 3. */
static void gather_finish(struct gather *g)
{
	if (g->cleared && g->flush)
		flush_tlb_mm_range(g->mm, g->start, g->end, g->tables);
	g->cleared = false;
	g->start = TASK_SIZE_MAX;
	g->end = 0;
	gather_account(g);
	for (unsigned int i = 0; i < g->nr; i++)
		put_page(g->pages[i]);
	g->nr = 0;
	while (g->tables) {
		struct page *page = g->tables;

		g->tables = (struct page *)page->private;
		pgtable_page_free(page_address(page));
	}
}

static void gather_range(struct gather *g, unsigned long start, unsigned long end)
{
	g->cleared = true;
	g->start = min(g->start, start);
	g->end = max(g->end, end);
}

/* An entry that was just taken out: its page goes into the batch. */
static void gather_page(struct gather *g, pte_t pte)
{
	struct page *page;
	unsigned int flags;

	if (pte_special(pte))
		return;
	page = pte_page(pte);
	flags = READ_ONCE(page->flags);
	if (!(flags & (1u << PG_file))) {
		g->anon++;
	} else if (flags & (1u << PG_shmem)) {
		g->shmem++;
	} else {
		g->file++;
		if (pte_dirty(pte) && !(flags & (1u << PG_dirty)))
			SetPageDirty(page);
	}
	g->pages[g->nr++] = page;
}

/*
 * Step 1 for the entries of one table, as many as the batch takes: returns where it stopped.
 * page_table_lock held.
 */
static unsigned long zap_ptes(struct gather *g, pte_t *pte, unsigned long addr, unsigned long end,
			      bool keep_anon)
{
	unsigned long first = end, last = addr;

	while (addr < end && g->nr < GATHER_PAGES) {
		pte_t old = READ_ONCE(*pte);
		unsigned int step = 1;

		if (pte_none(old)) {
			step = pte_none_step(pte, addr, end);
		} else if (!keep_anon || (!pte_special(old) && !PageAnon(pte_page(old)))) {
			/*
			 * The CPU may still set the dirty bit: what counts is what was there last.
			 */
			old.pte = xchg(&pte->pte, 0);
			gather_page(g, old);
			if (first == end)
				first = addr;
			last = addr + PAGE_SIZE;
		}
		addr += step * PAGE_SIZE;
		pte += step;
	}
	if (last > first)
		gather_range(g, first, last);
	return addr;
}

/* keep_anon: only pages of files go (a hole was punched; private copies stay). */
static void zap_range(struct gather *g, unsigned long addr, unsigned long end, bool keep_anon)
{
	struct mm_struct *mm = g->mm;
	unsigned long next;

	while (addr < end) {
		pte_t *pte = next_pte_table(mm, addr, end, &next);

		if (!pte) {
			addr = next;
			continue;
		}
		spin_lock(&mm->page_table_lock);
		addr = zap_ptes(g, pte, addr, next, keep_anon);
		spin_unlock(&mm->page_table_lock);
		if (g->nr == GATHER_PAGES)
			gather_finish(g);
	}
}

/* ---- page tables ---- */

/*
 * Is the table of a whole [base, base + size) of no more use? Nothing is mapped in [floor,
 * ceiling).
 */
static bool table_unused(unsigned long base, unsigned long size, unsigned long floor,
			 unsigned long ceiling)
{
	return base >= floor && base + size - 1 <= ceiling - 1;
}

static void gather_table(struct gather *g, u64 entry)
{
	struct page *page = phys_to_page(entry & PTE_PFN_MASK);

	ASSERT(PageFlag(page, PG_pgtable));
	page->private = (unsigned long)g->tables;
	g->tables = page;
	atomic_long_sub(PAGE_SIZE, &g->mm->pgtables_bytes);
}

static void detach_pmds(struct gather *g, pud_t *pud, unsigned long addr, unsigned long end,
			unsigned long floor, unsigned long ceiling)
{
	pmd_t *pmd = pmd_offset(pud, addr);

	for (; addr < end; addr = (addr | ~PMD_MASK) + 1, pmd++) {
		if (pmd_none(*pmd) || !table_unused(addr & PMD_MASK, PMD_SIZE, floor, ceiling))
			continue;
		gather_table(g, pmd->pmd);
		WRITE_ONCE(pmd->pmd, 0);
	}
}

static void detach_puds(struct gather *g, pgd_t *pgd, unsigned long addr, unsigned long end,
			unsigned long floor, unsigned long ceiling)
{
	pud_t *pud = pud_offset(pgd, addr);

	for (; addr < end; addr = (addr | ~PUD_MASK) + 1, pud++) {
		if (pud_none(*pud))
			continue;
		detach_pmds(g, pud, addr, pud_addr_end(addr, end), floor, ceiling);
		if (!table_unused(addr & PUD_MASK, PUD_SIZE, floor, ceiling))
			continue;
		gather_table(g, pud->pud);
		WRITE_ONCE(pud->pud, 0);
	}
}

/*
 * Unhooks the tables that serve [start, end), which is empty, and serve nothing else: no area lies
 * in [floor, ceiling); ceiling 0 is the top. They are freed with the batch.
 */
static void detach_tables(struct gather *g, unsigned long start, unsigned long end,
			  unsigned long floor, unsigned long ceiling)
{
	struct mm_struct *mm = g->mm;
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, start);
	struct page *before = g->tables;

	/* Most unmappings leave all tables in use: the smallest one would reach over a border. */
	if (!table_unused(start & PMD_MASK, PMD_SIZE, floor, ceiling) &&
	    !table_unused((end - 1) & PMD_MASK, PMD_SIZE, floor, ceiling) &&
	    end - start <= PMD_SIZE)
		return;
	spin_lock(&mm->page_table_lock);
	for (unsigned long addr = start; addr < end; addr = (addr | ~PGDIR_MASK) + 1, pgd++) {
		if (pgd_none(*pgd))
			continue;
		detach_puds(g, pgd, addr, pgd_addr_end(addr, end), floor, ceiling);
		if (!table_unused(addr & PGDIR_MASK, PGDIR_SIZE, floor, ceiling))
			continue;
		gather_table(g, pgd->pgd);
		set_user_pgd(pgd, (pgd_t){ 0 });
	}
	spin_unlock(&mm->page_table_lock);
	/* CPUs cache upper levels too (SDM vol. 3, 4.10.3). */
	if (g->tables != before)
		gather_range(g, start, end);
}

/* ---- entry points ---- */

/* mmap_lock held; other threads may fault in new pages at once. */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct gather g;

	ASSERT(start >= vma->vm_start && end <= vma->vm_end);
	gather_init(&g, vma->vm_mm);
	zap_range(&g, start, end, false);
	gather_finish(&g);
}

/* Pages and tables of areas that are gone already. mmap_lock held for write. */
void unmap_region(struct mm_struct *mm, unsigned long start, unsigned long end,
		  unsigned long floor, unsigned long ceiling)
{
	struct gather g;

	gather_init(&g, mm);
	zap_range(&g, start, end, false);
	detach_tables(&g, start, end, floor, ceiling);
	gather_finish(&g);
}

/*
 * The end of an address space that nobody uses and no file's list leads to: all pages, then all
 * tables. Nobody runs in it, so pages go without a flush; tables wait for one, since a CPU that
 * keeps the mm loaded (lazily) may still walk them on its own account.
 */
void exit_unmap_all(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *first;
	struct gather g;

	gather_init(&g, mm);
	g.flush = false;
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		zap_range(&g, vma->vm_start, vma->vm_end, false);
	gather_finish(&g);

	for (first = mm->mmap; first; first = vma) {
		unsigned long end = first->vm_end;

		/* areas that stand close share tables: one step for all of them */
		vma = first->vm_next;
		for (; vma && vma->vm_start <= end + PMD_SIZE; vma = vma->vm_next)
			end = vma->vm_end;
		detach_tables(&g, first->vm_start, end, 0, vma ? vma->vm_start : 0);
	}
	if (g.tables)
		flush_tlb_mm_range(mm, 0, 0, true);
	g.cleared = false;
	gather_finish(&g);
}

/* The part of vma that shows pages [first, last] of its file. */
static void unmap_vma_pages(struct vm_area_struct *vma, pgoff_t first, pgoff_t last, bool keep_anon)
{
	pgoff_t vfirst = vma->vm_pgoff, vlast = vfirst + vma_pages(vma) - 1;
	struct gather g;

	if (last < vfirst || first > vlast)
		return;
	first = max(first, vfirst);
	last = min(last, vlast);
	gather_init(&g, vma->vm_mm);
	zap_range(&g, vma->vm_start + ((first - vfirst) << PAGE_SHIFT),
		  vma->vm_start + ((last - vfirst + 1) << PAGE_SHIFT), keep_anon);
	gather_finish(&g);
}

/*
 * No page table shows bytes [holebegin, holebegin + holelen) of the file any more (holelen 0: to
 * the end; whole pages). even_cows: private copies go too, as truncation wants. Does not sleep.
 */
void unmap_mapping_range(struct address_space *mapping, loff_t holebegin, loff_t holelen,
			 int even_cows)
{
	pgoff_t first = (u64)holebegin >> PAGE_SHIFT, last = ~0UL;
	struct vm_area_struct *vma;

	if (holelen)
		last = ((u64)holebegin + holelen - 1) >> PAGE_SHIFT;
	if (list_empty(&mapping->i_mmap))
		return;
	spin_lock(&mapping->i_mmap_lock);
	list_for_each_entry(vma, &mapping->i_mmap, i_mmap_link)
		unmap_vma_pages(vma, first, last, !even_cows);
	spin_unlock(&mapping->i_mmap_lock);
}
