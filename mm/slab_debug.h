/* SPDX-License-Identifier: MIT */
/*
 * What slab.c does to objects in a build with CONFIG_DEBUG; nothing otherwise. Included by slab.c.
 *
 *	in use   | the owner's bytes  | WORD_USED | who took it, who gave it back last |
 *	kept     | 6b 6b 6b 6b ...    | WORD_KEPT | ...                                |
 *	free     | 6b 6b 6b 6b ...    | next free | ...                                |
 *
 * All but the owner's bytes is forbidden in the address sanitizer's shadow, and all of a free
 * object: each access shows at once. What the sanitizer does not see, assembly and devices, shows
 * when the object is next freed or allocated.
 *
 * Freed objects do not come back at once: each CPU keeps the last ones for a while, in a ring, so
 * that late users of them are still found (the quarantine).
 *
 * Who took an object is noted once, for two readers: reports (selfcheck/kasan_report.c), and the
 * count of what is in use (selfcheck/owners.c). Linux's twins: mm/slub.c's struct track,
 * /sys/kernel/debug/slab/CACHE/alloc_traces.
 */
#ifndef MM_SLAB_DEBUG_H
#define MM_SLAB_DEBUG_H

/* Where a free object keeps the pointer to the next one. */
#ifdef CONFIG_DEBUG
#include <vitrix/kasan.h>
#include <vitrix/memblock.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab_debug.h>
#include <vitrix/init.h>

#define next_free(cache, obj) (*(void **)((char *)(obj) + ALIGN((cache)->object_size, 8)))
#define WORD_USED	0xbb5ad0f1e0bb5adaUL
#define WORD_KEPT	0xbb5ad0f1e0bb5adbUL
#define POISON_FREE	0x6b
#define POISON_NEW	0x5a

#define RING_OBJECTS	1024
#define RING_BYTES	(1UL << 20)

struct tracks { struct slab_track alloc, free; };
#define DEBUG_BYTES	(8 + sizeof(struct tracks))

/* The oldest is at out. This CPU's, interrupts off. */
struct ring {
	unsigned int in, out;
	unsigned long bytes;
	void *objects[RING_OBJECTS];
};
static DEFINE_PER_CPU(struct ring, quarantine);

static void give_to_cpu(struct kmem_cache *cache, void *obj);

static struct tracks *tracks_of(struct kmem_cache *cache, const void *obj)
{
	return (struct tracks *)((char *)obj + ALIGN(cache->object_size, 8) + 8);
}

/*
 * Who called the function whose frame it is, and on, as long as the frames lie in this stack. What
 * a user left in rbp is not followed out of it.
 */
static void note_track(struct slab_track *track, const unsigned long *frame)
{
	unsigned long last = ((unsigned long)frame | (THREAD_SIZE - 1)) - 15;
	int n = 0;

	track->pid = current ? current->pid : 0;
	while (n < TRACK_DEPTH && frame[1] >= (unsigned long)_text) {
		unsigned long next = frame[0];

		track->callers[n++] = frame[1];
		if (next <= (unsigned long)frame || next > last || next % 8)
			break;
		frame = (const unsigned long *)next;
	}
	while (n < TRACK_DEPTH)
		track->callers[n++] = 0;
}

/* A macro: the frame is that of the function the allocation's caller called. */
#define debug_owned(cache, obj) ({						\
	void *__obj = (obj);							\
	if (__obj)								\
		note_track(&tracks_of(cache, __obj)->alloc, __builtin_frame_address(0)); \
	__obj;									\
})

static void debug_new_slab(struct kmem_cache *cache, struct page *page)
{
	kasan_poison(page_address(page), PAGE_SIZE << cache->order, KASAN_SLAB_REDZONE);
}

static void debug_new(struct kmem_cache *cache, void *obj)
{
	memset(obj, POISON_FREE, cache->object_size);
	kasan_poison(obj, cache->object_size, KASAN_SLAB_FREE);
	tracks_of(cache, obj)->alloc.pid = tracks_of(cache, obj)->free.pid = -1;
}

static void debug_alloc(struct kmem_cache *cache, void *obj)
{
	const u8 *bad = memchr_inv(obj, POISON_FREE, cache->object_size);

	if (unlikely(bad))
		selfcheck_report("slab %s: free object %p was written to: %p is %02x, not %02x",
				 cache->name, obj, bad, *bad, POISON_FREE);
	memset(obj, POISON_NEW, cache->object_size);
	next_free(cache, obj) = (void *)WORD_USED;	/* behind a used object: a red zone */
	kasan_unpoison(obj, cache->object_size);
}

/* Of what kmalloc() gave only size bytes were asked for. */
static void debug_kmalloc(void *obj, size_t size)
{
	if (obj)
		kasan_cut(obj, size, object_page(obj)->slab_cache->object_size, KASAN_SLAB_REDZONE);
}

static bool is_object(struct kmem_cache *cache, void *obj)
{
	unsigned long offset = (unsigned long)obj & ((PAGE_SIZE << cache->order) - 1);

	return offset % cache->size == 0 && offset / cache->size < cache->per_slab;
}

/* The oldest objects go back, until what is kept is at most so much. Interrupts off. */
static void release(struct ring *ring, unsigned long bytes)
{
	while (ring->bytes > bytes || ring->in - ring->out == RING_OBJECTS) {
		void *obj = ring->objects[ring->out++ % RING_OBJECTS];
		struct kmem_cache *cache = object_page(obj)->slab_cache;

		ring->bytes -= cache->size;
		give_to_cpu(cache, obj);
	}
}

static void quarantine_object(struct kmem_cache *cache, void *obj, const unsigned long *frame)
{
	unsigned long flags;
	struct ring *ring;

	if (!is_object(cache, obj)) {
		selfcheck_report("address sanitizer: invalid free: %p is no object of %s", obj,
				 cache->name);
		return;
	}
	if (kasan_why(obj) == KASAN_SLAB_FREE) {
		kasan_report_free(obj, "double free");
		return;
	}
	if (next_free(cache, obj) != (void *)WORD_USED)
		selfcheck_report("slab %s: written beyond the end of object %p", cache->name, obj);
	memset(obj, POISON_FREE, cache->object_size);
	kasan_poison(obj, ALIGN(cache->object_size, 8), KASAN_SLAB_FREE);
	next_free(cache, obj) = (void *)WORD_KEPT;
	note_track(&tracks_of(cache, obj)->free, frame);

	flags = local_irq_save();
	ring = this_cpu_ptr(&quarantine);
	release(ring, RING_BYTES);
	ring->objects[ring->in++ % RING_OBJECTS] = obj;
	ring->bytes += cache->size;
	local_irq_restore(flags);
}

/* true: it was taken over, or was none to be freed. A macro for the frame, as above. */
#define debug_free(cache, obj) (quarantine_object(cache, obj, __builtin_frame_address(0)), true)

/* Memory is short. */
static void debug_reap(void)
{
	unsigned long flags = local_irq_save();

	release(this_cpu_ptr(&quarantine), 0);
	local_irq_restore(flags);
}

bool slab_find_object(unsigned long addr, struct slab_object *found)
{
	struct page *page = object_page((void *)addr);
	struct kmem_cache *cache = page->slab_cache;
	unsigned long offset;

	if (!(page->flags & BIT(PG_slab)))
		return false;
	offset = addr & ((PAGE_SIZE << cache->order) - 1);
	if (offset / cache->size >= cache->per_slab)
		return false;
	found->cache = cache->name;
	found->size = cache->object_size;
	found->start = addr - offset % cache->size;
	found->alloc = &tracks_of(cache, (void *)found->start)->alloc;
	found->free = &tracks_of(cache, (void *)found->start)->free;
	return true;
}

/*
 * Slabs without a free object are on no list, so all pages are looked at. No lock: a slab that goes
 * meanwhile leaves rubbish, at most; the direct map is always there.
 */
void slab_for_each_used(void (*fn)(const char *cache, const struct slab_track *by, void *arg),
			void *arg)
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
			for (unsigned int i = 0; i < cache->per_slab; i++, mem += cache->size)
				if (next_free(cache, mem) == (void *)WORD_USED)
					fn(cache->name, &tracks_of(cache, mem)->alloc, arg);
		}
	}
}
#else
#define next_free(cache, obj) (*(void **)(obj))
#define DEBUG_BYTES	0
static inline void debug_new_slab(struct kmem_cache *cache, struct page *page) { }
static inline void debug_new(struct kmem_cache *cache, void *obj) { }
static inline void debug_alloc(struct kmem_cache *cache, void *obj) { }
static inline void debug_kmalloc(void *obj, size_t size) { }
static __always_inline void *debug_owned(struct kmem_cache *cache, void *obj) { return obj; }
static inline bool debug_free(struct kmem_cache *cache, void *obj) { return false; }
static inline void debug_reap(void) { }
#endif

#endif
