/* SPDX-License-Identifier: MIT */
/* Growing texts: see text.h. No memory is the end of the program: there is nothing to go on with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void grow(struct text *t, size_t more)
{
	size_t need = t->len + more + 1;

	if (need <= t->size)
		return;
	t->size = need < 256 ? 256 : need * 2;
	t->s = realloc(t->s, t->size);
	if (!t->s) {
		fputs("walk: out of memory\n", stderr);
		exit(1);
	}
}

void text_addn(struct text *t, const char *s, size_t n)
{
	grow(t, n);
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = 0;
}

void text_add(struct text *t, const char *s)
{
	text_addn(t, s, strlen(s));
}

void text_vaddf(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		grow(t, n);
		vsnprintf(t->s + t->len, n + 1, fmt, again);
		t->len += n;
	}
	va_end(again);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(t, fmt, ap);
	va_end(ap);
}

void text_pad(struct text *t, size_t column)
{
	while (t->len < column)
		text_addn(t, " ", 1);
}

/* The length of the UTF-8 sequence at s, 0 if it is none. */
static int utf8_length(const unsigned char *s)
{
	int n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void text_json(struct text *t, const char *s)
{
	text_add(t, "\"");
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		int n;

		if (*p == '"' || *p == '\\') {
			text_addf(t, "\\%c", *p);
		} else if (*p >= 0x20 && *p < 0x7f) {
			text_addn(t, (const char *)p, 1);
		} else if (*p >= 0x80 && (n = utf8_length(p)) != 0) {
			text_addn(t, (const char *)p, n);
			p += n - 1;
		} else {
			text_addf(t, "\\u%04x", *p);
		}
	}
	text_add(t, "\"");
}

void text_clear(struct text *t)
{
	t->len = 0;
	if (t->s)
		t->s[0] = 0;
}

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){0};
}
