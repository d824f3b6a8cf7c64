/* SPDX-License-Identifier: MIT */
/*
 * set_event and available_events: events by name, one or many at once.
 *
 *	GROUP:NAME   GROUP:*   GROUP:   *:NAME   NAME   GROUP     globs in both parts
 *	!...         switches off
 *
 * Opening set_event with O_TRUNC switches all off. A word that names nothing is -EINVAL, and those
 * before it are done. Linux's twin: kernel/trace/trace_events.c.
 */
#include <vitrix/glob.h>
#include "event_names.h"

struct event_pattern {
	const char *group, *name;	/* NULL: any */
	const char *either;		/* a word alone: the group's name or the event's */
	bool on;
	unsigned int found;
};

static bool matches(const struct event_pattern *p, event_handle e)
{
	char buf[EVENT_NAME_LEN];
	const char *name = event_name(e, buf), *group = event_group(e);

	if (p->either)
		return glob_match(p->either, name) || glob_match(p->either, group);
	return (!p->group || glob_match(p->group, group)) &&
	       (!p->name || glob_match(p->name, name));
}

static int set_matching(event_handle e, void *arg)
{
	struct event_pattern *p = arg;

	if (!matches(p, e))
		return 0;
	p->found++;
	return event_enable(e, p->on);
}

static int set_events(char *word)
{
	struct event_pattern p = { .on = *word != '!' };
	char *name = word + !p.on, *group;
	int error;

	if (strchr(name, ':')) {
		group = strsep(&name, ":");
		p.group = *group ? group : NULL;
		p.name = *name ? name : NULL;
	} else {
		p.either = name;
	}
	error = for_each_event(NULL, set_matching, &p);
	return error ? error : p.found ? 0 : -EINVAL;
}

static int store_set_event(char *text, void *obj)
{
	char *word;
	int error = 0;

	while (!error && (word = strsep(&text, " \t\n")))
		if (*word)
			error = set_events(word);
	return error;
}

static int clear_one(event_handle e, void *arg)
{
	return event_enable(e, false);
}

static int clear_set_event(void *obj)
{
	return for_each_event(NULL, clear_one, NULL);
}

static int list_enabled(event_handle e, void *m)
{
	char buf[EVENT_NAME_LEN];

	if (event_enabled(e))
		seq_printf(m, "%s:%s\n", event_group(e), event_name(e, buf));
	return 0;
}

static int list_all(event_handle e, void *m)
{
	char buf[EVENT_NAME_LEN];

	seq_printf(m, "%s:%s\n", event_group(e), event_name(e, buf));
	return 0;
}

static int show_set_event(struct seq_file *m, void *obj)
{
	return for_each_event(NULL, list_enabled, m);
}

static int show_available(struct seq_file *m, void *obj)
{
	return for_each_event(NULL, list_all, m);
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("set_event", 0640, .show = show_set_event, .store = store_set_event,
		   .truncate = clear_set_event),
	TRACE_FILE("available_events", 0440, .show = show_available),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init event_set_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(event_set_init);
