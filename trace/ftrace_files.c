/* SPDX-License-Identifier: MIT */
/*
 * The tracers function and function_graph, and the files that say which functions they watch:
 *
 *	available_filter_functions      all that can be watched
 *	enabled_functions               those that are watched right now
 *	set_ftrace_filter, _notrace     which functions; names or patterns, '!' takes away
 *	set_graph_function, _notrace    the same for function_graph, with what they call
 *	max_graph_depth, set_ftrace_pid
 *
 * Opening with O_TRUNC empties a list. trace/ftrace.c does the work. trace_types_lock is held.
 * Linux's twin: the lower half of kernel/trace/ftrace.c. Left out: commands behind a name
 * (`schedule:traceoff`), set_ftrace_notrace_pid.
 */
#include <vitrix/ftrace.h>
#include <vitrix/kallsyms.h>
#include <vitrix/proc_fs.h>
#include <vitrix/tracer.h>
#include "control.h"
#include "ftrace_internal.h"

/* ---- tracers ---- */

static int start_function(void) { return ftrace_set_tracer(FTRACE_FUNCTION); }
static int start_graph(void) { return ftrace_set_tracer(FTRACE_GRAPH); }
static void stop(void) { ftrace_set_tracer(FTRACE_NOP); }

static struct tracer function_tracer = {
	.name = "function", .init = start_function, .reset = stop,
};
static struct tracer graph_tracer = {
	.name = "function_graph", .init = start_graph, .reset = stop, .graph = true,
};

/* ---- lists of functions ---- */

static void show_function(struct seq_file *m, unsigned int nr)
{
	const char *name = kallsyms_lookup(ftrace_function(nr), NULL, NULL);

	if (name)
		seq_printf(m, "%s\n", name);
}

static int show_available(struct seq_file *m, void *obj)
{
	unsigned int n = ftrace_nr_functions();

	for (unsigned int i = 0; i < n; i++)
		show_function(m, i);
	return n ? 0 : -ENOMEM;
}

static int show_enabled(struct seq_file *m, void *obj)
{
	unsigned int n = ftrace_nr_functions();

	for (unsigned int i = 0; i < n; i++)
		if (ftrace_is_on(i))
			show_function(m, i);
	return 0;
}

static int show_list(struct seq_file *m, enum ftrace_list which)
{
	bool limits = which == FTRACE_FILTER || which == FTRACE_GRAPH_FUNCTION;

	if (ftrace_list_is_empty(which))
		seq_printf(m, limits ? "#### all functions enabled ####\n" :
			   "#### no functions disabled ####\n");
	for (int i = -1; (i = ftrace_list_next(which, i + 1)) >= 0; )
		show_function(m, i);
	return 0;
}

static int store_list(char *text, enum ftrace_list which)
{
	char *word;
	int error = 0;

	while (!error && (word = strsep(&text, " \t\n")))
		if (*word)
			error = ftrace_set_filter(which, word, false);
	return error;
}

#define LIST(name, which)							\
static int show_##name(struct seq_file *m, void *obj) { return show_list(m, which); } \
static int store_##name(char *text, void *obj) { return store_list(text, which); } \
static int clear_##name(void *obj) { return ftrace_set_filter(which, NULL, true); }

LIST(filter, FTRACE_FILTER)
LIST(notrace_list, FTRACE_NOTRACE)
LIST(graph_function, FTRACE_GRAPH_FUNCTION)
LIST(graph_notrace, FTRACE_GRAPH_NOTRACE)

#define LIST_FILE(file, name)							\
	TRACE_FILE(file, 0640, .show = show_##name, .store = store_##name,	\
		   .truncate = clear_##name, .max = PAGE_SIZE - 1)

/* ---- depth and tasks ---- */

static int show_depth(struct seq_file *m, void *obj)
{
	seq_printf(m, "%u\n", ftrace_max_graph_depth);
	return 0;
}

static int store_depth(char *text, void *obj)
{
	unsigned long depth;
	int error = trace_store_number(text, &depth);

	if (!error)
		WRITE_ONCE(ftrace_max_graph_depth, min(depth, 0xffffffffUL));
	return error;
}

static int show_ftrace_pid(struct seq_file *m, void *obj)
{
	if (!ftrace_pid_filter)
		seq_printf(m, "no pid\n");
	else
		trace_show_pids(m, TRACE_TASK_FTRACE);
	return 0;
}

/* As for set_event_pid, a number that nobody has means nobody. */
static int add_ftrace_pid(pid_t pid)
{
	ftrace_pid_add(pid);
	return 0;
}

static int store_ftrace_pid(char *text, void *obj)
{
	return trace_store_pids(text, add_ftrace_pid);
}

static int clear_ftrace_pid(void *obj)
{
	ftrace_pid_clear();
	return 0;
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("available_filter_functions", 0440, .show = show_available),
	TRACE_FILE("enabled_functions", 0440, .show = show_enabled),
	LIST_FILE("set_ftrace_filter", filter),
	LIST_FILE("set_ftrace_notrace", notrace_list),
	LIST_FILE("set_graph_function", graph_function),
	LIST_FILE("set_graph_notrace", graph_notrace),
	TRACE_FILE("max_graph_depth", 0640, .show = show_depth, .store = store_depth),
	TRACE_FILE("set_ftrace_pid", 0640, .show = show_ftrace_pid, .store = store_ftrace_pid,
		   .truncate = clear_ftrace_pid, .max = PAGE_SIZE - 1),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init ftrace_files_init(void)
{
	register_tracer(&function_tracer);
	register_tracer(&graph_tracer);
	tracefs_register(&table);
	return proc_sysctl_int("kernel/ftrace_enabled", 0644, &ftrace_enabled, 0, 1);
}
device_initcall(ftrace_files_init);
