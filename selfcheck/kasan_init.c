/* SPDX-License-Identifier: MIT */
/*
 * Memory for the address sanitizer's shadow. Linux's twin: arch/x86/mm/kasan_init_64.c.
 *
 *	head_64.S on	one page for all of it, written to by many; no report is made
 *	kasan_init()	the direct map, mem_map, the image: an eighth of their size, for ever
 *	later		kernel stacks and vmalloc areas: as they are made, by kasan_populate()
 *
 * What is nobody's memory has no shadow: gcc's look at it faults, and kasan_report.c says why. The
 * shadow of the lower half would lie at addresses that are none.
 *
 * All top-level entries exist after kasan_init(), before the first mm copies them. Entries below
 * are added without a lock, by cmpxchg, and never go.
 */
#include <vitrix/atomic.h>
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <arch/processor.h>
#include <arch/setup.h>
#include <arch/tlbflush.h>
#include "../arch/x86/mm/mm_internal.h"
#include "kasan.h"

extern void (*const __ctors_start[])(void), (*const __ctors_end[])(void);

static pgd_t tables[PTRS_PER_TABLE] __aligned(4096) __initdata;
static unsigned long done __initdata;	/* of the shadow, as parts are mapped in order */

void __init kasan_keep_early_shadow(void)
{
	memcpy(init_top_pgt + KASAN_SHADOW_PGD, early_top_pgt + KASAN_SHADOW_PGD,
	       KASAN_SHADOW_PGDS * sizeof(pgd_t));
}

/* Of [start, end), which are above all that came before. */
static void __init map_shadow(unsigned long start, unsigned long end)
{
	unsigned long at = max((unsigned long)shadow_of(start) & PAGE_MASK, done);
	unsigned long to = ALIGN((unsigned long)shadow_of(end), PAGE_SIZE);

	done = max(done, to);
	while (at < to) {
		unsigned long step = min(to - at, PMD_SIZE - (at & (PMD_SIZE - 1)));
		phys_addr_t phys = memblock_alloc_raw(step, min(step & -step, PMD_SIZE), ~0ULL);

		if (!phys || map_range(tables, at, phys, step, PAGE_KERNEL, PMD_SIZE))
			panic("no memory for the address sanitizer");
		memset(__va(phys), 0, step);
		at += step;
	}
}

/* Once, on the final page tables, before the page allocator has its memory. Interrupts off. */
void __init kasan_init(void)
{
	for (int i = 0; i < memblock_memory.cnt; i++) {
		const struct memblock_region *r = &memblock_memory.regions[i];

		map_shadow((unsigned long)__va(r->base), (unsigned long)__va(r->base + r->size));
	}
	if (pgd_none(*pgd_offset_pgd(tables, (unsigned long)shadow_of(VMALLOC_START))))
		pgd_offset_pgd(tables, (unsigned long)shadow_of(VMALLOC_START))->pgd =
			table_entry(kernel_table_alloc());
	map_shadow(VMEMMAP_START, (unsigned long)(vmemmap + max_pfn));
	map_shadow((unsigned long)_text, (unsigned long)_end);
	memcpy(init_top_pgt + KASAN_SHADOW_PGD, tables + KASAN_SHADOW_PGD,
	       KASAN_SHADOW_PGDS * sizeof(pgd_t));
	write_cr3(read_cr3());
	for (void (*const *fn)(void) = __ctors_start; fn < __ctors_end; fn++)
		(*fn)();
	kasan_ready = true;
}

/* ---- vmalloc's ---- */

static int populate_page(unsigned long at)
{
	u64 bits = pgprot_val(PAGE_KERNEL) & __supported_pte_mask & __default_kernel_pte_mask;
	u64 *table = kernel_pte_table(at);
	struct page *page;

	if (!table)
		return -ENOMEM;
	if (READ_ONCE(table[pte_index(at)]))
		return 0;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memset(page_address(page), KASAN_VMALLOC_NONE, PAGE_SIZE);
	if (cmpxchg(&table[pte_index(at)], 0UL, page_to_phys(page) | bits))
		__free_page(page);
	else
		debug_map_page();
	return 0;
}

int kasan_populate(unsigned long start, size_t size)
{
	unsigned long at = (unsigned long)shadow_of(start) & PAGE_MASK;
	int err = 0;

	for (; !err && at < (unsigned long)shadow_of(start + size); at += PAGE_SIZE)
		err = populate_page(at);
	return err;
}
