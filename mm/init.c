/* SPDX-License-Identifier: MIT */
/*
 * Memory management comes up, from bottom to top. Linux's twin: mm/mm_init.c, mem_init().
 *
 *	memblock  ->  page tables  ->  mem_map  ->  page allocator  ->  slab  ->  vmalloc  ->  VMAs
 *
 * Called once by start_kernel() after setup_per_cpu_areas() and the CPU's features are known,
 * interrupts off. No locks: one CPU. Left out: memory that comes later (hotplug).
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <arch/pgtable.h>

struct page *empty_zero_page;

static void __init report(void)
{
	unsigned long total = memblock_phys_mem_size() >> 10;
	unsigned long free = totalram_pages << (PAGE_SHIFT - 10);

	printk(KERN_INFO "Memory: %luK/%luK available (%luK kernel code, %luK rwdata, %luK rodata, "
	       "%luK init, %luK bss, %luK reserved)\n", free, total,
	       (unsigned long)(_etext - _text) >> 10, (unsigned long)(_edata - _sdata) >> 10,
	       (unsigned long)(__end_rodata - __start_rodata) >> 10,
	       (unsigned long)(__init_end - __init_begin) >> 10,
	       (unsigned long)(__bss_stop - __bss_start) >> 10, total - free);
}

void __init mm_init(void)
{
	ASSERT(!totalram_pages);
	paging_init();
	vmemmap_init();
	kasan_init();
	page_alloc_init();
	report();
	kmem_cache_init();
	vmalloc_init();
	empty_zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!empty_zero_page)
		panic("no memory for the zero page");
	mmap_init();
}
