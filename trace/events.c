/* SPDX-License-Identifier: MIT */
/*
 * Which events are told, and of which tasks. Linux's twin: kernel/trace/trace_events.c.
 *
 *	events/GROUP/NAME/enable -> trace_event_enable ----> the event's static key
 *	                                          \--> system calls: TIF_SYSCALL_TRACEPOINT of tasks
 *	set_event_pid ------> trace_event_pid_add ---> task->trace_flags
 *
 * System calls and crossings cost nothing while off because the entry code looks at a task's work
 * flags anyway: a task that is to be watched has one set, and takes the slow way in and out.
 *
 * Locks: trace_types_lock for everything here. task->trace_flags of another task is written under
 * tasklist_lock; the task itself reads it without.
 */
#include <vitrix/err.h>
#include <vitrix/pid.h>
#include <generated/syscalls.h>
#include "event_helpers.h"
#include "internal.h"

DEFINE_MUTEX(trace_types_lock, LC_TRACE_CONTROL);
bool trace_events_pid_filter, trace_event_fork;

/* Bit nr: events/syscalls/sys_enter_NAME, sys_exit_NAME of that call. */
unsigned long trace_syscall_enter_on[BITS_TO_LONGS(NR_syscalls)];
unsigned long trace_syscall_exit_on[BITS_TO_LONGS(NR_syscalls)];
static unsigned int nr_watch_syscalls;	/* how many reasons for TIF_SYSCALL_TRACEPOINT there are */

struct trace_event *trace_event_by_id(unsigned int id)
{
	for (int i = 0; i < NR_TRACE_EVENTS; i++)
		if (trace_events[i]->id == id)
			return trace_events[i];
	return NULL;
}

struct trace_event *trace_event_by_name(const char *group, const char *name)
{
	for (int i = 0; i < NR_TRACE_EVENTS; i++)
		if (!strcmp(trace_events[i]->group, group) && !strcmp(trace_events[i]->name, name))
			return trace_events[i];
	return NULL;
}

bool __weak trace_filter_match(const struct trace_filter *filter, const void *entry)
{
	return true;
}

void trace_event_commit(struct trace_event *event, void *data)
{
	const struct trace_filter *filter = READ_ONCE(event->filter);

	if (unlikely(filter && !trace_filter_match(filter, data - TRACE_ENTRY_SIZE)))
		trace_discard(data);
	else
		trace_commit(data);
}

/* ---- tasks that take the slow way ---- */

void trace_update_task(struct task_struct *t)
{
	bool watch = nr_watch_syscalls && trace_event_wanted(t);

	if (likely(watch == test_tsk_thread_flag(t, TIF_SYSCALL_TRACEPOINT)))
		return;
	if (watch)
		set_tsk_thread_flag(t, TIF_SYSCALL_TRACEPOINT);
	else
		clear_tsk_thread_flag(t, TIF_SYSCALL_TRACEPOINT);
}

/*
 * trace_types_lock held. A task that is being made has its parent's flag of a moment ago: fork
 * looks again under tasklist_lock, so that it is either found here or sees what has changed.
 */
static void update_tasks(void)
{
	struct task_struct *p, *t;

	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			trace_update_task(t);
	spin_unlock_irq(&tasklist_lock);
}

static void watch_syscalls(bool on)
{
	unsigned int before = nr_watch_syscalls;

	nr_watch_syscalls += on ? 1 : -1;
	if (!before != !nr_watch_syscalls)
		update_tasks();
}

/* ---- on and off ---- */

static bool needs_slow_path(const struct trace_event *event)
{
	switch (event->id) {
	case EVENT_user_enter: case EVENT_user_exit: case EVENT_sys_data:
	case EVENT_sys_enter: case EVENT_sys_exit:
		return true;
	default:
		return false;
	}
}

int trace_event_enable(struct trace_event *event, bool on)
{
	int err;

	if (event->enabled == on)
		return 0;
	if (on) {
		err = trace_ring_alloc();
		if (err)
			return err;
		static_key_inc(event->key);
	} else {
		static_key_dec(event->key);
	}
	event->enabled = on;
	if (needs_slow_path(event))
		watch_syscalls(on);
	return 0;
}

int trace_syscall_enable(unsigned int nr, bool exit, bool on)
{
	unsigned long *bits = exit ? trace_syscall_exit_on : trace_syscall_enter_on;
	int err;

	if (nr >= NR_syscalls)
		return -EINVAL;
	if (test_bit(nr, bits) == on)
		return 0;
	err = on ? trace_ring_alloc() : 0;
	if (err)
		return err;
	if (on)
		set_bit(nr, bits);
	else
		clear_bit(nr, bits);
	watch_syscalls(on);
	return 0;
}

bool trace_syscall_enabled(unsigned int nr, bool exit)
{
	return nr < NR_syscalls &&
	       test_bit(nr, exit ? trace_syscall_exit_on : trace_syscall_enter_on);
}

/* ---- set_event_pid ---- */

int trace_event_pid_add(pid_t pid)
{
	struct task_struct *t;

	spin_lock_irq(&tasklist_lock);
	t = find_task_by_vpid(pid);
	if (t)
		t->trace_flags |= TRACE_TASK_EVENTS;
	spin_unlock_irq(&tasklist_lock);
	if (!t)
		return -ESRCH;
	trace_events_pid_filter = true;
	update_tasks();
	return 0;
}

void trace_event_pid_clear(void)
{
	struct task_struct *p, *t;

	trace_events_pid_filter = false;
	spin_lock_irq(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			t->trace_flags &= ~TRACE_TASK_EVENTS;
	spin_unlock_irq(&tasklist_lock);
	update_tasks();
}

/* ---- text ---- */

/* Room in s->words for n more bytes; what came before stays until the line is printed. */
static char *take_words(struct trace_seq *s, size_t n)
{
	char *word = s->words + s->words_used;

	if (n > sizeof(s->words) - s->words_used)
		return NULL;
	s->words_used += n;
	return word;
}

const char *trace_print_symbol(struct trace_seq *s, unsigned long value,
			       const struct trace_symbol *symbols)
{
	char *word;

	for (; symbols->name; symbols++)
		if (symbols->value == value)
			return symbols->name;
	word = take_words(s, 20);
	if (!word)
		return "?";
	snprintf(word, 20, "0x%lx", value);
	return word;
}

const char *trace_print_flags(struct trace_seq *s, unsigned long value, const char *between,
			      const struct trace_symbol *symbols)
{
	size_t size = 96, len = 0;
	char *word = take_words(s, size);

	if (!word)
		return "?";
	word[0] = '\0';
	for (; symbols->name; symbols++) {
		if (!symbols->value || (value & symbols->value) != symbols->value)
			continue;
		value &= ~symbols->value;
		len += scnprintf(word + len, size - len, "%s%s", len ? between : "",
				 symbols->name);
	}
	if (value)
		scnprintf(word + len, size - len, "%s0x%lx", len ? between : "", value);
	return word;
}
