/* SPDX-License-Identifier: MIT */
/* Text made piece by piece into a buffer of fixed size. trace/trace_seq.c; any context. */
#ifndef VITRIX_TRACE_SEQ_H
#define VITRIX_TRACE_SEQ_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

struct trace_seq {
	char *buf;
	size_t size, len;		/* len never exceeds size; no NUL is counted */
	bool full;			/* something did not fit */
	char words[256];		/* __print_flags() and kin put their results here */
	size_t words_used;
};

static inline void trace_seq_init(struct trace_seq *s, char *buf, size_t size)
{
	s->buf = buf;
	s->size = size;
	s->len = s->words_used = 0;
	s->full = false;
}

void trace_seq_printf(struct trace_seq *s, const char *fmt, ...) __printf(2, 3);
void trace_seq_puts(struct trace_seq *s, const char *text);
void trace_seq_putc(struct trace_seq *s, char c);

#endif
