/* SPDX-License-Identifier: MIT */
/*
 * A text that grows: everything that walk prints is put together in one of these first, so that a
 * line is written whole and the length of what is already on it is known.
 */
#ifndef WALK_TEXT_H
#define WALK_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
	char *s;	/* ends in NUL once anything was added */
	size_t len, size;
};

void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *t, const char *fmt, va_list ap);
/* blanks up to this column, none if the text is longer already */
void text_pad(struct text *t, size_t column);
/* JSON: the string in quotes, as JSON wants it; bytes above 127 that are no UTF-8 become \u00xx */
void text_json(struct text *t, const char *s);
void text_clear(struct text *t);
void text_free(struct text *t);

#endif
