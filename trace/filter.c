/* SPDX-License-Identifier: MIT */
/*
 * Filters of events: run for each event that has one, set through events/.../filter.
 *
 * A filter is a list in postfix order; the results of comparisons are bits on a stack, which is one
 * word, as no filter has more than 64 operations. It is run by the emitter, with preemption off;
 * whoever changes it (trace_types_lock) frees the old one after a grace period.
 * Linux's twin: kernel/trace/trace_events_filter.c, which jumps instead.
 */
#include <vitrix/glob.h>
#include <vitrix/percpu.h>
#include <vitrix/rcu.h>
#include "filter.h"

/* Of the events that stand in no table: syscall_event() - 1 is the index. trace_types_lock, RCU */
static struct trace_filter *syscall_filters[2 * NR_syscalls];

/* ---------------------------------------------------------------- one comparison */

static u64 load_field(const struct filter_op *op, const void *entry)
{
	const void *p = entry + op->offset;
	bool sign = op->kind == FILTER_INT;

	switch (op->size) {
	case 1: return sign ? (u64)*(const s8 *)p : *(const u8 *)p;
	case 2: return sign ? (u64)*(const s16 *)p : *(const u16 *)p;
	case 4: return sign ? (u64)*(const s32 *)p : *(const u32 *)p;
	default: return *(const u64 *)p;
	}
}

static bool compare(const struct filter_op *op, u64 field)
{
	bool less = op->kind == FILTER_INT ? (s64)field < (s64)op->value : field < op->value;

	switch (op->cmp) {
	case CMP_EQ: return field == op->value;
	case CMP_NE: return field != op->value;
	case CMP_LT: return less;
	case CMP_LE: return less || field == op->value;
	case CMP_GT: return !less && field != op->value;
	case CMP_GE: return !less;
	case CMP_AND: return field & op->value;
	}
	return false;
}

static bool compare_string(const struct filter_op *op, const char *field, size_t size)
{
	char text[TASK_COMM_LEN * 16];

	/* May lack its NUL, if the task is changing it. */
	strscpy(text, field, min(size, sizeof(text)));
	if (op->cmp == CMP_GLOB)
		return glob_match(op->string, text);
	return !strcmp(text, op->string) == (op->cmp == CMP_EQ);
}

static bool run_op(const struct filter_op *op, const void *entry)
{
	u32 loc;

	switch (op->kind) {
	case FILTER_STRING:
		return compare_string(op, entry + op->offset, op->size);
	case FILTER_DYN_STRING:
		loc = *(const u32 *)(entry + op->offset);
		return compare_string(op, entry + (loc & 0xffff), loc >> 16);
	case FILTER_COMM:
		return compare_string(op, current->comm, TASK_COMM_LEN);
	case FILTER_CPU:
		return compare(op, smp_processor_id());
	default:
		return compare(op, load_field(op, entry));
	}
}

bool trace_filter_match(const struct trace_filter *filter, const void *entry)
{
	u64 stack = 0, top;

	if (!filter->nr)	/* it was wrong, and stays for its error to be read */
		return true;
	for (unsigned int i = 0; i < filter->nr; i++) {
		const struct filter_op *op = &filter->ops[i];

		if (op->kind == FILTER_NOT) {
			stack ^= 1;
			continue;
		}
		if (op->kind != FILTER_AND && op->kind != FILTER_OR) {
			stack = stack << 1 | run_op(op, entry);
			continue;
		}
		top = stack & 1;
		stack >>= 1;
		if (op->kind == FILTER_AND)
			stack &= top | ~1ULL;
		else
			stack |= top;
	}
	return stack & 1;
}

/* The event of a system call: no struct trace_event has its filter. */
bool trace_syscall_filter_match(unsigned int id, const void *entry)
{
	const struct trace_filter *filter = READ_ONCE(syscall_filters[id - EVENT_FIRST_SYSCALL]);

	return likely(!filter) || trace_filter_match(filter, entry);
}

/* ---------------------------------------------------------------- setting */

static struct trace_filter **filter_of(event_handle e)
{
	return is_syscall_event(e) ? &syscall_filters[e - 1] : &table_event(e)->filter;
}

const char *event_filter_text(event_handle e)
{
	struct trace_filter *filter = *filter_of(e);

	return filter ? filter->text : NULL;
}

static void free_filter(struct trace_filter *filter)
{
	if (!filter)
		return;
	kfree(filter->text);
	kfree(filter->strings);
	kvfree(filter);
}

/* "TEXT\n    ^\nparse_error: what\n" */
static char *error_text(const char *text, const struct filter_error *where)
{
	return kasprintf(GFP_KERNEL, "%s\n%*s^\nparse_error: %s\n", text, (int)where->at, "",
			 where->what);
}

static int fill_filter(struct trace_filter *filter, event_handle e, const char *text)
{
	struct filter_error where = { };
	int error = -ENOMEM;

	filter->strings = kstrdup(text, GFP_KERNEL);
	if (filter->strings)
		error = filter_parse(filter, e, &where);
	if (error == -ENOMEM)
		return error;
	if (error)
		filter->nr = 0;
	filter->text = error ? error_text(text, &where) : kstrdup(text, GFP_KERNEL);
	return filter->text ? error : -ENOMEM;
}

void event_free_filters(struct trace_filter *old)
{
	struct trace_filter *next;

	if (old)
		synchronize_rcu();
	for (; old; old = next) {
		next = old->next;
		free_filter(old);
	}
}

/*
 * "0": none. A filter that is wrong is none, too, but its text tells what is wrong. The old one
 * goes to the list *gone; it stays only if there is no memory.
 */
int event_set_filter(event_handle e, const char *text, struct trace_filter **gone)
{
	struct trace_filter **where = filter_of(e), *old = *where, *fresh = NULL;
	int error = 0;

	if (strcmp(text, "0")) {
		fresh = kvmalloc(sizeof(*fresh), GFP_KERNEL | __GFP_ZERO);
		error = fresh ? fill_filter(fresh, e, text) : -ENOMEM;
		if (error == -ENOMEM) {
			free_filter(fresh);
			return error;
		}
	}
	WRITE_ONCE(*where, fresh);
	if (old) {
		old->next = *gone;
		*gone = old;
	}
	return error;
}
