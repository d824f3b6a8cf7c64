/* SPDX-License-Identifier: MIT */
/*
 * The kernel's final page tables, and mem_map. Linux's twins: arch/x86/mm/init.c, init_64.c.
 *
 *	PAGE_OFFSET          all RAM of memblock, by the largest pages that fit, writable, NX;
 *	                     the 2 MiB blocks that hold the image by 4 KiB pages, and of the image's
 *	                     pages those with code and constants read-only here too
 *	VMALLOC_START        empty, 512 GiB of it in use: mm/vmalloc.c
 *	VMEMMAP_START        struct pages of whole MAX_ORDER blocks around RAM; in between nothing
 *	__START_KERNEL_map   the image by 4 KiB pages: r-x text, r-- constants, rw- data
 *
 * paging_init() runs on head_64.S's tables, which reach 4 GiB, and takes tables from memblock
 * below that; it ends with the new ones loaded. The memory of mem_map itself may lie anywhere, and
 * is not touched here: page_alloc_init() initialises what it needs. One CPU, interrupts off.
 *
 * Every pud table that the upper half of a pgd can ever need exists afterwards; see pgtable.c.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <arch/processor.h>
#include <arch/tlbflush.h>
#include "mm_internal.h"

unsigned long max_pfn;

extern char __init_data_begin[], __kallsyms_start[], __kallsyms_end[];
extern char __relocs_start[], __relocs_end[];

#define BLOCK_PAGES	(1UL << (MAX_ORDER - 1))

/* Parts of the image, each of whole pages (vmlinux.lds.S). */
struct image_part {
	char *start, *end;
	pgprot_t prot;
};
static const struct image_part image_parts[] __initconst = {
	{ _text, _etext, PAGE_KERNEL_RX },
	{ __start_rodata, __end_rodata, PAGE_KERNEL_RO },
	{ _sdata, __per_cpu_end, PAGE_KERNEL },
	{ __init_begin, __init_data_begin, PAGE_KERNEL_RX },
	{ __init_data_begin, __init_end, PAGE_KERNEL },
	{ __kallsyms_start, __kallsyms_end, PAGE_KERNEL_RO },
	{ __bss_start, _end, PAGE_KERNEL },
};

static void __init map_or_die(unsigned long addr, phys_addr_t phys, unsigned long size,
			      pgprot_t prot, unsigned long largest)
{
	if (map_range(init_top_pgt, addr, phys, size, prot, largest))
		panic("no memory for the kernel's page tables");
}

/* By index, as the last entry ends at the end of the address space. */
static void __init preallocate_puds(unsigned long start, unsigned long end)
{
	for (unsigned long i = pgd_index(start); i <= pgd_index(end - 1); i++)
		if (pgd_none(init_top_pgt[i]))
			init_top_pgt[i].pgd = table_entry(kernel_table_alloc());
}

/* [start, end) of RAM, without what lies in [lo, hi). */
static void __init map_direct_outside(phys_addr_t start, phys_addr_t end, phys_addr_t lo,
				      phys_addr_t hi, unsigned long largest)
{
	if (start < min(end, lo))
		map_or_die((unsigned long)__va(start), start, min(end, lo) - start, PAGE_KERNEL,
			   largest);
	start = max(start, hi);
	if (start < end)
		map_or_die((unsigned long)__va(start), start, end - start, PAGE_KERNEL, largest);
}

static void __init map_direct(void)
{
	phys_addr_t lo = __pa(_text) & PMD_MASK, hi = ALIGN(__pa(_end), PMD_SIZE);
	unsigned long largest = cpu_has(X86_FEATURE_GBPAGES) ? PUD_SIZE : PMD_SIZE;

	for (int i = 0; i < memblock_memory.cnt; i++) {
		phys_addr_t start = memblock_memory.regions[i].base;
		phys_addr_t end = start + memblock_memory.regions[i].size;
		phys_addr_t from = max(start, lo), to = min(end, hi);

		ASSERT(IS_ALIGNED(start | end, PAGE_SIZE));
		map_direct_outside(start, end, lo, hi, largest);
		if (from < to)
			map_or_die((unsigned long)__va(from), from, to - from, PAGE_KERNEL,
				   PAGE_SIZE);
	}
}

static void __init map_image(void)
{
	for (int i = 0; i < ARRAY_SIZE(image_parts); i++) {
		const struct image_part *part = &image_parts[i];
		unsigned long size = part->end - part->start;
		phys_addr_t phys = __pa(part->start);

		map_or_die((unsigned long)part->start, phys, size, part->prot, PAGE_SIZE);
		if (!(pgprot_val(part->prot) & _PAGE_RW))
			kernel_protect_range((unsigned long)__va(phys), size, PAGE_KERNEL_RO);
	}
}

void __init paging_init(void)
{
	if (!cpu_has(X86_FEATURE_NX)) {
		__supported_pte_mask &= ~_PAGE_NX;
		__default_kernel_pte_mask &= ~_PAGE_NX;
	}
	if (pti_enabled || !cpu_has(X86_FEATURE_PGE))
		__default_kernel_pte_mask &= ~_PAGE_GLOBAL;

	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	preallocate_puds(PAGE_OFFSET, PAGE_OFFSET + PFN_PHYS(max_pfn));
	preallocate_puds(VMALLOC_START, VMALLOC_START + PGDIR_SIZE);
	preallocate_puds(VMEMMAP_START, VMEMMAP_START + max_pfn * sizeof(struct page));
	preallocate_puds(__START_KERNEL_map, __START_KERNEL_map + PUD_SIZE);
	map_direct();
	map_image();
	kasan_keep_early_shadow();
	write_cr3(__pa(init_top_pgt));
}

/* Backs [start, end) of mem_map, whole pages, with memory as it comes. */
static void __init vmemmap_populate(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned long step = min(end - start, PMD_SIZE - (start & (PMD_SIZE - 1)));
		phys_addr_t phys = memblock_alloc_raw(step, min(step & -step, PMD_SIZE), ~0ULL);

		if (!phys)
			panic("no memory for mem_map");
		map_or_die(start, phys, step, PAGE_KERNEL, PMD_SIZE);
		start += step;
	}
}

/*
 * struct pages exist for whole MAX_ORDER blocks, so that the buddy allocator may look at the buddy
 * of any page; those of holes are marked reserved.
 */
void __init vmemmap_init(void)
{
	unsigned long done = VMEMMAP_START;

	static_assert(IS_ALIGNED(BLOCK_PAGES * sizeof(struct page), 4096), "mem_map of a block");
	for (int i = 0; i < memblock_memory.cnt; i++) {
		const struct memblock_region *r = &memblock_memory.regions[i];
		unsigned long first = ALIGN_DOWN(PFN_DOWN(r->base), BLOCK_PAGES);
		unsigned long last = ALIGN(PFN_UP(r->base + r->size), BLOCK_PAGES);
		unsigned long start = max(done, (unsigned long)pfn_to_page(first));

		done = (unsigned long)pfn_to_page(last);
		vmemmap_populate(start, done);
	}
}

/* Is it RAM with a struct page? Any context after boot. */
bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn && memblock_is_memory(PFN_PHYS(pfn), PAGE_SIZE);
}

/* After the last __init function has returned. May sleep. */
void free_initmem(void)
{
	unsigned long size = __init_end - __init_begin, relocs = __relocs_end - __relocs_start;
	phys_addr_t phys = __pa(__init_begin), relocs_phys = __pa(__relocs_start);

	kernel_unmap_range((unsigned long)__init_begin, size);
	kernel_protect_range((unsigned long)__va(phys), size, PAGE_KERNEL);
	free_reserved_range(phys, phys + size);
	free_reserved_range(relocs_phys, relocs_phys + relocs);
	printk(KERN_INFO "Freeing unused kernel image (initmem) memory: %luK\n",
	       (size + relocs) >> 10);
}
