/* SPDX-License-Identifier: MIT */
/*
 * Where memory lies, and the way between physical and virtual addresses.
 *
 *   0000000000000000 - 00007fffffffefff  user (TASK_SIZE_MAX: 47 bits less a guard page)
 *   ffff880000000000 - ffff88000001ffff  this mm's LDT                  LDT_BASE
 *   ffff888000000000 - ffffc87fffffffff  direct map of all RAM          PAGE_OFFSET
 *   ffffc90000000000 - ffffe8ffffffffff  vmalloc, kernel stacks, mmio   VMALLOC_START
 *   ffffea0000000000 - ffffeaffffffffff  mem_map, one struct page a frame  VMEMMAP_START
 *   ffffec0000000000 - fffffbffffffffff  DEBUG: shadow, a byte for eight  <vitrix/kasan.h>
 *   ffffff0000000000 - ffffff00ffffffff  stacks for iretq to 16-bit ones  ESPFIX_BASE
 *   ffffffff80000000 - ffffffffbfffffff  kernel image, at physical + kernel_image_base
 *
 * The same map as Linux's without KASLR (Documentation/x86/x86_64/mm.rst).
 */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#define PAGE_SHIFT	12
#define __PAGE_OFFSET		0xffff888000000000
#define LDT_BASE		0xffff880000000000
#define ESPFIX_BASE		0xffffff0000000000
#define __START_KERNEL_map_	0xffffffff80000000

/* 16 KiB kernel stacks, below each an unmapped guard page. Redzones need as much again. */
#ifdef CONFIG_DEBUG
#define THREAD_SIZE_ORDER 3
#else
#define THREAD_SIZE_ORDER 2
#endif

/* Under PTI each mm has two pgds side by side; bit 12 of CR3 says which one is loaded. */
#define PTI_USER_PGTABLE_MASK (1 << 12)
/* With PCIDs each of the two has a number of its own, too. Without them bit 11 is always 0. */
#define PTI_USER_PCID_MASK (1 << 11)
#define PTI_USER_CR3_MASK (PTI_USER_PGTABLE_MASK | PTI_USER_PCID_MASK)

#ifdef __ASSEMBLER__
#define PAGE_SIZE	4096
#define THREAD_SIZE	(4096 << THREAD_SIZE_ORDER)
#else
#include <vitrix/types.h>

#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define THREAD_SIZE	(PAGE_SIZE << THREAD_SIZE_ORDER)
#define PAGE_OFFSET	0xffff888000000000UL
#define VMALLOC_START	0xffffc90000000000UL
#define VMALLOC_END	0xffffe90000000000UL
#define VMEMMAP_START	0xffffea0000000000UL
#define __START_KERNEL_map 0xffffffff80000000UL

#define TASK_SIZE_MAX	0x00007ffffffff000UL	/* first address that no user may have */
#define IA32_PAGE_OFFSET 0xffffe000UL		/* the same for 32-bit programs */
#define IA32_PAGE_OFFSET_3GB 0xc0000000UL	/* with the personality's ADDR_LIMIT_3GB */
#define TASK_SIZE	(current->mm->task_size)	/* one of these, set by exec */
#define STACK_TOP	TASK_SIZE_MAX		/* 32-bit programs: exec moves the stack down */
#define mmap_min_addr	0x10000UL

#define PAGE_ALIGN(x)	ALIGN((unsigned long)(x), PAGE_SIZE)
#define PFN_UP(x)	(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)	((x) >> PAGE_SHIFT)
#define PFN_PHYS(pfn)	((phys_addr_t)(pfn) << PAGE_SHIFT)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

/* Direct map: any RAM, any time. */
static __always_inline void *__va(phys_addr_t phys) { return (void *)(phys + PAGE_OFFSET); }
/* __START_KERNEL_map and what the image has moved: arch/x86/kernel/kaslr.c. Constant after that. */
extern unsigned long kernel_image_base;
/* Of a direct-map address, or of the kernel image's. */
static __always_inline phys_addr_t __pa(const volatile void *addr)
{
	unsigned long v = (unsigned long)addr;

	return v >= __START_KERNEL_map ? v - kernel_image_base : v - PAGE_OFFSET;
}

/* mem_map: virtually contiguous, backed only where there is RAM. */
struct page;
#define vmemmap		((struct page *)VMEMMAP_START)
#define pfn_to_page(pfn)	(vmemmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - vmemmap))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define page_address(page)	__va(page_to_phys(page))
#define virt_to_page(addr)	pfn_to_page(__pa(addr) >> PAGE_SHIFT)
#define phys_to_page(phys)	pfn_to_page((phys) >> PAGE_SHIFT)
extern unsigned long max_pfn;		/* one past the last page frame of RAM */
bool pfn_valid(unsigned long pfn);	/* is there a struct page? */
#endif

#endif
