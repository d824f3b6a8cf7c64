/* SPDX-License-Identifier: MIT */
/*
 * What is made of kmalloc() and vmalloc(): arrays, copies, strings. Linux's twins:
 * mm/slab_common.c, mm/util.c. No state and no locks; contexts as those of the allocation
 * (<vitrix/slab.h>).
 */
#include <vitrix/mm.h>
#include <vitrix/printf.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/vmalloc.h>

#define KVMALLOC_CONTIGUOUS (PAGE_SIZE << 3)	/* up to here frames in a row are tried first */

void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, flags);
}

void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kmalloc_array(n, size, flags | __GFP_ZERO);
}

void *kmemdup(const void *src, size_t len, gfp_t flags)
{
	void *p = kmalloc(len, flags);

	if (p)
		memcpy(p, src, len);
	return p;
}

char *kstrdup(const char *s, gfp_t flags)
{
	return s ? kmemdup(s, strlen(s) + 1, flags) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t flags)
{
	size_t len;
	char *p;

	if (!s)
		return NULL;
	len = strnlen(s, max);
	p = kmalloc(len + 1, flags);
	if (p) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

char *kasprintf(gfp_t flags, const char *fmt, ...)
{
	va_list args;
	char *p;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	p = kmalloc(len + 1, flags);
	if (!p)
		return NULL;
	va_start(args, fmt);
	vsnprintf(p, len + 1, fmt, args);
	va_end(args);
	return p;
}

/* Contiguous frames if they are easily had. Above a page it may sleep; kvfree() too. */
void *kvmalloc(size_t size, gfp_t flags)
{
	void *p;

	if (size <= PAGE_SIZE)
		return kmalloc(size, flags);
	if (size <= KVMALLOC_CONTIGUOUS) {
		p = kmalloc(size, flags | __GFP_NORETRY | __GFP_NOWARN);
		if (p)
			return p;
	}
	return flags & __GFP_ZERO ? vzalloc(size) : vmalloc(size);
}

void kvfree(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree(p);
	else
		kfree(p);
}
