/* SPDX-License-Identifier: MIT */
/*
 * Memory for kernel objects. Linux's twins: mm/slub.c, slab_common.c, util.c.
 *
 *	kmem_cache_alloc() <--> this CPU's list of free objects, linked through their first words
 *	                        interrupts off, no lock, any slab's objects
 *	                            |  half a list at once, cache->lock
 *	                            v
 *	                        slabs: blocks of pages, each with a list of its own free objects
 *	                        partial --> slab --> slab --> ...   (full ones are on no list)
 *
 * A slab's struct page keeps its cache, its free objects, the next partial slab, and in _refcount's
 * place how many objects it misses: those in use and those on CPUs' lists. All pages of a slab
 * have PG_slab and slab_cache, so that kfree() finds the cache from any object; its block is
 * aligned to its size, so that the head is found from the cache.
 *
 * Slabs whose last object came back stay on the partial list until there are too many of them;
 * then one walk frees all but a few.
 *
 * kmalloc() chooses among caches of fixed sizes. Larger requests are blocks of pages: PG_head.
 *
 * With CONFIG_DEBUG objects have red zones, and free ones are poison: slab_debug.h.
 *
 * Locks: cache->lock, interrupts off, never held while pages are allocated. Any context.
 */
#include <vitrix/bug.h>
#include <vitrix/fault_inject.h>
#include <vitrix/fs.h>
#include <vitrix/kasan.h>
#include <vitrix/mm.h>
#include <vitrix/printk.h>
#include <vitrix/radix_tree.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>

#define MAX_CACHES	160
#define EMPTY_SLABS	4		/* that a cache keeps, and an eighth of its partial ones */
#define KMALLOC_MAX	4096
#define KMALLOC_LARGE	(PAGE_SIZE << (MAX_ORDER - 1))

struct kmem_cache {
	struct cpu_objects *cpu;	/* (c) in the per-CPU template */
	unsigned int size;		/* (c) bytes from object to object */
	unsigned int object_size;	/* (c) bytes that the owner may use */
	unsigned int limit;		/* (c) objects that a CPU keeps at most */
	unsigned int order;		/* (c) of a slab's block */
	unsigned int per_slab;		/* (c) objects */
	spinlock_t lock;
	struct page *partial;		/* slabs with free objects */
	unsigned int nr_partial, nr_empty;	/* of these, all and those without objects in use */
	unsigned long nr_slabs;
	unsigned long nr_free;		/* objects on the slabs' lists */
	const char *name;
};

struct cpu_objects {
	void *freelist;
	unsigned long count;
};
static DEFINE_PER_CPU(struct cpu_objects, cpu_objects[MAX_CACHES]);

static struct kmem_cache caches[MAX_CACHES];	/* [0, nr_caches) exist for ever */
static int nr_caches;
static DEFINE_SPINLOCK(caches_lock, LC_MISC_SPIN);	/* nr_caches while one is added */
atomic_long_t nr_slab_pages;

/* Of a pointer into the direct map: no object lies in the image. */
static __always_inline struct page *object_page(const void *obj)
{
	return pfn_to_page(((unsigned long)obj - PAGE_OFFSET) >> PAGE_SHIFT);
}

#include "slab_debug.h"

/* The running CPU's list of a cache; interrupts off. */
#define this_cpu_objects(cache)	((struct cpu_objects __seg_gs *)(uintptr_t)(cache)->cpu)

/* ---- slabs ---- */

static struct page *slab_head(struct kmem_cache *cache, void *obj)
{
	return virt_to_page((void *)((unsigned long)obj & ~((PAGE_SIZE << cache->order) - 1)));
}

/* A slab with all objects free, on no list yet. NULL without memory; may sleep as gfp allows. */
static struct page *new_slab(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp & ~__GFP_ZERO, cache->order);
	char *obj;

	if (!page)
		return NULL;
	for (int i = 0; i < 1 << cache->order; i++) {
		page[i].flags = BIT(PG_slab);
		page[i].slab_cache = cache;
	}
	atomic_set(&page->_refcount, 0);
	obj = page_address(page);
	debug_new_slab(cache, page);
	page->freelist = obj;
	for (unsigned int i = 1; i < cache->per_slab; i++, obj += cache->size) {
		debug_new(cache, obj);
		next_free(cache, obj) = obj + cache->size;
	}
	debug_new(cache, obj);
	next_free(cache, obj) = NULL;
	atomic_long_add(1 << cache->order, &nr_slab_pages);
	return page;
}

static void free_slab(struct kmem_cache *cache, struct page *page)
{
	ASSERT(page_count(page) == 0 && page->slab_cache == cache);
	for (int i = 0; i < 1 << cache->order; i++) {
		page[i].flags = 0;
		page[i].slab_cache = NULL;	/* kmem_cache_free() asks nothing else */
	}
	atomic_long_sub(1 << cache->order, &nr_slab_pages);
	__free_pages(page, cache->order);
}

/* cache->lock held. */
static void add_partial(struct kmem_cache *cache, struct page *page)
{
	page->next_partial = cache->partial;
	cache->partial = page;
	cache->nr_partial++;
}

/* Takes all but keep of the empty slabs off the list and returns them linked. Lock held. */
static struct page *detach_empty(struct kmem_cache *cache, unsigned int keep)
{
	struct page **link = &cache->partial, *page, *empty = NULL;

	while (cache->nr_empty > keep && (page = *link)) {
		if (page_count(page)) {
			link = &page->next_partial;
			continue;
		}
		*link = page->next_partial;
		page->next_partial = empty;
		empty = page;
		cache->nr_empty--;
		cache->nr_partial--;
		cache->nr_slabs--;
		cache->nr_free -= cache->per_slab;
	}
	return empty;
}

static unsigned long free_slabs(struct kmem_cache *cache, struct page *page)
{
	unsigned long freed = 0;

	while (page) {
		struct page *next = page->next_partial;

		free_slab(cache, page);
		freed += 1 << cache->order;
		page = next;
	}
	return freed;
}

/* An object goes back to its slab. Lock held. */
static void slab_give(struct kmem_cache *cache, void *obj)
{
	struct page *page = slab_head(cache, obj);
	int used = page_count(page);

	DEBUG_ASSERT(page->slab_cache == cache && used > 0);
	next_free(cache, obj) = page->freelist;
	if (!page->freelist)
		add_partial(cache, page);
	page->freelist = obj;
	page->_refcount.counter = used - 1;
	if (used == 1)
		cache->nr_empty++;
	cache->nr_free++;
}

/* ---- between the slabs and the CPUs' lists ---- */

/* Keeps the half of the CPU's list that was freed last, and returns the rest. Interrupts off. */
static noinline void flush(struct kmem_cache *cache, unsigned int keep)
{
	struct cpu_objects *objects = this_cpu_ptr(cache->cpu);
	struct page *empty;
	void *obj, *last = NULL;

	if (objects->count <= keep)
		return;
	obj = objects->freelist;
	for (unsigned int i = 0; i < keep; i++) {
		last = obj;
		obj = next_free(cache, obj);
	}
	if (last)
		next_free(cache, last) = NULL;
	else
		objects->freelist = NULL;
	objects->count = keep;

	spin_lock(&cache->lock);
	while (obj) {
		void *next = next_free(cache, obj);

		slab_give(cache, obj);
		obj = next;
	}
	empty = NULL;
	if (cache->nr_empty > EMPTY_SLABS + cache->nr_partial / 8)
		empty = detach_empty(cache, EMPTY_SLABS / 2);
	spin_unlock(&cache->lock);
	free_slabs(cache, empty);
}

/* Fills half of the CPU's empty list from partial slabs; false: there are none. Interrupts off. */
static bool refill(struct kmem_cache *cache)
{
	struct cpu_objects *objects = this_cpu_ptr(cache->cpu);
	unsigned int want = cache->limit / 2 + 1;
	struct page *page;

	spin_lock(&cache->lock);
	while (objects->count < want && (page = cache->partial)) {
		void *obj = page->freelist;
		unsigned int n = 0;

		ASSERT(page->slab_cache == cache && obj);
		if (page_count(page) == 0)
			cache->nr_empty--;
		while (obj && objects->count < want) {
			void *next = next_free(cache, obj);

			next_free(cache, obj) = objects->freelist;
			objects->freelist = obj;
			objects->count++;
			n++;
			obj = next;
		}
		page->freelist = obj;
		page->_refcount.counter += n;
		cache->nr_free -= n;
		if (!obj) {
			cache->partial = page->next_partial;
			cache->nr_partial--;
		}
	}
	spin_unlock(&cache->lock);
	return objects->count != 0;
}

/* The CPU's list is empty, interrupts are off; flags: as they were. May end on another CPU. */
static noinline void *alloc_slow(struct kmem_cache *cache, gfp_t gfp, unsigned long flags)
{
	struct cpu_objects *objects;
	struct page *page;
	void *obj;

	while (!refill(cache)) {
		local_irq_restore(flags);
		page = new_slab(cache, gfp);
		if (!page)
			return NULL;
		local_irq_disable();
		spin_lock(&cache->lock);
		add_partial(cache, page);
		cache->nr_empty++;
		cache->nr_slabs++;
		cache->nr_free += cache->per_slab;
		spin_unlock(&cache->lock);
	}
	objects = this_cpu_ptr(cache->cpu);
	obj = objects->freelist;
	objects->freelist = next_free(cache, obj);
	objects->count--;
	local_irq_restore(flags);
	debug_alloc(cache, obj);
	return gfp & __GFP_ZERO ? memset(obj, 0, cache->object_size) : obj;
}

/* No call on the way of the common case: gcc then needs no register saved. */
static __always_inline void *slab_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	struct cpu_objects __seg_gs *objects = this_cpu_objects(cache);
	unsigned long flags = local_irq_save();
	void *obj = objects->freelist;

	if (unlikely(!obj))
		return alloc_slow(cache, gfp, flags);
	objects->freelist = next_free(cache, obj);
	objects->count--;
	local_irq_restore(flags);
	debug_alloc(cache, obj);
	return gfp & __GFP_ZERO ? memset(obj, 0, cache->object_size) : obj;
}

static noinline __cold void bad_free(struct kmem_cache *cache, const void *obj)
{
	struct page *page = virt_to_page(obj);

	panic("slab: %p freed to cache %s: page flags %#x, its cache %s", obj,
	      cache ? cache->name : "(none)", page->flags,
	      PageFlag(page, PG_slab) ? page->slab_cache->name : "(none)");
}

static noinline void free_to_full(struct kmem_cache *cache, void *obj, unsigned long flags)
{
	struct cpu_objects *objects = this_cpu_ptr(cache->cpu);

	flush(cache, cache->limit / 2);
	next_free(cache, obj) = objects->freelist;
	objects->freelist = obj;
	objects->count++;
	local_irq_restore(flags);
}

static __always_inline void give_to_cpu(struct kmem_cache *cache, void *obj)
{
	struct cpu_objects __seg_gs *objects = this_cpu_objects(cache);
	unsigned long flags;
	void *first;

	flags = local_irq_save();
	first = objects->freelist;
	if (unlikely(first == obj))
		bad_free(cache, obj);			/* freed twice in a row */
	if (unlikely(objects->count >= cache->limit)) {
		free_to_full(cache, obj, flags);
		return;
	}
	next_free(cache, obj) = first;
	objects->freelist = obj;
	objects->count++;
	local_irq_restore(flags);
}

static __always_inline void slab_free(struct kmem_cache *cache, void *obj)
{
	lockcheck_freed(obj, cache->object_size);
	if (!debug_free(cache, obj))
		give_to_cpu(cache, obj);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	might_alloc(flags);
	if (should_fail(FAIL_SLAB))
		return NULL;
	return debug_owned(cache, slab_alloc(cache, flags));
}

void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	if (unlikely(object_page(obj)->slab_cache != cache))
		bad_free(cache, obj);
	slab_free(cache, obj);
}

/* Any context: this CPU's lists and all empty slabs. */
unsigned long kmem_cache_reap(void)
{
	unsigned long freed = 0, flags;

	debug_reap();
	for (int i = 0; i < READ_ONCE(nr_caches); i++) {
		struct kmem_cache *cache = &caches[i];
		struct page *empty;

		flags = local_irq_save();
		flush(cache, 0);
		spin_lock(&cache->lock);
		empty = detach_empty(cache, 0);
		spin_unlock(&cache->lock);
		local_irq_restore(flags);
		freed += free_slabs(cache, empty);
	}
	return freed;
}

/* ---- caches ---- */

/* The smallest block that holds four objects and wastes at most an eighth, else the largest. */
static unsigned int choose_order(unsigned int size)
{
	unsigned int order;

	for (order = 0; order < 3; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes / size >= 4 && bytes % size <= bytes / 8)
			break;
	}
	return order;
}

/*
 * Objects of size bytes, aligned to align (0: 8) or with SLAB_HWCACHE_ALIGN to cache lines. The
 * name must live for ever, as the cache does. NULL: no room for another; with SLAB_PANIC never.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags)
{
	struct kmem_cache *cache;
	unsigned long irq;
	int id;

	if ((flags & SLAB_HWCACHE_ALIGN) && size > 32)
		align = max_t(size_t, align, 64);
	align = max_t(size_t, align, 8);
	ASSERT(size && is_power_of_2(align) && align <= PAGE_SIZE && size <= 4 * PAGE_SIZE);

	spin_lock_irqsave(&caches_lock, irq);
	id = nr_caches;
	if (id == MAX_CACHES) {
		spin_unlock_irqrestore(&caches_lock, irq);
		if (flags & SLAB_PANIC)
			panic("no room for slab cache %s", name);
		return NULL;
	}
	cache = &caches[id];
	cache->cpu = &cpu_objects[id];
	cache->name = name;
	cache->object_size = size;
	cache->size = ALIGN(ALIGN(size, 8) + DEBUG_BYTES, align);
	cache->order = choose_order(cache->size);
	cache->per_slab = (PAGE_SIZE << cache->order) / cache->size;
	cache->limit = clamp(8192 / cache->size, 8U, 64U);
	spin_lock_init(&cache->lock, LC_SLAB);
	smp_store_release(&nr_caches, id + 1);
	spin_unlock_irqrestore(&caches_lock, irq);
	ASSERT(cache->per_slab);
	return cache;
}

/* /proc/slabinfo, version 2.1. */
void slabinfo_show(struct seq_file *m)
{
	seq_printf(m, "slabinfo - version: 2.1\n"
		   "# name            <active_objs> <num_objs> <objsize> <objperslab>"
		   " <pagesperslab>"
		   " : tunables <limit> <batchcount> <sharedfactor>"
		   " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (int i = 0; i < READ_ONCE(nr_caches); i++) {
		struct kmem_cache *cache = &caches[i];
		unsigned long total = cache->nr_slabs * cache->per_slab, idle = cache->nr_free;
		int cpu;

		for_each_possible_cpu(cpu)
			idle += per_cpu_ptr(cache->cpu, cpu)->count;
		seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d : tunables %4u %4u %4u"
			   " : slabdata %6lu %6lu %6u\n", cache->name,
			   total - min(idle, total), total, cache->size, cache->per_slab,
			   1 << cache->order, 0, 0, 0,
			   cache->nr_slabs - min_t(unsigned long, cache->nr_empty, cache->nr_slabs),
			   cache->nr_slabs, 0);
	}
}

/* ---- kmalloc ---- */

static const struct { unsigned short size; const char *name; } kmalloc_sizes[] = {
	{ 8, "kmalloc-8" }, { 16, "kmalloc-16" }, { 32, "kmalloc-32" }, { 64, "kmalloc-64" },
	{ 96, "kmalloc-96" }, { 128, "kmalloc-128" }, { 192, "kmalloc-192" },
	{ 256, "kmalloc-256" }, { 512, "kmalloc-512" }, { 1024, "kmalloc-1k" },
	{ 2048, "kmalloc-2k" }, { 4096, "kmalloc-4k" },
};
static struct kmem_cache *kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];

/* Index into kmalloc_caches by (size + 7) / 8. */
static const u8 kmalloc_index[KMALLOC_MAX / 8 + 1] = {
	[0 ... 1] = 0, [2] = 1, [3 ... 4] = 2, [5 ... 8] = 3, [9 ... 12] = 4, [13 ... 16] = 5,
	[17 ... 24] = 6, [25 ... 32] = 7, [33 ... 64] = 8, [65 ... 128] = 9, [129 ... 256] = 10,
	[257 ... 512] = 11,
};

static noinline void *kmalloc_large(size_t size, gfp_t flags)
{
	unsigned int order = 0;
	struct page *page;

	if (size > KMALLOC_LARGE)
		return NULL;
	while ((PAGE_SIZE << order) < size)
		order++;
	page = alloc_pages(flags, order);
	if (!page)
		return NULL;
	page->flags = BIT(PG_head);
	page->large_order = order;
	kasan_cut(page_address(page), size, PAGE_SIZE << order, KASAN_PAGE_REDZONE);
	atomic_long_add(1 << order, &nr_slab_pages);
	return page_address(page);
}

/*
 * At least size bytes, aligned to 8, and to its size if that is a power of two. size 0 is an object
 * too. NULL without memory.
 */
void *kmalloc(size_t size, gfp_t flags)
{
	struct kmem_cache *cache;
	void *obj;

	might_alloc(flags);
	if (should_fail(FAIL_SLAB))
		return NULL;
	if (unlikely(size > KMALLOC_MAX))
		return kmalloc_large(size, flags);
	cache = kmalloc_caches[kmalloc_index[(size + 7) / 8]];
	obj = debug_owned(cache, slab_alloc(cache, flags));
	debug_kmalloc(obj, size);
	return obj;
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	if (!kasan_may_free(p))
		return;
	page = object_page(p);
	if (likely(page->flags & BIT(PG_slab))) {
		slab_free(page->slab_cache, (void *)p);
		return;
	}
	if (unlikely(page->flags != BIT(PG_head)))
		bad_free(NULL, p);
	atomic_long_sub(1 << page->large_order, &nr_slab_pages);
	__free_pages(page, page->large_order);
}

size_t ksize(const void *p)
{
	struct page *page;

	if (!p)
		return 0;
	page = virt_to_page(p);
	if (likely(page->flags & BIT(PG_slab))) {
		kasan_unpoison(p, page->slab_cache->object_size);
		return page->slab_cache->object_size;
	}
	ASSERT(page->flags == BIT(PG_head));
	kasan_unpoison(p, PAGE_SIZE << page->large_order);
	return PAGE_SIZE << page->large_order;
}

/* ---- radix tree nodes ---- */

static struct kmem_cache *radix_node_cache;

/* Under the locks of the tree's owner: may not wait. */
void *radix_alloc_node(void)
{
	return kmem_cache_zalloc(radix_node_cache, GFP_ATOMIC);
}

void radix_free_node(void *node)
{
	kmem_cache_free(radix_node_cache, node);
}

void __init kmem_cache_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		size_t size = kmalloc_sizes[i].size;

		/* powers of two lie on multiples of themselves */
		kmalloc_caches[i] = kmem_cache_create(kmalloc_sizes[i].name, size, size & -size,
						      SLAB_PANIC);
	}
	radix_node_cache = KMEM_CACHE(radix_tree_node, SLAB_PANIC);
}
