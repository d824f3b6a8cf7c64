/* SPDX-License-Identifier: MIT */
/*
 * Memory before the page allocator: which physical ranges are RAM, which are taken. Lists of
 * regions, sorted; allocation from the top down below 4 GiB (what the early page tables map).
 * Linux's twin: mm/memblock.c. Boot only, one CPU, no locks.
 */
#ifndef VITRIX_MEMBLOCK_H
#define VITRIX_MEMBLOCK_H

#include <vitrix/types.h>

struct memblock_region { phys_addr_t base, size; };
struct memblock_type { int cnt; struct memblock_region regions[256]; };
extern struct memblock_type memblock_memory, memblock_reserved;

int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
void memblock_free(phys_addr_t base, phys_addr_t size);
/* zeroed; panics without memory */
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);
void *memblock_alloc(size_t size, size_t align);	/* the same, as a direct-map address */
/* Not zeroed, ends at or below limit, 0 without memory. */
phys_addr_t memblock_alloc_raw(phys_addr_t size, phys_addr_t align, phys_addr_t limit);
bool memblock_is_memory(phys_addr_t base, phys_addr_t size);	/* RAM altogether? any time */
phys_addr_t memblock_end_of_DRAM(void);
phys_addr_t memblock_phys_mem_size(void);

#endif
