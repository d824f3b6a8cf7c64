/* SPDX-License-Identifier: MIT */
/* What the C made from events.tbl is written in terms of. Private to trace/. */
#ifndef TRACE_EVENT_HELPERS_H
#define TRACE_EVENT_HELPERS_H

#include <vitrix/string.h>
#include <vitrix/trace_events.h>

#define TRACE_STR_MAX 255U

#define TRACE_FIELD(event, member, type_, name_, signed_)				\
	{ .type = (type_), .name = (name_), .is_signed = (signed_),			\
	  .offset = TRACE_ENTRY_SIZE + offsetof(struct trace_raw_##event, member),	\
	  .size = sizeof(((struct trace_raw_##event *)0)->member) }
#define TRACE_FIELD_TAIL(event, member, type_, name_, signed_)				\
	{ .type = (type_), .name = (name_), .is_signed = (signed_),			\
	  .offset = TRACE_ENTRY_SIZE + offsetof(struct trace_raw_##event, member) }

/* With its NUL. */
static inline u32 trace_str_len(const char *text)
{
	return min(strnlen(text, TRACE_STR_MAX), TRACE_STR_MAX) + 1;
}

/* The string goes behind the struct; what __data_loc says of it: length and offset in the entry. */
static inline u32 trace_put_str(void *rec, u32 where, const char *text, u32 len)
{
	memcpy(rec + where, text, len - 1);
	((char *)rec)[where + len - 1] = '\0';
	return len << 16 | (where + TRACE_ENTRY_SIZE);
}

/* A comm may change meanwhile: any of its bytes, but never without an end. */
static inline void trace_copy_comm(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	to[size - 1] = '\0';
}

/* ---- what Linux's print formats call ---- */

struct trace_symbol { unsigned long value; const char *name; };
const char *trace_print_symbol(struct trace_seq *s, unsigned long value,
			       const struct trace_symbol *symbols);
const char *trace_print_flags(struct trace_seq *s, unsigned long value, const char *between,
			      const struct trace_symbol *symbols);

#define __print_symbolic(value, ...) \
	trace_print_symbol(s, value, (const struct trace_symbol[]){ __VA_ARGS__, { 0, NULL } })
#define __print_flags(value, between, ...) \
	trace_print_flags(s, value, between, \
			  (const struct trace_symbol[]){ __VA_ARGS__, { 0, NULL } })
#define __get_str(field) ((const char *)entry + (REC->__data_loc_##field & 0xffff))

#endif
