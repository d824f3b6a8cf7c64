/* SPDX-License-Identifier: MIT */
/* A filter as trace/filter_parse.c makes it and trace/filter.c runs it. */
#ifndef TRACE_FILTER_H
#define TRACE_FILTER_H

#include "event_names.h"

#define FILTER_MAX_OPS	64

enum filter_kind {
	FILTER_AND, FILTER_OR, FILTER_NOT,	/* of the results on the stack */
	FILTER_INT, FILTER_UINT,		/* a field of 1, 2, 4 or 8 bytes */
	FILTER_STRING,				/* char[size] */
	FILTER_DYN_STRING,			/* __data_loc */
	FILTER_COMM, FILTER_CPU,		/* of the task and the CPU that tell the event */
};
enum filter_cmp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_AND, CMP_GLOB };

struct filter_op {
	u8 kind, cmp;
	u16 offset, size;		/* in the entry */
	u64 value;
	const char *string;		/* in trace_filter.strings */
};

struct trace_filter {
	struct trace_filter *next;	/* among those that are to be freed */
	char *text;			/* as it was written; with nr 0: and what is wrong */
	char *strings;			/* the same, cut into the words of the comparisons */
	unsigned int nr;
	struct filter_op ops[FILTER_MAX_OPS];	/* in postfix order */
};

struct filter_error { const char *what; size_t at; };

int filter_parse(struct trace_filter *filter, event_handle e, struct filter_error *where);

#endif
