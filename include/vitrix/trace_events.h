/* SPDX-License-Identifier: MIT */
/*
 * Trace events: what can be told, what is being told, and to whom. The events stand in
 * trace/events.tbl; code that has something to tell includes <generated/trace_events.h> and calls
 * trace_NAME(). Linux's twin: include/linux/trace_events.h.
 *
 *	trace_sched_switch(prev, state, next)    one nop while nobody wants it
 *	  __trace_sched_switch()                 does anybody want it of this task?
 *	    trace_reserve, fields, trace_event_commit (a filter may still say no)
 *
 * Locks: trace_types_lock (class LC_TRACE_CONTROL), taken by the control files around everything
 * that changes what is traced.
 */
#ifndef VITRIX_TRACE_EVENTS_H
#define VITRIX_TRACE_EVENTS_H

#include <vitrix/jump_label.h>
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/trace_ring.h>
#include <vitrix/trace_seq.h>
#include <generated/trace_events_abi.h>
#include <generated/trace_events.h>

struct trace_field {
	const char *type, *name;	/* "char", "prev_comm[16]" */
	u16 offset, size;	/* offset in Linux's entry: the first is 8 */
	bool is_signed;
};

struct trace_filter;		/* trace/filter.c */

struct trace_event {
	const char *group, *name, *print_fmt;
	const struct trace_field *fields;
	u16 id, size, nr_fields;	/* size: of the data behind the common fields */
	/* entry: from `type` on */
	void (*print)(struct trace_seq *s, const void *entry);
	struct static_key *key;
	bool enabled;			/* trace_types_lock */
	struct trace_filter *filter;	/* RCU; trace_types_lock to change it */
};

extern struct trace_event *const trace_events[NR_TRACE_EVENTS];
struct trace_event *trace_event_by_id(unsigned int id);	/* NULL: none, or a syscall's */
struct trace_event *trace_event_by_name(const char *group, const char *name);

extern struct mutex trace_types_lock;

/* trace_types_lock held; may sleep. 0, -ENOMEM (no room for the rings). */
int trace_event_enable(struct trace_event *event, bool on);
/* The event of one call: events/syscalls/sys_{enter,exit}_NAME. */
int trace_syscall_enable(unsigned int nr, bool exit, bool on);
bool trace_syscall_enabled(unsigned int nr, bool exit);

/* ---- whose events: set_event_pid ---- */

/* task->trace_flags */
#define TRACE_TASK_EVENTS	0x01	/* in set_event_pid */
#define TRACE_TASK_FTRACE	0x02	/* in set_ftrace_pid */
#define TRACE_TASK_BUSY		0x04	/* at work for the tracer: its functions are not told */

extern bool trace_events_pid_filter;	/* set_event_pid is not empty */
extern bool trace_event_fork;		/* options/event-fork: children are in the set, too */
/* Whether task's system calls are watched. tasklist_lock held: fork calls it as it links a task. */
void trace_update_task(struct task_struct *task);

static __always_inline bool trace_event_wanted(const struct task_struct *task)
{
	return !trace_events_pid_filter || (task->trace_flags & TRACE_TASK_EVENTS);
}

/*
 * The set of set_event_pid. trace_types_lock held; may sleep. -ESRCH: no such task. A task that
 * ends leaves the set by itself.
 */
int trace_event_pid_add(pid_t pid);
void trace_event_pid_clear(void);

/* The task ends: its name is kept for its events. */
void trace_save_cmdline(struct task_struct *tsk);
static inline void trace_task_exit(struct task_struct *tsk)
{
	if (unlikely(trace_rings_live))
		trace_save_cmdline(tsk);
}

/* ---- for the emitters ---- */

/* Commits, unless the event has a filter that says no. */
void trace_event_commit(struct trace_event *event, void *data);
/* Weak here; trace/filter.c has the real one. entry: from `type` on. */
bool trace_filter_match(const struct trace_filter *filter, const void *entry);
static inline int trace_prio(const struct task_struct *p)
{
	return p->rt_priority ? 99 - p->rt_priority : p->static_prio;
}

#endif
