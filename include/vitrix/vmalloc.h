/* SPDX-License-Identifier: MIT */
/* Virtually contiguous kernel memory, each area followed by an unmapped guard page: mm/vmalloc.c */
#ifndef VITRIX_VMALLOC_H
#define VITRIX_VMALLOC_H

#include <arch/pgtable.h>

void *vmalloc(unsigned long size);		/* may sleep; NULL without memory */
void *vzalloc(unsigned long size);
void *vmalloc_ring(unsigned long size);		/* zeroed, mapped twice in a row */
void vfree(const void *addr);			/* may sleep */
void *ioremap(phys_addr_t phys, unsigned long size);	/* uncached device memory */
void *memremap(phys_addr_t phys, unsigned long size);	/* cached: firmware tables */
void iounmap(volatile void *addr);
bool is_vmalloc_addr(const void *addr);

/* Kernel stacks: THREAD_SIZE bytes, aligned to it, a guard page below. A few are kept per CPU. */
void *alloc_thread_stack(void);			/* NULL without memory */
void free_thread_stack(void *stack);
unsigned long stack_cache_shrink(void);	/* memory is short: frees idle stacks, returns pages */
unsigned long nr_stacks_in_use(void);	/* DEBUG only: by tasks; exact while none comes or goes */
/* addr lies in the guard page of a kernel stack: the fault handler says "stack overflow". */
bool is_stack_guard(unsigned long addr);

#endif
