/* SPDX-License-Identifier: MIT */
/*
 * Memory and string primitives (Linux's include/linux/string.h).
 *
 * The memory movers are assembly in arch/x86/lib; the rest is lib/string.c. All may be called in
 * any context and sleep nowhere; none touches user memory. -ffreestanding takes gcc's knowledge
 * of these names away; the macros below give it back, so that a copy of constant small size is a
 * few moves inline and strlen("literal") is a constant.
 *
 * Left out on purpose: strcpy, strcat, strncpy. Use strscpy, which always terminates and tells
 * of truncation.
 */
#ifndef _VITRIX_STRING_H
#define _VITRIX_STRING_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

/* First byte that differs from @c, or NULL when all @n bytes are @c. */
void *memchr_inv(const void *s, int c, size_t n);

/* One page, both page-aligned. */
void clear_page(void *page);
void copy_page(void *dst, const void *src);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strnchr(const char *s, size_t n, int c);
char *strstr(const char *hay, const char *needle);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);

/* Next token of *@sp, which ends at one of @delim; *@sp becomes NULL after the last. */
char *strsep(char **sp, const char *delim);

/* Cut white space at the end (in place), return the first character that is none. */
char *strim(char *s);
char *skip_spaces(const char *s);

/* Copy with termination. Returns the length copied, -E2BIG when cut short or @size is 0. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* Does @s begin with @prefix? Returns the prefix's length, or 0. */
static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 ? len : 0;
}

#ifndef VITRIX_UNIT_TEST
#define memcpy(d, s, n)		__builtin_memcpy(d, s, n)
#define memmove(d, s, n)	__builtin_memmove(d, s, n)
#define memset(d, c, n)		__builtin_memset(d, c, n)
#define memcmp(a, b, n)		__builtin_memcmp(a, b, n)
#define strlen(s)		__builtin_strlen(s)
#define strcmp(a, b)		__builtin_strcmp(a, b)
#endif

#endif
