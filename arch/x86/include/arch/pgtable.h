/* SPDX-License-Identifier: MIT */
/*
 * Four levels of page tables, 512 entries each: pgd -> pud -> pmd -> pte (SDM vol. 3, 4.5).
 *
 *   virtual:  63..48 sign | 47..39 pgd | 38..30 pud | 29..21 pmd | 20..12 pte | 11..0 offset
 *
 * Tables are ordinary pages, reached through the direct map. With PTI each mm has two pgds in one
 * 8 KiB block: the kernel's first, the user's (user half plus the entry pages) 4 KiB above.
 * Linux's twin: arch/x86/include/asm/pgtable*.h.
 */
#ifndef ARCH_PGTABLE_H
#define ARCH_PGTABLE_H

#include <arch/page.h>

typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 pgd; } pgd_t;

#define PTRS_PER_TABLE	512
#define PMD_SHIFT	21
#define PUD_SHIFT	30
#define PGDIR_SHIFT	39
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define _PAGE_PRESENT	(1UL << 0)
#define _PAGE_RW	(1UL << 1)
#define _PAGE_USER	(1UL << 2)
#define _PAGE_PWT	(1UL << 3)
#define _PAGE_PCD	(1UL << 4)
#define _PAGE_ACCESSED	(1UL << 5)
#define _PAGE_DIRTY	(1UL << 6)
#define _PAGE_PSE	(1UL << 7)	/* in pmd, pud: a large page */
#define _PAGE_GLOBAL	(1UL << 8)
#define _PAGE_SPECIAL	(1UL << 9)	/* software: page not counted, or none behind it */
#define _PAGE_PROTNONE	_PAGE_GLOBAL	/* with PRESENT clear: mapped, but PROT_NONE */
#define _PAGE_NX	(1UL << 63)	/* masked away by __supported_pte_mask on CPUs without NX */
#define PTE_PFN_MASK	0x000ffffffffff000UL

extern u64 __supported_pte_mask;	/* all bits, less _PAGE_NX where the CPU has none */
/* For kernel mappings: less _PAGE_GLOBAL too under PTI. (In user entries it is _PAGE_PROTNONE.) */
extern u64 __default_kernel_pte_mask;

typedef struct { u64 pgprot; } pgprot_t;
#define __pgprot(x)	((pgprot_t){ (x) })
#define pgprot_val(x)	((x).pgprot)
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _KERNPG_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define __PAGE_KERNEL	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL)
#define PAGE_KERNEL	__pgprot(__PAGE_KERNEL | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO	__pgprot(__PAGE_KERNEL | _PAGE_NX)
#define PAGE_KERNEL_RX	__pgprot(__PAGE_KERNEL)
#define PAGE_KERNEL_NOCACHE __pgprot(pgprot_val(PAGE_KERNEL) | _PAGE_PCD | _PAGE_PWT)

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return (pte_t){ (PFN_PHYS(pfn) | pgprot_val(prot)) & __supported_pte_mask };
}
#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)
#define pte_val(x)	((x).pte)
#define pmd_val(x)	((x).pmd)
#define pud_val(x)	((x).pud)
#define pgd_val(x)	((x).pgd)

static inline bool pte_none(pte_t pte) { return !pte.pte; }
static inline bool pte_present(pte_t pte) { return pte.pte & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline bool pte_write(pte_t pte) { return pte.pte & _PAGE_RW; }
static inline bool pte_dirty(pte_t pte) { return pte.pte & _PAGE_DIRTY; }
static inline bool pte_special(pte_t pte) { return pte.pte & _PAGE_SPECIAL; }
static inline unsigned long pte_pfn(pte_t pte) { return (pte.pte & PTE_PFN_MASK) >> PAGE_SHIFT; }
#define pte_page(pte)	pfn_to_page(pte_pfn(pte))
static inline pte_t pte_wrprotect(pte_t pte) { return (pte_t){ pte.pte & ~_PAGE_RW }; }
static inline pte_t pte_mkwrite(pte_t pte) { return (pte_t){ pte.pte | _PAGE_RW }; }
static inline pte_t pte_mkdirty(pte_t pte) { return (pte_t){ pte.pte | _PAGE_DIRTY }; }
static inline pte_t pte_mkyoung(pte_t pte) { return (pte_t){ pte.pte | _PAGE_ACCESSED }; }
static inline pte_t pte_mkspecial(pte_t pte) { return (pte_t){ pte.pte | _PAGE_SPECIAL }; }
/* New protection, same frame, dirty and accessed kept. */
static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	u64 keep = PTE_PFN_MASK | _PAGE_DIRTY | _PAGE_ACCESSED | _PAGE_SPECIAL;

	return (pte_t){ ((pte.pte & keep) | (pgprot_val(prot) & ~keep)) & __supported_pte_mask };
}

static inline bool pmd_none(pmd_t pmd) { return !pmd.pmd; }
static inline bool pud_none(pud_t pud) { return !pud.pud; }
static inline bool pgd_none(pgd_t pgd) { return !pgd.pgd; }
static inline bool pmd_large(pmd_t pmd) { return pmd.pmd & _PAGE_PSE; }
static inline bool pud_large(pud_t pud) { return pud.pud & _PAGE_PSE; }

#define pgd_index(a)	(((a) >> PGDIR_SHIFT) & 511)
#define pud_index(a)	(((a) >> PUD_SHIFT) & 511)
#define pmd_index(a)	(((a) >> PMD_SHIFT) & 511)
#define pte_index(a)	(((a) >> PAGE_SHIFT) & 511)

static inline pgd_t *pgd_offset_pgd(pgd_t *pgd, unsigned long addr)
{
	return pgd + pgd_index(addr);
}
static inline pud_t *pud_offset(pgd_t *pgd, unsigned long addr)
{
	return (pud_t *)__va(pgd->pgd & PTE_PFN_MASK) + pud_index(addr);
}
static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	return (pmd_t *)__va(pud->pud & PTE_PFN_MASK) + pmd_index(addr);
}
static inline pte_t *pte_offset(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)__va(pmd->pmd & PTE_PFN_MASK) + pte_index(addr);
}
static inline void set_pte(pte_t *ptep, pte_t pte) { WRITE_ONCE(ptep->pte, pte.pte); }

/* Where the entry for addr ends, or end if that comes first. The last entry's end wraps to 0. */
#define __addr_end(addr, end, size) ({						\
	unsigned long __b = ((addr) + (size)) & ~((size) - 1);			\
	__b - 1 < (end) - 1 ? __b : (end); })
#define pgd_addr_end(addr, end)	__addr_end(addr, end, PGDIR_SIZE)
#define pud_addr_end(addr, end)	__addr_end(addr, end, PUD_SIZE)
#define pmd_addr_end(addr, end)	__addr_end(addr, end, PMD_SIZE)

/* the kernel's own pgd (two pages): template of the upper half of all */
extern pgd_t init_top_pgt[];
extern pgd_t early_top_pgt[];		/* head_64.S; init memory */

struct mm_struct;
/* arch/x86/mm/pgtable.c. The upper half is shared: its pud tables are all preallocated at boot, so
 * that later kernel mappings need no walk over all mms. pgd_alloc: NULL without memory. */
pgd_t *pgd_alloc(void);
void pgd_free(pgd_t *pgd);
/* Sets a user pgd entry in the kernel's half, and in the user's copy with PTI. */
void set_user_pgd(pgd_t *pgdp, pgd_t pgd);
/* Maps [addr, addr+size) of kernel space with 4 KiB (or larger where allowed) pages. -ENOMEM. */
int kernel_map_range(unsigned long addr, phys_addr_t phys, unsigned long size, pgprot_t prot);
int kernel_map_for_user(unsigned long addr, phys_addr_t phys);
/* flushes the TLB; frees no frames */
void kernel_clear_range(unsigned long addr, unsigned long size);	/* the caller flushes */
void kernel_unmap_range(unsigned long addr, unsigned long size);
pte_t *kernel_lookup_pte(unsigned long addr);	/* NULL if none, or mapped large */
struct page;
/* Maps pages[0..nr) at addr, where nothing is mapped. -ENOMEM: nothing stays mapped. */
int kernel_map_pages(unsigned long addr, struct page **pages, unsigned long nr, pgprot_t prot);
/* New protection for pages mapped by 4 KiB; flushes the TLB. */
void kernel_protect_range(unsigned long addr, unsigned long size, pgprot_t prot);
/* The kernel's final page tables, and mem_map behind them; called by mm_init() in this order. */
void paging_init(void);
void vmemmap_init(void);

/* A zeroed page for a table of user memory: NULL without memory. May sleep. It is given back zeroed
 * too (every entry cleared), so that it can serve again as it is. */
void *pgtable_page_alloc(void);
void pgtable_page_free(void *table);
unsigned long pgtable_cache_shrink(void); /* memory is short: pages of this CPU's caches freed */

extern bool pti_enabled;
#define PTI_USER_PGD_BIT 12
static inline pgd_t *kernel_to_user_pgd(pgd_t *pgdp)
{
	return (pgd_t *)((uintptr_t)pgdp | (1UL << PTI_USER_PGD_BIT));
}

#endif
