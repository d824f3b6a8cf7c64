/* SPDX-License-Identifier: MIT */
/*
 * In a build with CONFIG_DEBUG the last bytes of each object's place say who allocated it, and 0
 * while nobody has it; nothing otherwise. Included by slab.c. selfcheck/owners.c reads them.
 */
#ifndef MM_SLAB_OWNER_H
#define MM_SLAB_OWNER_H

#ifdef CONFIG_DEBUG
#include <vitrix/memblock.h>

#define OWNER_BYTES	sizeof(struct owner)

static struct owner *owner_of(struct kmem_cache *cache, void *obj)
{
	return (struct owner *)((char *)obj + cache->size) - 1;
}

static __always_inline void *owned(struct kmem_cache *cache, void *obj)
{
	if (obj)
		note_owner(owner_of(cache, obj));
	return obj;
}

static void disown(struct kmem_cache *cache, void *obj)
{
	WRITE_ONCE(owner_of(cache, obj)->ip[0], 0);
}

/*
 * Slabs without a free object are on no list, so all pages are looked at. No lock: a slab that goes
 * meanwhile leaves rubbish, at most; the direct map is always there.
 */
void slab_for_each_used(void (*fn)(const char *cache, size_t size, const struct owner *owner,
				   void *arg), void *arg)
{
	for (int r = 0; r < memblock_memory.cnt; r++) {
		unsigned long pfn = PFN_UP(memblock_memory.regions[r].base);
		unsigned long end = PFN_DOWN(memblock_memory.regions[r].base +
					     memblock_memory.regions[r].size);

		for (; pfn < end; pfn++) {
			struct page *page = pfn_to_page(pfn);
			struct kmem_cache *cache = READ_ONCE(page->slab_cache);
			char *mem = page_address(page);

			/* The other struct pages of a free block may never have been written. */
			if (READ_ONCE(page->flags) & BIT(PG_buddy)) {
				pfn += (1UL << (READ_ONCE(page->order) % MAX_ORDER)) - 1;
				continue;
			}
			if (!(READ_ONCE(page->flags) & BIT(PG_slab)) || !cache ||
			    !IS_ALIGNED((unsigned long)mem, PAGE_SIZE << cache->order))
				continue;
			for (unsigned int i = 0; i < cache->per_slab; i++) {
				struct owner owner = *owner_of(cache, mem + i * cache->size);

				if (owner.ip[0])
					fn(cache->name, cache->object_size, &owner, arg);
			}
		}
	}
}
#else
#define OWNER_BYTES	0
static __always_inline void *owned(struct kmem_cache *cache, void *obj) { return obj; }
static __always_inline void disown(struct kmem_cache *cache, void *obj) { }
#endif

#endif
