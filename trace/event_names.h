/* SPDX-License-Identifier: MIT */
/*
 * Events as the files below events/ know them: those of events.tbl and, in the group "syscalls",
 * one for the begin and one for the end of each system call, which stand in no table.
 * trace/event_names.c.
 */
#ifndef TRACE_EVENT_NAMES_H
#define TRACE_EVENT_NAMES_H

#include "control.h"

#define EVENT_NAME_LEN	48

/* One event; fits into a pointer, as tracefs wants it. 0 is none. */
typedef unsigned long event_handle;

static inline event_handle syscall_event(unsigned int nr, bool exit) { return 1 + 2 * nr + exit; }
static inline bool is_syscall_event(event_handle e) { return e <= 2 * NR_syscalls; }
static inline unsigned int syscall_event_nr(event_handle e) { return (e - 1) / 2; }
static inline bool syscall_event_exit(event_handle e) { return (e - 1) % 2; }
static inline struct trace_event *table_event(event_handle e) { return (struct trace_event *)e; }

const char *event_group(event_handle e);
const char *event_name(event_handle e, char buf[EVENT_NAME_LEN]);
unsigned int event_id(event_handle e);
bool event_enabled(event_handle e);
bool event_can_enable(event_handle e);		/* group ftrace: what tracers write, never */
int event_enable(event_handle e, bool on);	/* trace_types_lock */

const char *event_nth_group(unsigned int n);		/* NULL: no more */
event_handle event_nth(const char *group, unsigned int n);	/* 0: no more */
/* group: as event_nth_group() told it. *n: its number in its group. 0: there is none */
event_handle event_find(const char *group, const char *name, unsigned int *n);

#define NR_COMMON_FIELDS 4
extern const struct trace_field event_common_fields[NR_COMMON_FIELDS];
/* The n'th field of its own, as events/GROUP/NAME/format shows it. false: no more */
bool event_field(event_handle e, unsigned int n, struct trace_field *field, char buf[64]);
void event_show_format(struct seq_file *m, event_handle e);

/* Every event that can be enabled: fn is told each. Stops with fn's first error. */
int for_each_event(const char *group, int (*fn)(event_handle e, void *arg), void *arg);

/* ---- filters: trace/filter.c ---- */

/* trace_types_lock. What was there before goes to *gone; then event_free_filters() waits once */
int event_set_filter(event_handle e, const char *text, struct trace_filter **gone);
void event_free_filters(struct trace_filter *gone);
const char *event_filter_text(event_handle e);		/* NULL: none */

#endif
