/* SPDX-License-Identifier: MIT */
/* Between the files of arch/x86/mm/ only. */
#ifndef ARCH_X86_MM_INTERNAL_H
#define ARCH_X86_MM_INTERNAL_H

#include <arch/pgtable.h>
#include <arch/tlbflush.h>

/* Adds the entry pages of the per-CPU copy at this address to all user tables. 0 or -ENOMEM. */
int pti_map_percpu_entry(unsigned long copy);

/* kernel_map_range() with pages of at most largest bytes (PAGE_SIZE, PMD_SIZE or PUD_SIZE), in
 * any pgd. Not flushed: nothing may be mapped there. */
int map_range(pgd_t *pgd, unsigned long addr, phys_addr_t phys, unsigned long size, pgprot_t prot,
	      unsigned long largest);

/* A zeroed page that stays a page table for ever: memblock's at boot. NULL without memory. */
void *kernel_table_alloc(void);
void kernel_table_free(void *table);	/* not memblock's; any context */

/* The table that has the kernel's pte of addr, made with those above it where there is none. May
 * sleep; no lock, as other CPUs may make them meanwhile. NULL: no memory, or a large page. */
u64 *kernel_pte_table(unsigned long addr);

/* The entry for a table of kernel addresses. */
static inline u64 table_entry(void *table) { return __pa(table) | _KERNPG_TABLE; }

/* pcid.c for tlb.c: on this CPU, interrupts off but for the last. */
void pcid_load(struct mm_struct *mm);
void pcid_flush(const struct flush_tlb_info *info);
void pcid_catch_up(struct mm_struct *mm);
void pcid_forget_kernel(void);

/* Page by page, or is dropping all cheaper? */
#define FLUSH_ALL_PAGES	33
static inline bool flush_by_page(const struct flush_tlb_info *info)
{
	return info->end && info->end - info->start <= FLUSH_ALL_PAGES * PAGE_SIZE;
}

#endif
