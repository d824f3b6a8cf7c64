/* SPDX-License-Identifier: MIT */
/*
 * User page tables grow on demand: each level's table is a zeroed page, hooked in under
 * page_table_lock when first needed. They go away in mm/zap.c, with mmap_lock held for write, so
 * who holds mmap_lock may walk down without another lock.
 *
 * Linux's twin: __pte_alloc() and kin in mm/memory.c. Callers: the fault handler, fork, mremap.
 */
#include "internal.h"

/*
 * Gives *entry (of a pgd, pud or pmd) a table. Another thread may do the same: one wins.
 * 0 or -ENOMEM. Out of line: the walk below is the fast path.
 */
static noinline int populate_entry(struct mm_struct *mm, u64 *entry, bool is_pgd)
{
	void *table = pgtable_page_alloc();
	u64 val;

	if (!table)
		return -ENOMEM;
	val = __pa(table) | _PAGE_TABLE;
	spin_lock(&mm->page_table_lock);
	if (!*entry) {
		if (is_pgd)
			set_user_pgd((pgd_t *)entry, (pgd_t){ val });
		else
			smp_store_release(entry, val);
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		pgtable_page_free(table);
	else
		atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
	return 0;
}

/* Context: mmap_lock held. */
pte_t *pte_alloc_map(struct mm_struct *mm, unsigned long addr, pmd_t **pmdp)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
	pud_t *pud;
	pmd_t *pmd;

	DEBUG_ASSERT(addr < TASK_SIZE_MAX);
	if (unlikely(!READ_ONCE(pgd->pgd)) && populate_entry(mm, &pgd->pgd, true))
		return NULL;
	pud = pud_offset(pgd, addr);
	if (unlikely(!READ_ONCE(pud->pud)) && populate_entry(mm, &pud->pud, false))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (unlikely(!READ_ONCE(pmd->pmd)) && populate_entry(mm, &pmd->pmd, false))
		return NULL;
	*pmdp = pmd;
	return pte_offset(pmd, addr);
}

pte_t *pte_lookup(struct mm_struct *mm, unsigned long addr)
{
	unsigned long next;

	return next_pte_table(mm, addr, addr + PAGE_SIZE, &next);
}
