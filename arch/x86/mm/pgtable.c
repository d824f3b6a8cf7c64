/* SPDX-License-Identifier: MIT */
/*
 * Page tables: the kernel's mappings, and the tables that user address spaces are made of.
 * Linux's twins: arch/x86/mm/pgtable.c, pageattr.c, mm/ioremap.c.
 *
 *	pgd of an mm       0 ............ 255 | 256 ................ 511
 *	                   own user entries   | init_top_pgt's entries, the same in every mm
 *
 * The upper half is complete before the first mm exists (paging_init), so that pgd_alloc() copies
 * it once and no later kernel mapping has to visit all mms.
 *
 * Kernel tables below it only grow, and need no lock: a missing table is installed by cmpxchg, and
 * the entries of a range belong to whoever owns the range of addresses.
 *
 * A new mm needs a pgd and a dozen tables, and a dying one leaves as many, every entry cleared:
 * each CPU keeps a few of both, which spares fork and exec the clearing of pages and the copying of
 * the upper half. Locks of these caches: interrupts off for pgds, since the last reference to an
 * mm may go anywhere; preemption off for tables, which only process context handles.
 */
#include <vitrix/bug.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <arch/tlbflush.h>
#include "mm_internal.h"

u64 __supported_pte_mask = ~0UL;
u64 __default_kernel_pte_mask = ~0UL;
pgd_t init_top_pgt[2 * PTRS_PER_TABLE] __aligned(2 * 4096) __section(".bss..page_aligned");
atomic_long_t nr_pagetable_pages;

#define USER_PGDS	256		/* entries of the lower half */
#define UPPER_BYTES	(USER_PGDS * sizeof(pgd_t))

#define PGD_CACHE	8		/* pgds, tables that a CPU keeps */
#define TABLE_CACHE	32

struct table_cache {
	unsigned int nr_pgds, nr_tables;
	pgd_t *pgds[PGD_CACHE];
	void *tables[TABLE_CACHE];
};
static DEFINE_PER_CPU(struct table_cache, table_cache);

static unsigned int pgd_order(void)
{
	return pti_enabled ? 1 : 0;
}

/* An empty lower half and the kernel's upper half; under PTI, the user's twin behind. May sleep. */
pgd_t *pgd_alloc(void)
{
	unsigned long flags = local_irq_save();
	unsigned int n = __gs_var(table_cache.nr_pgds);
	pgd_t *pgd = NULL;

	if (likely(n)) {
		__gs_var(table_cache.nr_pgds) = --n;
		pgd = __gs_var(table_cache.pgds[n]);
	}
	local_irq_restore(flags);
	if (likely(pgd))
		return pgd;

	pgd = (pgd_t *)__get_free_pages(GFP_KERNEL, pgd_order());
	if (!pgd)
		return NULL;
	memset(pgd, 0, UPPER_BYTES);
	memcpy(pgd + USER_PGDS, init_top_pgt + USER_PGDS, UPPER_BYTES);
	if (pti_enabled) {
		pgd_t *user = kernel_to_user_pgd(pgd);

		memset(user, 0, UPPER_BYTES);
		memcpy(user + USER_PGDS, kernel_to_user_pgd(init_top_pgt) + USER_PGDS,
		       UPPER_BYTES);
	}
	atomic_long_add(1 << pgd_order(), &nr_pagetable_pages);
	return pgd;
}

static void release_pgd(pgd_t *pgd)
{
	atomic_long_sub(1 << pgd_order(), &nr_pagetable_pages);
	free_pages((unsigned long)pgd, pgd_order());
}

/* No CPU has it loaded; the lower half was cleared with its tables (set_user_pgd). */
void pgd_free(pgd_t *pgd)
{
	unsigned long flags;
	unsigned int n;

	DEBUG_ASSERT(!memchr_inv(pgd, 0, UPPER_BYTES));
	DEBUG_ASSERT(!pti_enabled || !memchr_inv(kernel_to_user_pgd(pgd), 0, UPPER_BYTES));
	ASSERT(pgd != init_top_pgt);
	flags = local_irq_save();
	n = __gs_var(table_cache.nr_pgds);
	if (likely(n < PGD_CACHE)) {
		__gs_var(table_cache.pgds[n]) = pgd;
		__gs_var(table_cache.nr_pgds) = n + 1;
		pgd = NULL;
	}
	local_irq_restore(flags);
	if (unlikely(pgd))
		release_pgd(pgd);
}

/*
 * Under PTI the user's pgd has the entry itself and the kernel's has it with NX: a kernel that
 * forgets to switch CR3 on the way out faults at the first user instruction.
 */
void set_user_pgd(pgd_t *pgdp, pgd_t pgd)
{
	if (pti_enabled) {
		WRITE_ONCE(kernel_to_user_pgd(pgdp)->pgd, pgd.pgd);
		if (pgd.pgd & _PAGE_PRESENT)
			pgd.pgd |= _PAGE_NX & __supported_pte_mask;
	}
	WRITE_ONCE(pgdp->pgd, pgd.pgd);
}

void *pgtable_page_alloc(void)
{
	void *table = NULL;
	struct page *page;
	unsigned int n;

	preempt_disable();
	n = __gs_var(table_cache.nr_tables);
	if (likely(n)) {
		__gs_var(table_cache.nr_tables) = --n;
		table = __gs_var(table_cache.tables[n]);
	}
	preempt_enable();
	if (likely(table))
		return table;

	page = alloc_page(GFP_USER | __GFP_ZERO);
	if (!page)
		return NULL;
	page->flags |= BIT(PG_pgtable);
	atomic_long_inc(&nr_pagetable_pages);
	return page_address(page);
}

static void release_table(void *table)
{
	struct page *page = virt_to_page(table);

	ASSERT(PageFlag(page, PG_pgtable));
	page->flags &= ~BIT(PG_pgtable);
	atomic_long_dec(&nr_pagetable_pages);
	__free_page(page);
}

void pgtable_page_free(void *table)
{
	unsigned int n;

	DEBUG_ASSERT(!memchr_inv(table, 0, PAGE_SIZE));
	preempt_disable();
	n = __gs_var(table_cache.nr_tables);
	if (likely(n < TABLE_CACHE)) {
		__gs_var(table_cache.tables[n]) = table;
		__gs_var(table_cache.nr_tables) = n + 1;
		table = NULL;
	}
	preempt_enable();
	if (unlikely(table))
		release_table(table);
}

/* May not interrupt a user of the caches: not from interrupt handlers. */
unsigned long pgtable_cache_shrink(void)
{
	struct table_cache *cache;
	unsigned long freed = 0, flags = local_irq_save();

	cache = this_cpu_ptr(&table_cache);
	for (; cache->nr_tables; freed++)
		release_table(cache->tables[--cache->nr_tables]);
	for (; cache->nr_pgds; freed += 1 << pgd_order())
		release_pgd(cache->pgds[--cache->nr_pgds]);
	local_irq_restore(flags);
	return freed;
}

/* ---- kernel mappings ---- */

void *kernel_table_alloc(void)
{
	void *table;

	if (!totalram_pages)
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	table = (void *)get_zeroed_page(GFP_KERNEL);
	if (table)
		atomic_long_inc(&nr_pagetable_pages);
	return table;
}

void kernel_table_free(void *table)
{
	free_page((unsigned long)table);
	atomic_long_dec(&nr_pagetable_pages);
}

/* The table that *entry points to, made if there is none. NULL: no memory, or a large page. */
static void *table_get(u64 *entry)
{
	u64 old = READ_ONCE(*entry);
	void *table;

	if (!old) {
		table = kernel_table_alloc();
		if (!table)
			return NULL;
		old = cmpxchg(entry, 0UL, table_entry(table));
		if (!old) {
			debug_map_page();
			return table;
		}
		kernel_table_free(table);	/* another CPU was faster */
	}
	if (WARN_ON(old & _PAGE_PSE))
		return NULL;
	return __va(old & PTE_PFN_MASK);
}

/* Can one entry of this size start here? */
static bool fits(unsigned long addr, phys_addr_t phys, unsigned long end, unsigned long size)
{
	return IS_ALIGNED(addr | phys, size) && end - addr >= size;
}

/* Fills one table with entries of 1 << shift bytes from addr on; returns where it stopped. */
static unsigned long fill_table(u64 *table, unsigned int shift, unsigned long addr,
				phys_addr_t phys, unsigned long end, u64 prot)
{
	unsigned int i = (addr >> shift) & (PTRS_PER_TABLE - 1);
	unsigned long size = 1UL << shift;

	if (shift != PAGE_SHIFT)
		prot |= _PAGE_PSE;
	do {
		/* A table from an earlier mapping by smaller pages stays and is used. */
		if (shift != PAGE_SHIFT && table[i])
			break;
		DEBUG_ASSERT(!table[i]);
		WRITE_ONCE(table[i], phys | prot);
		addr += size;
		phys += size;
	} while (++i < PTRS_PER_TABLE && end - addr >= size);
	return addr;
}

int map_range(pgd_t *pgd, unsigned long addr, phys_addr_t phys, unsigned long size, pgprot_t prot,
	      unsigned long largest)
{
	unsigned long end = addr + size, next;
	u64 bits = pgprot_val(prot) & __supported_pte_mask & __default_kernel_pte_mask;

	ASSERT(IS_ALIGNED(addr | phys | size, PAGE_SIZE) && end >= addr);
	for (; addr != end; phys += next - addr, addr = next) {
		u64 *pud, *pmd, *pte;

		pud = table_get(&pgd_offset_pgd(pgd, addr)->pgd);
		if (!pud)
			return -ENOMEM;
		if (largest >= PUD_SIZE && fits(addr, phys, end, PUD_SIZE)) {
			next = fill_table(pud, PUD_SHIFT, addr, phys, end, bits);
			if (next != addr)
				continue;
		}
		pmd = table_get(&pud[pud_index(addr)]);
		if (!pmd)
			return -ENOMEM;
		if (largest >= PMD_SIZE && fits(addr, phys, end, PMD_SIZE)) {
			next = fill_table(pmd, PMD_SHIFT, addr, phys, end, bits);
			if (next != addr)
				continue;
		}
		pte = table_get(&pmd[pmd_index(addr)]);
		if (!pte)
			return -ENOMEM;
		next = fill_table(pte, PAGE_SHIFT, addr, phys, end, bits);
	}
	return 0;
}

/* May sleep once the page allocator is up. On failure part of the range may be mapped. */
int kernel_map_range(unsigned long addr, phys_addr_t phys, unsigned long size, pgprot_t prot)
{
	return map_range(init_top_pgt, addr, phys, size, prot, PMD_SIZE);
}

/* Tables above addr let user mode pass; what lies under them does not, but where it says so. */
static void __init let_user_walk(pgd_t *pgd, unsigned long addr)
{
	u64 *entry = &pgd_offset_pgd(pgd, addr)->pgd;

	*entry |= _PAGE_USER;
	entry = (u64 *)__va(*entry & PTE_PFN_MASK) + pud_index(addr);
	*entry |= _PAGE_USER;
	entry = (u64 *)__va(*entry & PTE_PFN_MASK) + pmd_index(addr);
	*entry |= _PAGE_USER;
}

/*
 * One page of the kernel's half that user mode may read. Before the first user mm: pgd_alloc()
 * copies the roots, and to load a new CR3 makes a CPU forget what it knew of the tables.
 */
int __init kernel_map_for_user(unsigned long addr, phys_addr_t phys)
{
	pgprot_t prot = __pgprot(pgprot_val(PAGE_KERNEL_RO) | _PAGE_USER);
	pgd_t *root[] = { init_top_pgt, kernel_to_user_pgd(init_top_pgt) };

	for (int i = 0; i <= pti_enabled; i++) {
		if (map_range(root[i], addr, phys, PAGE_SIZE, prot, PAGE_SIZE))
			return -ENOMEM;
		let_user_walk(root[i], addr);
	}
	return 0;
}

u64 *kernel_pte_table(unsigned long addr)
{
	u64 *table = table_get(&pgd_offset_pgd(init_top_pgt, addr)->pgd);

	if (table)
		table = table_get(&table[pud_index(addr)]);
	if (table)
		table = table_get(&table[pmd_index(addr)]);
	return table;
}

int kernel_map_pages(unsigned long addr, struct page **pages, unsigned long nr, pgprot_t prot)
{
	u64 bits = pgprot_val(prot) & __supported_pte_mask & __default_kernel_pte_mask;
	unsigned long start = addr;
	u64 *table = NULL;

	for (unsigned long i = 0; i < nr; i++, addr += PAGE_SIZE) {
		if (!table || !pte_index(addr)) {
			table = kernel_pte_table(addr);
			if (!table) {
				kernel_unmap_range(start, addr - start);
				return -ENOMEM;
			}
		}
		ASSERT(!table[pte_index(addr)]);
		WRITE_ONCE(table[pte_index(addr)], page_to_phys(pages[i]) | bits);
	}
	return 0;
}

/*
 * The entry that maps addr, of whatever size, and that size; NULL if a table is missing, then *size
 * is what the missing table would span.
 */
static u64 *lookup_entry(unsigned long addr, unsigned long *size)
{
	pgd_t *pgd = pgd_offset_pgd(init_top_pgt, addr);
	pud_t *pud;
	pmd_t *pmd;

	*size = PGDIR_SIZE;
	if (pgd_none(*pgd))
		return NULL;
	pud = pud_offset(pgd, addr);
	*size = PUD_SIZE;
	if (pud_none(*pud))
		return NULL;
	if (pud_large(*pud))
		return &pud->pud;
	pmd = pmd_offset(pud, addr);
	*size = PMD_SIZE;
	if (pmd_none(*pmd))
		return NULL;
	if (pmd_large(*pmd))
		return &pmd->pmd;
	*size = PAGE_SIZE;
	return &pte_offset(pmd, addr)->pte;
}

/*
 * TLBs may hold the range until the caller flushes them; before that neither its addresses nor its
 * frames are anybody else's. Large pages must be covered altogether.
 */
void kernel_clear_range(unsigned long addr, unsigned long size)
{
	unsigned long end = addr + size, step;

	for (unsigned long at = addr; at < end; at = (at & ~(step - 1)) + step) {
		u64 *entry = lookup_entry(at, &step);

		if (!entry || !*entry)
			continue;
		ASSERT(IS_ALIGNED(at, step) && end - at >= step);
		WRITE_ONCE(*entry, 0);
	}
}

/* May wait for other CPUs: not with interrupts off. */
void kernel_unmap_range(unsigned long addr, unsigned long size)
{
	if (!size)
		return;
	kernel_clear_range(addr, size);
	flush_tlb_kernel_range(addr, addr + size);
}

void kernel_protect_range(unsigned long addr, unsigned long size, pgprot_t prot)
{
	u64 bits = pgprot_val(prot) & __supported_pte_mask & __default_kernel_pte_mask;

	for (unsigned long at = addr; at < addr + size; at += PAGE_SIZE) {
		pte_t *pte = kernel_lookup_pte(at);

		ASSERT(pte && !pte_none(*pte));
		set_pte(pte, (pte_t){ (pte_val(*pte) & PTE_PFN_MASK) | bits });
	}
	flush_tlb_kernel_range(addr, addr + size);
}

pte_t *kernel_lookup_pte(unsigned long addr)
{
	unsigned long size;
	u64 *entry = lookup_entry(addr, &size);

	return size == PAGE_SIZE ? (pte_t *)entry : NULL;
}
