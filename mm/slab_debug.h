/* SPDX-License-Identifier: MIT */
/*
 * What slab.c does to objects in a build with CONFIG_DEBUG; nothing otherwise. Included by slab.c.
 *
 *	in use   | the owner's bytes              | WORD_USED    | WORD_USED |
 *	free     | 6b 6b 6b 6b ...                | next free    | WORD_FREE |
 *
 * So a second free, a write behind the end and a write to freed memory are each found, at the
 * latest when the object is next freed or allocated.
 */
#ifndef MM_SLAB_DEBUG_H
#define MM_SLAB_DEBUG_H

/* Where a free object keeps the pointer to the next one. */
#ifdef CONFIG_DEBUG
#define next_free(cache, obj) (*(void **)((char *)(obj) + ALIGN((cache)->object_size, 8)))
#define DEBUG_BYTES	16
#define WORD_USED	0xbb5ad0f1e0bb5adaUL
#define WORD_FREE	0xcc5ad0f2e0cc5adbUL
static u64 *debug_word(struct kmem_cache *cache, void *obj)
{
	return (u64 *)((char *)obj + ALIGN(cache->object_size, 8)) + 1;
}

static void debug_new(struct kmem_cache *cache, void *obj)
{
	memset(obj, 0x6b, cache->object_size);
	*debug_word(cache, obj) = WORD_FREE;
}

static void debug_alloc(struct kmem_cache *cache, void *obj)
{
	if (*debug_word(cache, obj) != WORD_FREE || memchr_inv(obj, 0x6b, cache->object_size))
		panic("slab %s: free object %p was written to", cache->name, obj);
	memset(obj, 0x5a, cache->object_size);
	*debug_word(cache, obj) = WORD_USED;
	next_free(cache, obj) = (void *)WORD_USED;	/* behind a used object: a red zone */
}

static void debug_free(struct kmem_cache *cache, void *obj)
{
	if (*debug_word(cache, obj) == WORD_FREE)
		panic("slab %s: object %p freed twice", cache->name, obj);
	if (*debug_word(cache, obj) != WORD_USED ||
	    next_free(cache, obj) != (void *)WORD_USED)
		panic("slab %s: written beyond the end of object %p", cache->name, obj);
	memset(obj, 0x6b, cache->object_size);
	*debug_word(cache, obj) = WORD_FREE;
}
#else
#define next_free(cache, obj) (*(void **)(obj))
#define DEBUG_BYTES	0
static inline void debug_new(struct kmem_cache *cache, void *obj) { }
static inline void debug_alloc(struct kmem_cache *cache, void *obj) { }
static inline void debug_free(struct kmem_cache *cache, void *obj) { }
#endif

#endif
