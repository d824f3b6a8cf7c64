/* SPDX-License-Identifier: MIT */
/*
 * Watching functions: which functions can be watched, which are, what is told of them, and of which
 * tasks. What the files current_tracer, set_ftrace_filter and their kin in tracefs stand on.
 * Linux's twin: include/linux/ftrace.h. docs/tracing-functions.md tells how it works.
 *
 *	FTRACE_FUNCTION    an event ftrace/function for each call
 *	FTRACE_GRAPH       an event when a function is entered, another when it returns
 *
 * The functions that can be watched are numbered from 0 in order of address. All setters may sleep
 * and exclude each other (ftrace_lock, class LC_FTRACE, below trace_types_lock); a list may be
 * changed while the tracer runs. What never fails returns void.
 */
#ifndef VITRIX_FTRACE_H
#define VITRIX_FTRACE_H

#include <vitrix/sched.h>

enum ftrace_tracer { FTRACE_NOP, FTRACE_FUNCTION, FTRACE_GRAPH, NR_FTRACE_TRACERS };

/* The lists of functions; an empty one means what stands behind it. */
enum ftrace_list {
	FTRACE_FILTER,			/* set_ftrace_filter: these only		all */
	FTRACE_NOTRACE,			/* set_ftrace_notrace: these not		none */
	FTRACE_GRAPH_FUNCTION,		/* set_graph_function: these and what they call	all */
	FTRACE_GRAPH_NOTRACE,		/* set_graph_notrace: neither these nor callees	none */
	NR_FTRACE_LISTS
};

/*
 * 0, or -ENOMEM: nothing changed. Rings must be there (trace_ring_alloc()). Off when it returns;
 * functions that were entered before still return by their detour, untold.
 */
int ftrace_set_tracer(enum ftrace_tracer tracer);
enum ftrace_tracer ftrace_get_tracer(void);

/*
 * Adds to a list the functions whose names match glob (* ? [a-z] [!a-z]; \ before one of these), or
 * takes them off with a '!' in front. reset: the list is emptied first; glob NULL: and that is all.
 * -EINVAL: no function matches; -ENOMEM.
 */
int ftrace_set_filter(enum ftrace_list which, const char *glob, bool reset);
bool ftrace_list_is_empty(enum ftrace_list which);
/* Number of the first function from nr on that is in the list; -1: none. For reading the lists. */
int ftrace_list_next(enum ftrace_list which, unsigned int nr);
bool ftrace_is_on(unsigned int nr);	/* is it being watched? */

unsigned int ftrace_nr_functions(void);		/* 0: no memory for the table */
unsigned long ftrace_function(unsigned int nr);		/* address; 0: no such number */

/* set_graph_max_depth: calls deeper than that are not told; 0: no limit. */
extern unsigned int ftrace_max_graph_depth;

/* ---- whose calls: set_ftrace_pid; flag TRACE_TASK_FTRACE of task->trace_flags ---- */

extern bool ftrace_pid_filter;		/* set_ftrace_pid is not empty */
int ftrace_pid_add(pid_t pid);	/* a thread's number; -ESRCH: no such task, and nobody is meant */
void ftrace_pid_clear(void);

/* ---- hooks of other code ---- */

extern bool ftrace_graph_active;	/* each task needs a return stack */
struct ftrace_ret_stack;
void ftrace_graph_alloc_task(struct task_struct *task);
void ftrace_graph_free_task(struct task_struct *task);

/* A new task, in the lists, that has not run yet. Without memory its calls are not told. */
static inline void ftrace_graph_init_task(struct task_struct *task)
{
	if (unlikely(READ_ONCE(ftrace_graph_active)))
		ftrace_graph_alloc_task(task);
}
static inline void ftrace_graph_exit_task(struct task_struct *task)
{
	if (unlikely(task->ret_stack))
		ftrace_graph_free_task(task);
}

/*
 * Where a call really returns to: ret is what stands at slot on task's stack, perhaps the graph
 * tracer's detour. For backtraces; any context, for a task whose stack may be read.
 */
unsigned long ftrace_graph_ret_addr(const struct task_struct *task, unsigned long ret,
				    const void *slot);

#endif
