/* SPDX-License-Identifier: MIT */
/*
 * The address sanitizer of the DEBUG build: for each eight bytes of the kernel's memory one byte of
 * shadow says which of them may be touched. In a plain build all of it is nothing.
 *
 *	0	all eight		1 .. 7		the first 1 to 7
 *	else	none, and why: KASAN_*
 *
 *	address >> 3, plus KASAN_SHADOW_OFFSET:  where its shadow is
 *
 * gcc looks at the shadow before each load and store. Who gives memory out or takes it back says
 * so with kasan_unpoison() and kasan_poison(). selfcheck/kasan.c tells of it; docs/debug-build.md.
 * Linux's twin: include/linux/kasan.h.
 */
#ifndef VITRIX_KASAN_H
#define VITRIX_KASAN_H

#define KASAN_SHADOW_OFFSET	0xdffffc0000000000	/* the Makefile tells it gcc */
/* The shadow of the upper half, in entries of the top level. */
#define KASAN_SHADOW_PGD	472
#define KASAN_SHADOW_PGDS	32

#ifndef __ASSEMBLER__
#include <vitrix/types.h>

/* Ours ... */
#define KASAN_FREE_PAGE		0xff
#define KASAN_FRESH_PAGE	0xfd	/* free, and never used */
#define KASAN_PAGE_REDZONE	0xfe	/* behind a large kmalloc() */
#define KASAN_SLAB_REDZONE	0xfc
#define KASAN_SLAB_FREE		0xfb
#define KASAN_VMALLOC_NONE	0xe1	/* in no area, or behind it */
#define KASAN_VMALLOC_FREE	0xe2
#define KASAN_GLOBAL_REDZONE	0xf9
/* ... and gcc's. */
#define KASAN_STACK_LEFT	0xf1
#define KASAN_STACK_MID		0xf2
#define KASAN_STACK_RIGHT	0xf3
#define KASAN_STACK_PARTIAL	0xf4
#define KASAN_STACK_SCOPE	0xf8

struct page;
struct pt_regs;

#ifdef CONFIG_DEBUG
/* start is a multiple of 8. Behind size bytes, up to a multiple of 8, may be touched no more. */
void kasan_poison(const void *start, size_t size, u8 why);
void kasan_unpoison(const void *start, size_t size);
u8 kasan_why(const void *addr);
/* Shadow for a part of the vmalloc area, for ever; what is new is poisoned. -ENOMEM. May sleep. */
int kasan_populate(unsigned long start, size_t size);
/* Of [size, whole) nothing may be touched, of what is before it all. */
void kasan_cut(const void *start, size_t size, size_t whole, u8 why);
/* Boot: on the way to the final page tables; then, shadow for all memory there is. */
void kasan_keep_early_shadow(void);
void kasan_init(void);
/* The kernel died of touching a shadow that is not there: tells of which address. */
void kasan_explain_fault(const struct pt_regs *regs, unsigned long address);
void kasan_explain_gp(const struct pt_regs *regs);
/* Of kfree(p). false: it cannot be, which is reported. */
bool kasan_may_free(const void *p);
void kasan_report_free(const void *p, const char *what);
/* mm/page_alloc.c: poison and its check. selfcheck/pages.c */
void debug_pages_alloc(struct page *page, unsigned int order);
void debug_pages_free(struct page *page, unsigned int order);
/* mm/vmalloc.c: how deep stacks were used. selfcheck/stack.c */
void debug_stack_new(void *stack);
void debug_stack_free(const void *stack);
/* One more page of shadow or tables for vmalloc's addresses: it stays. selfcheck/owners.c */
void debug_map_page(void);
#else
static inline void kasan_poison(const void *start, size_t size, u8 why) { }
static inline void kasan_unpoison(const void *start, size_t size) { }
static inline int kasan_populate(unsigned long start, size_t size) { return 0; }
static inline void kasan_cut(const void *start, size_t size, size_t whole, u8 why) { }
static inline void kasan_keep_early_shadow(void) { }
static inline void kasan_init(void) { }
static inline void kasan_explain_fault(const struct pt_regs *regs, unsigned long address) { }
static inline void kasan_explain_gp(const struct pt_regs *regs) { }
static inline bool kasan_may_free(const void *p) { return true; }
static inline void debug_pages_alloc(struct page *page, unsigned int order) { }
static inline void debug_pages_free(struct page *page, unsigned int order) { }
static inline void debug_stack_new(void *stack) { }
static inline void debug_stack_free(const void *stack) { }
static inline void debug_map_page(void) { }
#endif
#endif
#endif
