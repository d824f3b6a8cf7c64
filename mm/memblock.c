/* SPDX-License-Identifier: MIT */
/*
 * Memory before the page allocator. Linux's twin: mm/memblock.c.
 *
 *	memblock_memory    |=========|     |==============================|      RAM
 *	memblock_reserved  |==|  |=|         |===|                     |==|      in use
 *	free                  |==| |=|     |=|   |=====================|
 *	                                                  top-down   <--^
 *
 * e820_memory_setup() fills both lists; per-CPU areas, page tables and mem_map are taken from the
 * free difference, the highest first; page_alloc_init() gives the rest to the page allocator. From
 * then on both lists are constant, and memblock_memory tells which frames are RAM.
 *
 * Invariant of both lists: sorted, disjoint, no two regions touch, none is empty. Input may overlap
 * in any way. Boot only, one CPU: no lock. Left out: NUMA nodes, flags, lists that grow.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/memblock.h>
#include <vitrix/string.h>
#include <arch/page.h>
#include <arch/setup.h>
#include <asm/errno.h>

struct memblock_type memblock_memory, memblock_reserved;

#define REGIONS_MAX	ARRAY_SIZE(memblock_memory.regions)

static phys_addr_t __init region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

static void __init remove_regions(struct memblock_type *type, int at, int nr)
{
	memmove(&type->regions[at], &type->regions[at + nr],
		(type->cnt - at - nr) * sizeof(type->regions[0]));
	type->cnt -= nr;
}

static int __init insert_region(struct memblock_type *type, int at, phys_addr_t base,
				phys_addr_t end)
{
	if (type->cnt == REGIONS_MAX)
		return -ENOMEM;
	memmove(&type->regions[at + 1], &type->regions[at],
		(type->cnt - at) * sizeof(type->regions[0]));
	type->regions[at] = (struct memblock_region) { base, end - base };
	type->cnt++;
	return 0;
}

/* Swallows every region that [base, base + size) overlaps or touches. -ENOMEM: the list is full. */
static int __init add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;
	int first = 0, last;

	if (!size)
		return 0;
	if (end < base)
		return -EINVAL;
	while (first < type->cnt && region_end(&type->regions[first]) < base)
		first++;
	for (last = first; last < type->cnt && type->regions[last].base <= end; last++) {
		base = min(base, type->regions[last].base);
		end = max(end, region_end(&type->regions[last]));
	}
	if (last == first)
		return insert_region(type, first, base, end);
	type->regions[first] = (struct memblock_region) { base, end - base };
	remove_regions(type, first + 1, last - first - 1);
	return 0;
}

/* RAM of the firmware's map. Bytes; whole pages. */
int __init memblock_add(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock_memory, base, size);
}

/* Need not be RAM, need not be whole pages: a page with one reserved byte is not given out. */
int __init memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	int err = add_range(&memblock_reserved, base, size);

	if (err)
		panic("memblock: cannot reserve %llu bytes at %#llx", size, base);
	return 0;
}

/* The opposite of memblock_reserve(), for any part of what is reserved. */
void __init memblock_free(phys_addr_t base, phys_addr_t size)
{
	struct memblock_type *type = &memblock_reserved;
	phys_addr_t end = base + size;

	for (int i = 0; i < type->cnt; i++) {
		struct memblock_region *r = &type->regions[i];
		phys_addr_t r_base = r->base, r_end = region_end(r);

		if (r_end <= base || r_base >= end)
			continue;
		if (r_base < base && r_end > end && type->cnt == REGIONS_MAX)
			continue;	/* no room for two pieces: stays reserved */
		remove_regions(type, i--, 1);
		if (r_end > end)
			insert_region(type, i + 1, end, r_end);
		if (r_base < base)
			insert_region(type, ++i, r_base, base);
	}
}

/* The highest free place for size bytes in RAM region r at or below limit, or 0. */
static phys_addr_t __init find_in_region(const struct memblock_region *r, phys_addr_t size,
					 phys_addr_t align, phys_addr_t limit)
{
	phys_addr_t end = min(region_end(r), limit);
	int i = memblock_reserved.cnt - 1;

	for (;;) {
		phys_addr_t start;

		if (end < size || end - size < r->base)
			return 0;
		start = ALIGN_DOWN(end - size, align);
		if (start < r->base)
			return 0;
		while (i >= 0 && memblock_reserved.regions[i].base >= start + size)
			i--;
		if (i < 0 || region_end(&memblock_reserved.regions[i]) <= start)
			return start;
		end = memblock_reserved.regions[i].base;
	}
}

phys_addr_t __init memblock_alloc_raw(phys_addr_t size, phys_addr_t align, phys_addr_t limit)
{
	ASSERT(size && align && !(align & (align - 1)));
	for (int i = memblock_memory.cnt - 1; i >= 0; i--) {
		phys_addr_t start = find_in_region(&memblock_memory.regions[i], size, align, limit);

		if (start) {
			memblock_reserve(start, size);
			return start;
		}
	}
	return 0;
}

phys_addr_t __init memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t start = memblock_alloc_raw(size, align, EARLY_DIRECT_MAP_END);

	if (!start)
		panic("not enough memory to boot: no %llu bytes left of %llu KiB", size,
		      memblock_phys_mem_size() >> 10);
	memset(__va(start), 0, size);
	return start;
}

void __init *memblock_alloc(size_t size, size_t align)
{
	return __va(memblock_phys_alloc(size, align));
}

bool memblock_is_memory(phys_addr_t base, phys_addr_t size)
{
	int low = 0, high = memblock_memory.cnt;

	while (low < high) {
		int mid = (low + high) / 2;
		const struct memblock_region *r = &memblock_memory.regions[mid];

		if (base < r->base)
			high = mid;
		else if (base - r->base >= r->size)
			low = mid + 1;
		else
			return size <= r->size - (base - r->base);
	}
	return false;
}

phys_addr_t __init memblock_end_of_DRAM(void)
{
	int last = memblock_memory.cnt - 1;

	return last < 0 ? 0 : region_end(&memblock_memory.regions[last]);
}

/* Bytes of RAM, reserved or not. */
phys_addr_t __init memblock_phys_mem_size(void)
{
	phys_addr_t sum = 0;

	for (int i = 0; i < memblock_memory.cnt; i++)
		sum += memblock_memory.regions[i].size;
	return sum;
}
