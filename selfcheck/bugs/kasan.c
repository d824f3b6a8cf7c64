/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the address sanitizer: memory of slab, pages, vmalloc and global variables.
 * Linux's twin: mm/kasan/kasan_test.c.
 */
#include <vitrix/mm.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <vitrix/vmalloc.h>

/* gcc knows nothing of where it points. */
#define HIDDEN(p)	({ __typeof__(p) __h = (p); __asm__("" : "+r"(__h)); __h; })

static volatile u8 sink;

static void touch(volatile u8 *p)
{
	sink = *p;
}

PLANT(kasan_slab_use_after_free)
{
	u8 *p = HIDDEN((u8 *)kmalloc(100, GFP_KERNEL));

	kfree(p);
	HIDDEN(p)[40] = 1;
}

PLANT(kasan_slab_right)
{
	u8 *p = kmalloc(100, GFP_KERNEL);

	touch(HIDDEN(p) + 100);
	kfree(p);
}

/* The whole of the cache's object, and one more. */
PLANT(kasan_slab_redzone)
{
	u8 *p = kmalloc(128, GFP_KERNEL);

	touch(HIDDEN(p) + 128);
	kfree(p);
}

PLANT(kasan_slab_left)
{
	u8 *p = kmalloc(64, GFP_KERNEL), *q = kmalloc(64, GFP_KERNEL);

	touch(HIDDEN(max(p, q)) - 1);
	kfree(p);
	kfree(q);
}

PLANT(kasan_double_free)
{
	u8 *p = HIDDEN((u8 *)kmalloc(32, GFP_KERNEL));

	kfree(p);
	kfree(HIDDEN(p));
}

PLANT(kasan_invalid_free)
{
	u8 *p = HIDDEN((u8 *)kmalloc(64, GFP_KERNEL));

	kfree(HIDDEN(p) + 8);
	kfree(p);
}

PLANT(kasan_invalid_free_global)
{
	static u8 variable[64];

	kfree(HIDDEN(&variable[0]));
}

PLANT(kasan_memset)
{
	u8 *p = HIDDEN((u8 *)kmalloc(100, GFP_KERNEL));
	volatile size_t n = 108;

	memset(p, 0, n);
	kfree(p);
}

PLANT(kasan_memcpy)
{
	u8 *p = HIDDEN((u8 *)kmalloc(100, GFP_KERNEL)), *q = HIDDEN((u8 *)kmalloc(200, GFP_KERNEL));
	volatile size_t n = 101;

	memcpy(q, p, n);
	kfree(p);
	kfree(q);
}

/* What a program would read of its neighbour's. */
PLANT(kasan_copy_to_user)
{
	u8 *p = HIDDEN((u8 *)kmalloc(40, GFP_KERNEL));
	volatile size_t n = 41;

	if (copy_to_user((void *)current->mm->start_stack, p, n))
		touch(p);
	kfree(p);
}

PLANT(kasan_large_right)
{
	u8 *p = kmalloc(3 * PAGE_SIZE + 5, GFP_KERNEL);

	touch(HIDDEN(p) + 3 * PAGE_SIZE + 5);
	kfree(p);
}

PLANT(kasan_large_use_after_free)
{
	u8 *p = HIDDEN((u8 *)kmalloc(4 * PAGE_SIZE, GFP_KERNEL));

	kfree(p);
	touch(HIDDEN(p) + PAGE_SIZE);
}

PLANT(kasan_page_use_after_free)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u8 *p = page_address(page);

	__free_page(page);
	touch(HIDDEN(p) + 16);
}

PLANT(kasan_vmalloc_right)
{
	u8 *p = vmalloc(PAGE_SIZE + 100);

	touch(HIDDEN(p) + PAGE_SIZE + 100);
	vfree(p);
}

/* Nothing is mapped there any more. */
PLANT_FATAL(kasan_vmalloc_use_after_free)
{
	u8 *p = HIDDEN((u8 *)vmalloc(PAGE_SIZE));

	vfree(p);
	touch(HIDDEN(p) + 8);
}

PLANT(kasan_global_right)
{
	static u8 variable[10];

	touch(HIDDEN(&variable[0]) + 10);
}

PLANT(kasan_constant_right)
{
	static const u8 variable[20] = "constant";

	touch((u8 *)HIDDEN(&variable[0]) + 20);
}

PLANT_FATAL(kasan_null)
{
	touch(HIDDEN((u8 *)8));
}

PLANT_FATAL(kasan_user_memory)
{
	touch(HIDDEN((u8 *)current->mm->start_stack));
}

PLANT_FATAL(kasan_wild)
{
	touch(HIDDEN((u8 *)0xffffe00000000000));
}
