/* SPDX-License-Identifier: MIT */
/*
 * Strings (Linux's lib/string.c). The memory movers are in arch/x86/lib.
 *
 * The searches that run over long data (strlen, memchr, memcmp) go by words of eight bytes:
 *
 *	w - 0x01.. & ~w & 0x80..	has 0x80 in the lowest byte of w that is zero; higher
 *					bytes may be wrong, but the lowest never is
 *
 * An aligned word never crosses a page, so reading the whole word around a valid byte is safe;
 * address sanitizer, which knows objects and not pages, must be told.
 */
#include <vitrix/string.h>
#include <vitrix/ctype.h>
#include <vitrix/err.h>

#define ONES		0x0101010101010101ul
#define HIGHS		0x8080808080808080ul
#define READS_WORDS	__attribute__((no_sanitize_address))

typedef unsigned long __attribute__((may_alias)) word_t;
typedef unsigned long __attribute__((may_alias, aligned(1))) unaligned_word_t;

static __always_inline unsigned long zero_bytes(unsigned long w)
{
	return (w - ONES) & ~w & HIGHS;
}

READS_WORDS size_t (strlen)(const char *s)
{
	const word_t *p = (const word_t *)((unsigned long)s & ~7ul);
	/* the bytes in front of s count as not zero */
	unsigned long w = *p | ((1ul << ((unsigned long)s % 8 * 8)) - 1);
	unsigned long zero;

	while (!(zero = zero_bytes(w)))
		w = *++p;
	return (const char *)p + __builtin_ctzl(zero) / 8 - s;
}

READS_WORDS void *(memchr)(const void *s, int c, size_t n)
{
	unsigned long first = (unsigned long)s, end = first + n;
	unsigned long pattern = (unsigned char)c * ONES, w, hit;
	const word_t *p = (const word_t *)(first & ~7ul);

	if (!n)
		return NULL;
	if (end < first)
		end = ~0ul;	/* strnlen(s, -1): to the end of memory */
	w = (*p ^ pattern) | ((1ul << (first % 8 * 8)) - 1);
	while (!(hit = zero_bytes(w))) {
		if ((unsigned long)++p >= end)
			return NULL;
		w = *p ^ pattern;
	}
	hit = (unsigned long)p + __builtin_ctzl(hit) / 8;
	return hit < end ? (void *)hit : NULL;
}

int (memcmp)(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
		unsigned long v = *(const unaligned_word_t *)x;
		unsigned long w = *(const unaligned_word_t *)y;

		if (v != w)
			return __builtin_bswap64(v) < __builtin_bswap64(w) ? -1 : 1;
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* The sanitizer itself looks at free memory and at its shadow with it. */
__attribute__((no_sanitize_address)) void *memchr_inv(const void *s, int c, size_t n)
{
	const unsigned char *p = s;
	unsigned long pattern = (unsigned char)c * ONES;

	while (n >= 8 && *(const unaligned_word_t *)p == pattern) {
		p += 8;
		n -= 8;
	}
	for (; n; n--, p++)
		if (*p != (unsigned char)c)
			return (void *)p;
	return NULL;
}

size_t strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, 0, max);

	return end ? (size_t)(end - s) : max;
}

int (strcmp)(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			break;
	}
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	for (;; a++, b++) {
		int diff = tolower((unsigned char)*a) - tolower((unsigned char)*b);

		if (diff || !*a)
			return diff;
	}
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strnchr(const char *s, size_t n, int c)
{
	for (; n && *s; n--, s++)
		if (*s == (char)c)
			return (char *)s;
	return NULL;
}

char *strstr(const char *hay, const char *needle)
{
	size_t len = strlen(needle);

	for (; strncmp(hay, needle, len); hay++)
		if (!*hay)
			return NULL;
	return (char *)hay;
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

/* strchr finds the NUL too, which ends the search. */
size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (!strchr(reject, s[n]))
		n++;
	return n;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *strsep(char **sp, const char *delim)
{
	char *token = *sp, *end;

	if (!token)
		return NULL;
	end = strpbrk(token, delim);
	if (end)
		*end++ = '\0';
	*sp = end;
	return token;
}

char *skip_spaces(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	size_t len;

	s = skip_spaces(s);
	len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len < size) {
		memcpy(dst, src, len + 1);
		return len;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}
