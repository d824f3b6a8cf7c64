/* SPDX-License-Identifier: MIT */
/*
 * The address sanitizer: reads and writes of memory that is not the reader's. <vitrix/kasan.h> has
 * the shadow's meaning. This file has what gcc's code calls, and the shadow's writers.
 *
 *	load, store ---- gcc: is the shadow 0? ---no--> __asan_report_*()  -> kasan_report.c
 *	memcpy() and kin, copy_to_user() ----------->  kasan_memcpy() ...      (the Makefile's sed)
 *	variables of functions  ---- gcc writes the shadow of their stack frame
 *	global variables  ---- gcc leaves redzones behind them; __asan_register_globals()
 *	slab, pages, vmalloc areas, stacks  ---- kasan_poison(), kasan_unpoison()
 *
 * Nothing here may be instrumented. Files that touch free memory, walk stacks, or run where a
 * report cannot be made are compiled without: UNCHECKED in the Makefile.
 *
 * gcc does not know segments: of a per-CPU variable it looks at the shadow of the template's, which
 * is always 0.
 *
 * Locks: none. The shadow of memory is its owner's. Any context; in an NMI nothing is reported.
 * Linux's twins: mm/kasan/{generic,shadow}.c. Left out: what gcc calls for C++ and for alloca().
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include "kasan.h"

/* ---- the shadow ---- */

void kasan_poison(const void *start, size_t size, u8 why)
{
	memset(shadow_of((unsigned long)start), why, DIV_ROUND_UP(size, 8));
}

void kasan_unpoison(const void *start, size_t size)
{
	s8 *shadow = shadow_of((unsigned long)start);

	memset(shadow, 0, size / 8);
	if (size % 8)
		shadow[size / 8] = size % 8;
}

void kasan_cut(const void *start, size_t size, size_t whole, u8 why)
{
	size_t from = ALIGN(size, 8);

	kasan_unpoison(start, size);
	if (from < whole)
		kasan_poison(start + from, whole - from, why);
}

u8 kasan_why(const void *addr)
{
	return *shadow_of((unsigned long)addr);
}

/* ---- checks ---- */

static bool byte_is_bad(unsigned long addr)
{
	s8 shadow = READ_ONCE(*shadow_of(addr));

	return shadow && (s8)(addr & 7) >= shadow;
}

unsigned long kasan_first_bad(unsigned long addr, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (byte_is_bad(addr + i))
			return addr + i;
	return 0;
}

/* Of many bytes: all granules but the last must be whole. */
static bool range_is_bad(unsigned long addr, size_t size)
{
	s8 *shadow = shadow_of(addr), *last = shadow_of(addr + size - 1);

	return (last > shadow && memchr_inv(shadow, 0, last - shadow)) ||
	       byte_is_bad(addr + size - 1);
}

static void check_range(const void *p, size_t size, bool write, unsigned long ip)
{
	unsigned long addr = (unsigned long)p;

	if (!size)
		return;
	if (unlikely(addr < KERNEL_HALF || addr + size < addr || range_is_bad(addr, size)))
		kasan_report(addr, size, write, ip);
}

#define FOR_SIZE(n)								\
	void __asan_report_load##n##_noabort(unsigned long addr);		\
	void __asan_report_load##n##_noabort(unsigned long addr)		\
	{									\
		kasan_report(addr, n, false, _RET_IP_);				\
	}									\
	void __asan_report_store##n##_noabort(unsigned long addr);		\
	void __asan_report_store##n##_noabort(unsigned long addr)		\
	{									\
		kasan_report(addr, n, true, _RET_IP_);				\
	}
FOR_SIZE(1)
FOR_SIZE(2)
FOR_SIZE(4)
FOR_SIZE(8)
FOR_SIZE(16)

void __asan_report_load_n_noabort(unsigned long addr, size_t size);
void __asan_report_store_n_noabort(unsigned long addr, size_t size);

void __asan_report_load_n_noabort(unsigned long addr, size_t size)
{
	kasan_report(addr, size, false, _RET_IP_);
}

void __asan_report_store_n_noabort(unsigned long addr, size_t size)
{
	kasan_report(addr, size, true, _RET_IP_);
}

/* ---- what is written in assembly ---- */

void *kasan_memcpy(void *dst, const void *src, size_t n);
void *kasan_memmove(void *dst, const void *src, size_t n);
void *kasan_memset(void *dst, int c, size_t n);
size_t kasan_copy_to_user(void *to, const void *from, size_t n);
size_t kasan_copy_from_user(void *to, const void *from, size_t n);

void *kasan_memcpy(void *dst, const void *src, size_t n)
{
	check_range(src, n, false, _RET_IP_);
	check_range(dst, n, true, _RET_IP_);
	return memcpy(dst, src, n);
}

void *kasan_memmove(void *dst, const void *src, size_t n)
{
	check_range(src, n, false, _RET_IP_);
	check_range(dst, n, true, _RET_IP_);
	return memmove(dst, src, n);
}

void *kasan_memset(void *dst, int c, size_t n)
{
	check_range(dst, n, true, _RET_IP_);
	return memset(dst, c, n);
}

size_t kasan_copy_to_user(void *to, const void *from, size_t n)
{
	check_range(from, n, false, _RET_IP_);
	return copy_to_user(to, from, n);
}

size_t kasan_copy_from_user(void *to, const void *from, size_t n)
{
	check_range(to, n, true, _RET_IP_);
	return copy_from_user(to, from, n);
}

/* ---- variables ---- */

/* Functions above will never return, and so never clear the shadow of their frames. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0);
	unsigned long start = current ? (unsigned long)current->stack : 0;

	if (kasan_ready && sp - start < THREAD_SIZE)
		kasan_unpoison((void *)sp, start + THREAD_SIZE - sp);
}

/* Variables whose scope begins or ends; of small ones gcc writes the shadow itself. */
void __asan_poison_stack_memory(const void *addr, size_t size);
void __asan_unpoison_stack_memory(const void *addr, size_t size);

void __asan_poison_stack_memory(const void *addr, size_t size)
{
	kasan_poison(addr, size, KASAN_STACK_SCOPE);
}

void __asan_unpoison_stack_memory(const void *addr, size_t size)
{
	kasan_unpoison(addr, size);
}

/* One entry for each file that has variables of its own. Boot only. */
#define MAX_FILES	2048
static struct { const struct asan_global *first; size_t nr; } files[MAX_FILES];
static int nr_files;

void __asan_register_globals(struct asan_global *first, size_t nr);
void __asan_unregister_globals(struct asan_global *first, size_t nr);

void __asan_register_globals(struct asan_global *first, size_t nr)
{
	ASSERT(nr_files < MAX_FILES);
	files[nr_files].first = first;
	files[nr_files++].nr = nr;
	for (const struct asan_global *g = first; g < first + nr; g++)
		kasan_cut((void *)g->start, g->size, g->size_with_redzone, KASAN_GLOBAL_REDZONE);
}

/* Of the image's nothing ever goes. */
void __asan_unregister_globals(struct asan_global *first, size_t nr)
{
}

const struct asan_global *kasan_find_global(unsigned long addr)
{
	for (int i = 0; i < nr_files; i++) {
		const struct asan_global *g = files[i].first, *end = g + files[i].nr;

		for (; g < end; g++)
			if (addr - g->start < g->size_with_redzone)
				return g;
	}
	return NULL;
}
