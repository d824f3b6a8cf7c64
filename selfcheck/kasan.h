/* SPDX-License-Identifier: MIT */
/* Between the files of the address sanitizer only. */
#ifndef SELFCHECK_KASAN_H
#define SELFCHECK_KASAN_H

#include <vitrix/kasan.h>
#include <vitrix/slab.h>
#include <arch/page.h>

#define KERNEL_HALF	0xffff800000000000UL
#define SHADOW_START	((KERNEL_HALF >> 3) + KASAN_SHADOW_OFFSET)
#define SHADOW_END	(SHADOW_START + ((unsigned long)KASAN_SHADOW_PGDS << 39))

/* gcc's description of a global variable. */
struct asan_global {
	unsigned long start, size, size_with_redzone;
	const char *name, *file;
	unsigned long dynamic_init;
	const void *location;
	unsigned long odr;
};

static inline s8 *shadow_of(unsigned long addr)
{
	return (s8 *)((addr >> 3) + KASAN_SHADOW_OFFSET);
}

static inline unsigned long shadow_to_address(unsigned long shadow)
{
	return (shadow - KASAN_SHADOW_OFFSET) << 3;
}

/* The variable that addr lies in or behind, or NULL. */
const struct asan_global *kasan_find_global(unsigned long addr);
/* The first byte of these that may not be touched, or 0. All must have a shadow. */
unsigned long kasan_first_bad(unsigned long addr, size_t size);
extern bool kasan_ready;	/* boot: the shadow says what it means */
void kasan_report(unsigned long addr, size_t size, bool write, unsigned long ip);

#endif
