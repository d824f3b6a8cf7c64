/* SPDX-License-Identifier: MIT */
/*
 * Text made piece by piece into a buffer of fixed size: what does not fit is cut and noted in
 * s->full. Linux's twin: kernel/trace/trace_seq.c. Callers: the event printers and whoever shows
 * events as text. No locks: a trace_seq belongs to its caller.
 */
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <vitrix/trace_seq.h>

void trace_seq_printf(struct trace_seq *s, const char *fmt, ...)
{
	size_t room = s->size - s->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(s->buf + s->len, room, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	s->full |= n >= room;
	s->len += n < room ? n : room ? room - 1 : 0;
	s->words_used = 0;
}

void trace_seq_puts(struct trace_seq *s, const char *text)
{
	trace_seq_printf(s, "%s", text);
}

void trace_seq_putc(struct trace_seq *s, char c)
{
	if (s->len < s->size)
		s->buf[s->len++] = c;
	else
		s->full = true;
}
