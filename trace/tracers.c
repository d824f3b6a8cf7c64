/* SPDX-License-Identifier: MIT */
/*
 * available_tracers and current_tracer. One tracer is the current one; nop does nothing.
 *
 *	echo function > current_tracer --> old->reset, rings emptied, new->init
 *
 * If the new one cannot begin, nop is the current one. Locks: trace_types_lock; the list of tracers
 * grows at boot only. Linux's twin: kernel/trace/trace.c.
 */
#include <vitrix/tracer.h>
#include "control.h"

static struct tracer nop_tracer = { .name = "nop" };
static struct tracer *tracers = &nop_tracer, *current_tracer = &nop_tracer;

void register_tracer(struct tracer *tracer)
{
	tracer->next = tracers;
	tracers = tracer;
}

const char *current_tracer_name(void)
{
	return READ_ONCE(current_tracer)->name;
}

bool current_tracer_is_graph(void)
{
	return READ_ONCE(current_tracer)->graph;
}

static int show_available(struct seq_file *m, void *obj)
{
	for (struct tracer *t = tracers; t; t = t->next)
		seq_printf(m, "%s%c", t->name, t->next ? ' ' : '\n');
	return 0;
}

static int show_current(struct seq_file *m, void *obj)
{
	seq_printf(m, "%s\n", current_tracer->name);
	return 0;
}

static int start_tracer(struct tracer *tracer)
{
	int error = tracer->init ? trace_ring_alloc() : 0;

	if (error)
		return error;
	trace_ring_reset(-1);
	return tracer->init ? tracer->init() : 0;
}

/* trace_types_lock held; may sleep. -EINVAL: no such tracer. */
int trace_set_tracer(const char *name)
{
	struct tracer *t = tracers;
	int error;

	while (t && strcmp(t->name, name))
		t = t->next;
	if (!t)
		return -EINVAL;
	if (t == current_tracer)
		return 0;
	if (current_tracer->reset)
		current_tracer->reset();
	WRITE_ONCE(current_tracer, &nop_tracer);
	error = start_tracer(t);
	if (!error)
		WRITE_ONCE(current_tracer, t);
	return error;
}

static int store_current(char *text, void *obj)
{
	return trace_set_tracer(text);
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("available_tracers", 0440, .show = show_available),
	TRACE_FILE("current_tracer", 0640, .show = show_current, .store = store_current,
		   .max = 100),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_tracers_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_tracers_init);
