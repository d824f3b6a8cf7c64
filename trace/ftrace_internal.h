/* SPDX-License-Identifier: MIT */
/* Between ftrace.c (which functions), ftrace_record.c (each call) and fgraph.c (each return). */
#ifndef TRACE_FTRACE_INTERNAL_H
#define TRACE_FTRACE_INTERNAL_H

#include <vitrix/ftrace.h>
#include <vitrix/trace_events.h>

/* Read by every call, in any context; written with ftrace_lock. */
extern enum ftrace_tracer ftrace_tracer;
extern int ftrace_enabled;
extern bool ftrace_graph_lists;		/* set_graph_function or set_graph_notrace has names */

/* Bit 1 << FTRACE_GRAPH_...: func is in that list, or the list is empty (GRAPH_FUNCTION). */
unsigned int ftrace_lists_of(unsigned long func);
bool ftrace_list_limits(enum ftrace_list which);

/* irq_flags: of the interrupted code; interrupts are off in the tracer. NULL: not to be told. */
void *ftrace_reserve(u16 type, size_t size, unsigned long irq_flags);

static __always_inline bool ftrace_task_wanted(const struct task_struct *task)
{
	if (task->trace_flags & TRACE_TASK_BUSY)
		return false;
	return !ftrace_pid_filter || (task->trace_flags & TRACE_TASK_FTRACE);
}

/* fgraph.c. Interrupts off. */
void fgraph_enter(unsigned long func, unsigned long *slot, unsigned long irq_flags);
int fgraph_alloc_all(void);		/* a return stack for every task; may sleep; -ENOMEM */

#endif
