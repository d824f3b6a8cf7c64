/* SPDX-License-Identifier: MIT */
/*
 * Names, numbers, fields and texts of all events (event_names.h). Those of system calls are made
 * from syscalls_metadata when somebody asks: Linux keeps a structure for each.
 *
 *	syscalls/sys_enter_read    id EVENT_FIRST_SYSCALL + 2 * nr
 *	  offset 8   int __syscall_nr
 *	  offset 16  unsigned int fd        each argument in eight bytes, named as the C function's
 *
 * No locks but what event_enable() says. Linux's twins: kernel/trace/trace_events.c,
 * trace_syscalls.c, trace_output.c.
 */
#include <vitrix/sort.h>
#include <vitrix/trace_syscall.h>
#include "event_names.h"

static const char syscalls_group[] = "syscalls";

/* The numbers that somebody serves: ascending, and in the order of their names. */
static u16 served[NR_syscalls], by_name[NR_syscalls];
static unsigned int nr_served;

/* The table's events, those of a group together. All of these are made at boot. */
#define MAX_GROUPS 32
static struct { const char *name; unsigned int first, nr; } groups[MAX_GROUPS];
static struct trace_event *grouped[NR_TRACE_EVENTS];
static unsigned int nr_groups;

const char *event_group(event_handle e)
{
	return is_syscall_event(e) ? syscalls_group : table_event(e)->group;
}

const char *event_name(event_handle e, char buf[EVENT_NAME_LEN])
{
	if (!is_syscall_event(e))
		return table_event(e)->name;
	snprintf(buf, EVENT_NAME_LEN, "sys_%s_%s", syscall_event_exit(e) ? "exit" : "enter",
		 syscalls_metadata[syscall_event_nr(e)].name);
	return buf;
}

unsigned int event_id(event_handle e)
{
	return is_syscall_event(e) ? EVENT_FIRST_SYSCALL + e - 1 : table_event(e)->id;
}

bool event_enabled(event_handle e)
{
	return is_syscall_event(e) ?
	       trace_syscall_enabled(syscall_event_nr(e), syscall_event_exit(e)) :
	       table_event(e)->enabled;
}

bool event_can_enable(event_handle e)
{
	return strcmp(event_group(e), "ftrace") != 0;
}

int event_enable(event_handle e, bool on)
{
	if (is_syscall_event(e))
		return trace_syscall_enable(syscall_event_nr(e), syscall_event_exit(e), on);
	return trace_event_enable(table_event(e), on);
}

/* ---------------------------------------------------------------- which there are */

const char *event_nth_group(unsigned int n)
{
	return n < nr_groups ? groups[n].name : n == nr_groups ? syscalls_group : NULL;
}

event_handle event_nth(const char *group, unsigned int n)
{
	if (group == syscalls_group)
		return n < 2 * nr_served ? syscall_event(served[n / 2], n % 2) : 0;
	for (unsigned int g = 0; g < nr_groups; g++)
		if (groups[g].name == group)
			return n < groups[g].nr ? (event_handle)grouped[groups[g].first + n] : 0;
	return 0;
}

static event_handle find_syscall(const char *name, unsigned int *n)
{
	bool exit = !strncmp(name, "sys_exit_", 9);
	unsigned int low = 0, high = nr_served;

	if (!exit && strncmp(name, "sys_enter_", 10))
		return 0;
	name += exit ? 9 : 10;
	while (low < high) {
		unsigned int mid = (low + high) / 2, i = by_name[mid];
		int diff = strcmp(name, syscalls_metadata[served[i]].name);

		if (!diff) {
			*n = 2 * i + exit;
			return syscall_event(served[i], exit);
		}
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

event_handle event_find(const char *group, const char *name, unsigned int *n)
{
	char buf[EVENT_NAME_LEN];
	event_handle e;

	if (group == syscalls_group)
		return find_syscall(name, n);
	for (*n = 0; (e = event_nth(group, *n)); ++*n)
		if (!strcmp(event_name(e, buf), name))
			return e;
	return 0;
}

int for_each_event(const char *only, int (*fn)(event_handle e, void *arg), void *arg)
{
	const char *group;
	event_handle e;
	int error;

	for (unsigned int i = 0; (group = event_nth_group(i)); i++) {
		if (only && strcmp(only, group))
			continue;
		for (unsigned int n = 0; (e = event_nth(group, n)); n++) {
			error = event_can_enable(e) ? fn(e, arg) : 0;
			if (error)
				return error;
		}
	}
	return 0;
}

/* ---------------------------------------------------------------- fields */

/* "const char *filename": where the name begins. */
static const char *decl_name(const char *decl)
{
	const char *p = decl + strlen(decl);

	while (p > decl && p[-1] != ' ' && p[-1] != '*')
		p--;
	return p;
}

static bool syscall_field(event_handle e, unsigned int n, struct trace_field *field, char buf[64])
{
	const struct syscall_metadata *meta = &syscalls_metadata[syscall_event_nr(e)];
	const char *decl, *name;
	size_t len;

	*field = (struct trace_field){ .type = "int", .name = "__syscall_nr", .offset = 8,
				       .size = 4, .is_signed = true };
	if (n == 0)
		return true;
	field->offset = 8 + 8 * n;
	field->size = 8;
	if (syscall_event_exit(e)) {
		field->type = "long";
		field->name = "ret";
		return n == 1;
	}
	if (n > meta->nr_args)
		return false;
	decl = meta->args[n - 1].decl;
	name = decl_name(decl);
	len = min((size_t)(name - decl), (size_t)63);
	memcpy(buf, decl, len);
	while (len && buf[len - 1] == ' ')
		len--;
	buf[len] = '\0';
	field->type = buf;
	field->name = name;
	field->is_signed = false;
	return true;
}

bool event_field(event_handle e, unsigned int n, struct trace_field *field, char buf[64])
{
	if (is_syscall_event(e))
		return syscall_field(e, n, field, buf);
	if (n >= table_event(e)->nr_fields)
		return false;
	*field = table_event(e)->fields[n];
	return true;
}

/* ---------------------------------------------------------------- format */

const struct trace_field event_common_fields[NR_COMMON_FIELDS] = {
	{ "unsigned short", "common_type", 0, 2, false },
	{ "unsigned char", "common_flags", 2, 1, false },
	{ "unsigned char", "common_preempt_count", 3, 1, false },
	{ "int", "common_pid", 4, 4, true },
};

static void show_field(struct seq_file *m, const struct trace_field *f)
{
	seq_printf(m, "\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", f->type, f->name,
		   f->offset, f->size, f->is_signed);
}

static void show_syscall_print_fmt(struct seq_file *m, event_handle e)
{
	struct trace_field f;
	char buf[64];

	if (syscall_event_exit(e)) {
		seq_puts(m, "\"0x%lx\", REC->ret");
		return;
	}
	seq_putc(m, '"');
	for (unsigned int n = 1; event_field(e, n, &f, buf); n++)
		seq_printf(m, "%s%s: 0x%%08lx", n > 1 ? ", " : "", f.name);
	seq_putc(m, '"');
	for (unsigned int n = 1; event_field(e, n, &f, buf); n++)
		seq_printf(m, ", ((unsigned long)(REC->%s))", f.name);
}

void event_show_format(struct seq_file *m, event_handle e)
{
	char name[EVENT_NAME_LEN], buf[64];
	struct trace_field f;

	seq_printf(m, "name: %s\nID: %u\nformat:\n", event_name(e, name), event_id(e));
	for (int i = 0; i < NR_COMMON_FIELDS; i++)
		show_field(m, &event_common_fields[i]);
	seq_putc(m, '\n');
	for (unsigned int n = 0; event_field(e, n, &f, buf); n++)
		show_field(m, &f);
	seq_puts(m, "\nprint fmt: ");
	if (is_syscall_event(e))
		show_syscall_print_fmt(m, e);
	else
		seq_puts(m, table_event(e)->print_fmt);
	seq_putc(m, '\n');
}

/* ---------------------------------------------------------------- as text */

static void print_syscall(struct trace_seq *s, event_handle e, const unsigned long *data)
{
	const struct syscall_metadata *meta = &syscalls_metadata[syscall_event_nr(e)];

	trace_seq_printf(s, "sys_%s", meta->name);
	if (syscall_event_exit(e)) {
		trace_seq_printf(s, " -> 0x%lx", data[1]);
		return;
	}
	for (int i = 0; i < meta->nr_args; i++)
		trace_seq_printf(s, "%s%s: %lx", i ? ", " : "(", decl_name(meta->args[i].decl),
				 data[1 + i]);
	trace_seq_puts(s, meta->nr_args ? ")" : "()");
}

void trace_print_event(struct trace_seq *s, const struct trace_record *rec)
{
	unsigned int nr = (rec->type - EVENT_FIRST_SYSCALL) / 2;
	const struct trace_event *event;

	if (rec->type >= EVENT_FIRST_SYSCALL && nr < NR_syscalls && syscalls_metadata[nr].name) {
		print_syscall(s, 1 + rec->type - EVENT_FIRST_SYSCALL, (const void *)rec->data);
		return;
	}
	event = trace_event_by_id(rec->type);
	if (!event) {
		trace_seq_printf(s, "Unknown type %u", rec->type);
	} else if (rec->type == EVENT_print) {
		const struct trace_raw_print *p = (const void *)rec->data;

		trace_print_symbol_ip(s, p->ip);
		trace_seq_printf(s, ": %s", p->buf);
	} else {
		trace_seq_printf(s, "%s: ", event->name);
		event->print(s, &rec->type);
	}
}

/* ---------------------------------------------------------------- at boot */

static void __init add_to_group(const char *group)
{
	unsigned int first = nr_groups ? groups[nr_groups - 1].first + groups[nr_groups - 1].nr : 0;
	unsigned int nr = 0;

	for (unsigned int g = 0; g < nr_groups; g++)
		if (!strcmp(groups[g].name, group))
			return;
	ASSERT(nr_groups < MAX_GROUPS);
	for (int i = 0; i < NR_TRACE_EVENTS; i++)
		if (!strcmp(trace_events[i]->group, group))
			grouped[first + nr++] = trace_events[i];
	groups[nr_groups].name = group;
	groups[nr_groups].first = first;
	groups[nr_groups++].nr = nr;
}

static int __init compare_names(const void *a, const void *b)
{
	return strcmp(syscalls_metadata[served[*(const u16 *)a]].name,
		      syscalls_metadata[served[*(const u16 *)b]].name);
}

static int __init event_names_init(void)
{
	for (int i = 0; i < NR_TRACE_EVENTS; i++)
		add_to_group(trace_events[i]->group);
	for (unsigned int nr = 0; nr < NR_syscalls; nr++)
		if (syscalls_metadata[nr].name) {
			by_name[nr_served] = nr_served;
			served[nr_served++] = nr;
		}
	sort(by_name, nr_served, sizeof(by_name[0]), compare_names);
	return 0;
}
device_initcall(event_names_init);
