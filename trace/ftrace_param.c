/* SPDX-License-Identifier: MIT */
/*
 * Watching functions from the command line, for what happens before anybody can write to a control
 * file; all are Linux's:
 *
 *	ftrace=function_graph				the tracer
 *	ftrace_filter=, ftrace_notrace=			names or patterns, separated by commas
 *	ftrace_graph_filter=, ftrace_graph_notrace=	the same for function_graph
 *	ftrace_graph_max_depth=3
 *
 * An initcall does it: drivers that were set up before are not told. Linux's twin: the ends of
 * kernel/trace/ftrace.c and trace.c.
 */
#include <vitrix/ftrace.h>
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include "control.h"

static const char *tracer __initdata;
static const char *lists[NR_FTRACE_LISTS] __initdata;

static int __init tracer_setup(const char *value)
{
	tracer = value;
	return 0;
}
__setup("ftrace=", tracer_setup);

#define LIST_SETUP(name, which)							\
	static int __init name##_setup(const char *value)			\
	{									\
		lists[which] = value;						\
		return 0;							\
	}
LIST_SETUP(filter, FTRACE_FILTER)
LIST_SETUP(notrace, FTRACE_NOTRACE)
LIST_SETUP(graph_filter, FTRACE_GRAPH_FUNCTION)
LIST_SETUP(graph_notrace, FTRACE_GRAPH_NOTRACE)
__setup("ftrace_filter=", filter_setup);
__setup("ftrace_notrace=", notrace_setup);
__setup("ftrace_graph_filter=", graph_filter_setup);
__setup("ftrace_graph_notrace=", graph_notrace_setup);

static int __init depth_setup(const char *value)
{
	return kstrtouint(value, 0, &ftrace_max_graph_depth);
}
__setup("ftrace_graph_max_depth=", depth_setup);

static void __init set_list(enum ftrace_list which, const char *at)
{
	char word[128];

	while (*at) {
		size_t len = strcspn(at, ",");
		int err = -EINVAL;

		if (len && len < sizeof(word)) {
			memcpy(word, at, len);
			word[len] = 0;
			err = ftrace_set_filter(which, word, false);
		}
		if (err && len)
			pr_warn("ftrace: %.*s: error %d\n", (int)len, at, err);
		at += len + (at[len] == ',');
	}
}

static int __init ftrace_param_init(void)
{
	int err = 0;

	mutex_lock(&trace_types_lock);
	for (int i = 0; i < NR_FTRACE_LISTS; i++)
		if (lists[i])
			set_list(i, lists[i]);
	if (tracer)
		err = trace_set_tracer(tracer);
	mutex_unlock(&trace_types_lock);
	if (err)
		pr_warn("ftrace=%s: error %d\n", tracer, err);
	return 0;
}
device_initcall(ftrace_param_init);
