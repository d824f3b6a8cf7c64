/* SPDX-License-Identifier: MIT */
/*
 * trace_options and options/: switches, most of them of how things are shown. There are only those
 * that do something here. Linux's twins: kernel/trace/trace.c, trace_functions_graph.c.
 *
 * Locks: trace_types_lock to change; readers look at single bits.
 */
#include <vitrix/tracer.h>
#include "control.h"

#define BIT_OF(option) (1UL << (option))

unsigned long trace_options =
	BIT_OF(TRACE_OPT_PRINT_PARENT) | BIT_OF(TRACE_OPT_ANNOTATE) |
	BIT_OF(TRACE_OPT_CONTEXT_INFO) | BIT_OF(TRACE_OPT_RECORD_CMD) |
	BIT_OF(TRACE_OPT_OVERWRITE) | BIT_OF(TRACE_OPT_IRQ_INFO) | BIT_OF(TRACE_OPT_MARKERS) |
	BIT_OF(TRACE_OPT_GRAPH_CPU) | BIT_OF(TRACE_OPT_GRAPH_OVERHEAD) |
	BIT_OF(TRACE_OPT_GRAPH_DURATION);

bool trace_function_fork;

static const char *const names[NR_TRACE_OPTIONS] = {
	[TRACE_OPT_PRINT_PARENT] = "print-parent",
	[TRACE_OPT_SYM_OFFSET] = "sym-offset",
	[TRACE_OPT_SYM_ADDR] = "sym-addr",
	[TRACE_OPT_ANNOTATE] = "annotate",
	[TRACE_OPT_CONTEXT_INFO] = "context-info",
	[TRACE_OPT_RECORD_CMD] = "record-cmd",
	[TRACE_OPT_RECORD_TGID] = "record-tgid",
	[TRACE_OPT_OVERWRITE] = "overwrite",
	[TRACE_OPT_IRQ_INFO] = "irq-info",
	[TRACE_OPT_MARKERS] = "markers",
	[TRACE_OPT_EVENT_FORK] = "event-fork",
	[TRACE_OPT_FUNCTION_FORK] = "function-fork",
	[TRACE_OPT_GRAPH_CPU] = "funcgraph-cpu",
	[TRACE_OPT_GRAPH_OVERHEAD] = "funcgraph-overhead",
	[TRACE_OPT_GRAPH_PROC] = "funcgraph-proc",
	[TRACE_OPT_GRAPH_DURATION] = "funcgraph-duration",
	[TRACE_OPT_GRAPH_ABSTIME] = "funcgraph-abstime",
	[TRACE_OPT_GRAPH_TAIL] = "funcgraph-tail",
};

static void set_option(enum trace_option option, bool on)
{
	unsigned long bits = trace_options & ~BIT_OF(option);

	WRITE_ONCE(trace_options, on ? bits | BIT_OF(option) : bits);
	if (option == TRACE_OPT_OVERWRITE)
		WRITE_ONCE(trace_overwrite, on);
	if (option == TRACE_OPT_EVENT_FORK)
		WRITE_ONCE(trace_event_fork, on);
	if (option == TRACE_OPT_FUNCTION_FORK)
		WRITE_ONCE(trace_function_fork, on);
}

/* ---------------------------------------------------------------- trace_options */

static int show_options(struct seq_file *m, void *obj)
{
	for (int i = 0; i < NR_TRACE_OPTIONS; i++)
		seq_printf(m, "%s%s\n", trace_opt(i) ? "" : "no", names[i]);
	return 0;
}

/* "NAME" or "noNAME" */
static int store_options(char *text, void *obj)
{
	bool on = strncmp(text, "no", 2) != 0;

	text += on ? 0 : 2;
	for (int i = 0; i < NR_TRACE_OPTIONS; i++)
		if (!strcmp(names[i], text)) {
			set_option(i, on);
			return 0;
		}
	return -EINVAL;
}

/* ---------------------------------------------------------------- options/NAME */

/* obj is the directory's, which has none: the option is told by the file's name. */
static int option_of(const struct file *file)
{
	return (int)(long)kernfs_data(file) - 1;
}

static int show_option(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", trace_opt(option_of(m->file)));
	return 0;
}

static int option_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_option, NULL);
}

static ssize_t option_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	char text[256];
	ssize_t count = copy_text_from_iter(text, sizeof(text), from);
	unsigned long on;
	int error;

	if (count < 0)
		return count;
	error = trace_store_number(strim(text), &on);
	if (!error && on > 1)
		error = -EINVAL;
	if (error)
		return error;
	mutex_lock(&trace_types_lock);
	set_option(option_of(file), on);
	mutex_unlock(&trace_types_lock);
	*pos += count;
	return count;
}

static const struct file_operations option_fops = {
	.open = option_open,
	.read_iter = seq_read_iter,
	.write_iter = option_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static bool option_entry(void *data, unsigned int n, struct kernfs_entry *e)
{
	if (n >= NR_TRACE_OPTIONS)
		return false;
	e->name = names[n];
	e->mode = 0640;
	e->fops = &option_fops;
	e->data = (void *)(n + 1UL);
	return true;
}

static const struct kernfs_dir options_dir = { .entry = option_entry };
static const struct kernfs_entry files[] = {
	TRACE_FILE("trace_options", 0640, .show = show_options, .store = store_options),
	{ "options", 0750, .dir = &options_dir },
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_options_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_options_init);
