/* SPDX-License-Identifier: MIT */
/*
 * The directory events/. Its some thousand files exist while somebody looks at them (kernfs).
 *
 *	events/{enable,header_page,header_event}
 *	events/GROUP/{enable,filter}
 *	events/GROUP/NAME/{enable,filter,format,id}     group ftrace: format and id alone
 *
 * A directory's data is NULL, the group's name, or the event's handle; the files below find it
 * there. Linux's twin: kernel/trace/trace_events.c. Left out: triggers, histograms.
 */
#include "event_names.h"

/* ---------------------------------------------------------------- enable */

struct enabled_count { unsigned int on, all; };

static int count_enabled(event_handle e, void *arg)
{
	struct enabled_count *count = arg;

	count->on += event_enabled(e);
	count->all++;
	return 0;
}

static int enable_one(event_handle e, void *on)
{
	return event_enable(e, *(bool *)on);
}

static int parse_enable(const char *text, bool *on)
{
	unsigned long value;
	int error = trace_store_number(text, &value);

	if (!error && value > 1)
		error = -EINVAL;
	*on = value;
	return error;
}

/* obj NULL: all groups. X: some of them */
static int show_group_enable(struct seq_file *m, void *obj)
{
	struct enabled_count count = { };

	for_each_event(obj, count_enabled, &count);
	seq_puts(m, !count.on ? "0\n" : count.on == count.all ? "1\n" : "X\n");
	return 0;
}

static int store_group_enable(char *text, void *obj)
{
	bool on;
	int error = parse_enable(text, &on);

	return error ? error : for_each_event(obj, enable_one, &on);
}

static int show_event_enable(struct seq_file *m, void *obj)
{
	seq_printf(m, "%d\n", event_enabled((event_handle)obj));
	return 0;
}

static int store_event_enable(char *text, void *obj)
{
	bool on;
	int error = parse_enable(text, &on);

	return error ? error : event_enable((event_handle)obj, on);
}

/* ---------------------------------------------------------------- filter */

static int show_event_filter(struct seq_file *m, void *obj)
{
	const char *text = event_filter_text((event_handle)obj);

	seq_printf(m, "%s\n", text ? text : "none");
	return 0;
}

static int store_event_filter(char *text, void *obj)
{
	struct trace_filter *gone = NULL;
	int error = event_set_filter((event_handle)obj, text, &gone);

	event_free_filters(gone);
	return error;
}

static int show_group_filter(struct seq_file *m, void *obj)
{
	seq_puts(m, "### global filter ###\n"
		    "# Use this to set filters for multiple events.\n"
		    "# Only events with the given fields will be affected.\n"
		    "# If no events are modified, an error message will be displayed here\n");
	return 0;
}

struct group_filter { const char *text; struct trace_filter *gone; };

static int filter_one(event_handle e, void *arg)
{
	struct group_filter *f = arg;
	int error = event_set_filter(e, f->text, &f->gone);

	return error == -ENOMEM ? error : 0;
}

/* Those events get it that have its fields; the others' filter says what is wrong with it. */
static int store_group_filter(char *text, void *obj)
{
	struct group_filter f = { .text = text };
	int error = for_each_event(obj, filter_one, &f);

	event_free_filters(f.gone);
	return error;
}

/* ---------------------------------------------------------------- format, id, headers */

static int show_format(struct seq_file *m, void *obj)
{
	event_show_format(m, (event_handle)obj);
	return 0;
}

static int show_id(struct seq_file *m, void *obj)
{
	seq_printf(m, "%u\n", event_id((event_handle)obj));
	return 0;
}

/* How trace_pipe_raw's pages begin: trace/trace_pipe_raw.c makes them so. */
static int show_header_page(struct seq_file *m, void *obj)
{
	seq_puts(m, "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n");
	return 0;
}

static int show_header_event(struct seq_file *m, void *obj)
{
	seq_puts(m, "# compressed entry header\n"
		    "\ttype_len    :    5 bits\n"
		    "\ttime_delta  :   27 bits\n"
		    "\tarray       :   32 bits\n"
		    "\n"
		    "\tpadding     : type == 29\n"
		    "\ttime_extend : type == 30\n"
		    "\ttime_stamp : type == 31\n"
		    "\tdata max type_len  == 28\n");
	return 0;
}

/* ---------------------------------------------------------------- the tree */

static const struct kernfs_entry ftrace_event_files[] = {
	TRACE_FILE("format", 0440, .show = show_format),
	TRACE_FILE("id", 0440, .show = show_id),
	{ }
};
static const struct kernfs_entry event_files[] = {
	TRACE_FILE("enable", 0640, .show = show_event_enable, .store = store_event_enable),
	TRACE_FILE("filter", 0640, .show = show_event_filter, .store = store_event_filter),
	TRACE_FILE("format", 0440, .show = show_format),
	TRACE_FILE("id", 0440, .show = show_id),
	{ }
};
static const struct kernfs_dir ftrace_event_dir = { .table = ftrace_event_files };
static const struct kernfs_dir event_dir = { .table = event_files };

static void fill_event(event_handle e, struct kernfs_entry *entry)
{
	static_assert(sizeof(entry->buf) >= 40, "sys_enter_ and the longest call's name");
	char buf[EVENT_NAME_LEN];

	strscpy(entry->buf, event_name(e, buf), sizeof(entry->buf));
	entry->name = entry->buf;
	entry->mode = 0750;
	entry->dir = event_can_enable(e) ? &event_dir : &ftrace_event_dir;
	entry->data = (void *)e;
}

static bool group_entry(void *group, unsigned int n, struct kernfs_entry *entry)
{
	event_handle e = event_nth(group, n);

	if (e)
		fill_event(e, entry);
	return e != 0;
}

static bool group_find(void *group, const char *name, struct kernfs_entry *entry, unsigned int *n)
{
	event_handle e = event_find(group, name, n);

	if (e)
		fill_event(e, entry);
	return e != 0;
}

static const struct kernfs_entry group_files[] = {
	TRACE_FILE("enable", 0640, .show = show_group_enable, .store = store_group_enable),
	TRACE_FILE("filter", 0640, .show = show_group_filter, .store = store_group_filter),
	{ }
};
static const struct kernfs_dir group_dir = {
	.table = group_files, .entry = group_entry, .find = group_find,
};
static const struct kernfs_dir ftrace_group_dir = { .entry = group_entry, .find = group_find };

static bool events_entry(void *data, unsigned int n, struct kernfs_entry *entry)
{
	const char *group = event_nth_group(n);

	if (!group)
		return false;
	entry->name = group;
	entry->mode = 0750;
	entry->dir = strcmp(group, "ftrace") ? &group_dir : &ftrace_group_dir;
	entry->data = (void *)group;
	return true;
}

static const struct kernfs_entry events_files[] = {
	TRACE_FILE("enable", 0640, .show = show_group_enable, .store = store_group_enable),
	TRACE_FILE("header_page", 0440, .show = show_header_page),
	TRACE_FILE("header_event", 0440, .show = show_header_event),
	{ }
};
static const struct kernfs_dir events_dir = { .table = events_files, .entry = events_entry };
static const struct kernfs_entry files[] = { { "events", 0750, .dir = &events_dir }, { } };
static struct kernfs_table table = { .files = files };

static int __init event_files_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(event_files_init);
