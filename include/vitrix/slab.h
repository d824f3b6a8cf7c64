/* SPDX-License-Identifier: MIT */
/*
 * Memory for kernel objects. kmem_cache: objects of one size, cut from pages, with a per-CPU list
 * of free ones; kmalloc: caches of power-of-two (and 96, 192) sizes, larger requests straight from
 * pages.
 * Linux's twin: mm/slub.c. Any context with GFP_ATOMIC; GFP_KERNEL may sleep.
 */
#ifndef VITRIX_SLAB_H
#define VITRIX_SLAB_H

#include <vitrix/types.h>

#define __GFP_ZERO	0x01u
#define __GFP_HIGH	0x02u	/* may use the last reserve: atomic contexts */
#define __GFP_RECLAIM	0x04u	/* may sleep, may start the OOM killer */
#define __GFP_NOWARN	0x08u
#define __GFP_DMA32	0x10u	/* below 4 GiB */
#define __GFP_ACCOUNT	0x20u	/* for the user: OOM rather than the reserve */
#define __GFP_NORETRY	0x40u	/* fail rather than kill */
#define GFP_ATOMIC	__GFP_HIGH
#define GFP_KERNEL	__GFP_RECLAIM
#define GFP_USER	(__GFP_RECLAIM | __GFP_ACCOUNT)
#define GFP_HIGHUSER	GFP_USER

#define SLAB_HWCACHE_ALIGN	1u
#define SLAB_PANIC		2u

struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags);	/* NULL without memory */
void kmem_cache_free(struct kmem_cache *cache, void *obj);
static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return kmem_cache_alloc(cache, flags | __GFP_ZERO);
}
void *kmalloc(size_t size, gfp_t flags) __attribute__((alloc_size(1)));
static inline void *kzalloc(size_t size, gfp_t flags) { return kmalloc(size, flags | __GFP_ZERO); }
void *kmalloc_array(size_t n, size_t size, gfp_t flags);	/* overflow: NULL */
void *kcalloc(size_t n, size_t size, gfp_t flags);
void kfree(const void *p);			/* NULL is fine */
size_t ksize(const void *p);
unsigned long kmem_cache_reap(void);	/* memory is short: frees empty slabs, returns pages */
char *kstrdup(const char *s, gfp_t flags);
char *kstrndup(const char *s, size_t max, gfp_t flags);
void *kmemdup(const void *src, size_t len, gfp_t flags);
char *kasprintf(gfp_t flags, const char *fmt, ...) __printf(2, 3);
void *kvmalloc(size_t size, gfp_t flags);	/* kmalloc, or vmalloc for large sizes; kvfree */
void kvfree(const void *p);
struct seq_file;
void slabinfo_show(struct seq_file *m);

#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), flags)

#endif
