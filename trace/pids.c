/* SPDX-License-Identifier: MIT */
/*
 * set_event_pid: whose events are told. Numbers are added; opening with O_TRUNC empties the list,
 * and an empty list means everybody. A task that ends leaves it. trace/events.c keeps it, as flags
 * of the tasks themselves: the number of a task that is not there yet is accepted and means nobody.
 * Linux's twin: kernel/trace/trace_pid.c, which keeps a bitmap.
 */
#include <vitrix/pid.h>
#include "control.h"

int trace_store_pids(char *text, int (*add)(pid_t pid))
{
	char *word;

	while ((word = strsep(&text, " \t\n"))) {
		unsigned long pid;
		int error;

		if (!*word)
			continue;
		if (kstrtoul(word, 0, &pid) || pid > pid_max)
			return -EINVAL;
		error = add(pid);
		if (error)
			return error;
	}
	return 0;
}

/* Those whose trace_flags have the bit. */
void trace_show_pids(struct seq_file *m, u8 flag)
{
	struct task_struct *p, *t;

	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			if (t->trace_flags & flag)
				seq_printf(m, "%d\n", t->pid);
	spin_unlock_irq(&tasklist_lock);
}

static int add_event_pid(pid_t pid)
{
	int error = trace_event_pid_add(pid);

	if (error != -ESRCH)
		return error;
	trace_events_pid_filter = true;
	return 0;
}

static int show_event_pid(struct seq_file *m, void *obj)
{
	trace_show_pids(m, TRACE_TASK_EVENTS);
	return 0;
}

static int store_event_pid(char *text, void *obj)
{
	return trace_store_pids(text, add_event_pid);
}

static int clear_event_pid(void *obj)
{
	trace_event_pid_clear();
	return 0;
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("set_event_pid", 0640, .show = show_event_pid, .store = store_event_pid,
		   .truncate = clear_event_pid),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_pids_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_pids_init);
