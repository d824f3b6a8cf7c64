/* SPDX-License-Identifier: MIT */
/*
 * Tracing from the command line, for what happens before anybody can write to a control file:
 *
 *	trace_event=sched:sched_switch,signal,glass	GROUP:EVENT, GROUP, EVENT, or syscalls
 *	trace_buf_size=4M				a CPU's ring
 *
 * Both are Linux's (kernel/trace/trace_events.c). Initcalls turn events on: what comes before,
 * drivers and the scheduler's first steps, is not told.
 */
#include <vitrix/init.h>
#include <vitrix/kstrtox.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include "internal.h"

static const char *boot_events __initdata;
static unsigned long boot_kb __initdata;

static int __init trace_event_setup(const char *value)
{
	boot_events = value;
	return 0;
}
__setup("trace_event=", trace_event_setup);

static int __init trace_buf_size_setup(const char *value)
{
	char *end;
	u64 bytes = memparse(value, &end);

	if (*end || bytes < 1024)
		return -EINVAL;
	boot_kb = bytes / 1024;
	return 0;
}
__setup("trace_buf_size=", trace_buf_size_setup);

static bool __init is_meant(const struct trace_event *event, const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);
	size_t group = colon ? colon - word : len;

	if (colon)
		return strlen(event->group) == group && !memcmp(event->group, word, group) &&
		       strlen(event->name) == len - group - 1 &&
		       !memcmp(event->name, colon + 1, len - group - 1);
	return (strlen(event->group) == len && !memcmp(event->group, word, len)) ||
	       (strlen(event->name) == len && !memcmp(event->name, word, len));
}

static void __init enable_word(const char *word, size_t len)
{
	unsigned int nr = 0;
	int err = 0;

	if (len == strlen("syscalls") && !memcmp(word, "syscalls", len))
		for (; nr < NR_syscalls && !err; nr++)
			err = trace_syscall_enable(nr, false, true) ?:
			      trace_syscall_enable(nr, true, true);
	for (int i = 0; i < NR_TRACE_EVENTS && !err; i++) {
		if (!is_meant(trace_events[i], word, len) ||
		    !strcmp(trace_events[i]->group, "ftrace"))
			continue;
		err = trace_event_enable(trace_events[i], true);
		nr++;
	}
	if (err || !nr)
		pr_warn("trace_event: %.*s: %s\n", (int)len, word,
			err ? "no memory for the rings" : "no such event");
}

static int __init trace_boot_init(void)
{
	const char *at = boot_events;

	if (boot_kb && trace_ring_resize(boot_kb))
		pr_warn("trace_buf_size: %lu KiB are not to be had\n", boot_kb);
	if (!at)
		return 0;
	mutex_lock(&trace_types_lock);
	while (*at) {
		size_t len = strcspn(at, ",");

		if (len)
			enable_word(at, len);
		at += len + (at[len] == ',');
	}
	mutex_unlock(&trace_types_lock);
	return 0;
}
device_initcall(trace_boot_init);
