/* SPDX-License-Identifier: MIT */
/*
 * From records to what happened: keeps the tasks and their system calls up to date, and tells the
 * sinks. A call's arguments are complete when the next event of its task comes that is no sys_data;
 * CALL_BEGIN is told then, with the time of sys_enter.
 *
 * Only tasks that are followed are known here: the first, and with -f its descendants. Others appear
 * in switches and wake-ups, by their pid alone.
 */
#include "walk.h"

#include <linux/sched.h>
#include <string.h>

uint64_t events_seen, events_lost, last_ns, first_ns, names_matched;
pid_t first_pid;

static void tell(const struct event *e)
{
	if (!first_ns)
		first_ns = e->ns;
	last_ns = e->ns;
	if (opt.lines)
		lines_sink.event(e);
	else if (out)
		story_sink.event(e);
	if (opt.json)
		json_sink.event(e);
}

static void begin_call(struct task *t, int cpu)
{
	struct event e = { .ns = t->call_ns, .cpu = cpu, .type = CALL_BEGIN, .task = t };

	if (!t->in_call || t->call_told)
		return;
	t->call_told = true;
	names_matched += name_wanted(&t->call);
	tell(&e);
}

/* The flags of the clone that the parent is in: what parent and child share. */
static unsigned long clone_flags(struct task *parent)
{
	const struct call_desc *d = parent->in_call ? call_desc(&parent->call) : NULL;
	uint64_t flags = 0;

	if (!d)
		return 0;
	if (!strcmp(d->abi, "clone"))
		return parent->call.args[0];
	if (!strcmp(d->abi, "vfork"))
		return CLONE_VM | CLONE_VFORK;
	if (!strcmp(d->abi, "clone3"))
		parent->mem.peek(&parent->mem, parent->call.args[0], sizeof flags, PHASE_ENTER,
				 &flags);
	return flags;
}

static void forked(struct task *parent, const struct trace_raw_sched_process_fork *f)
{
	struct task *child;
	unsigned long flags;

	if (!parent || !opt.follow)
		return;
	child = task_get(f->child_pid);
	flags = clone_flags(parent);
	child->parent = parent->pid;
	child->tgid = flags & CLONE_THREAD ? parent->tgid : child->pid;
	memcpy(child->comm, parent->comm, sizeof child->comm);
	space_put(child->space);
	child->space = flags & CLONE_VM ? space_get(parent->space) : space_new(parent->space);
	child->forked = true;
}

static void new_image(struct event *e)
{
	const struct trace_raw_new_image *n = e->data;
	struct task *t = e->task;
	struct space *old = t->space;
	const char *file = record_string(e, n->__data_loc_filename), *base = strrchr(file, '/');

	t->space = space_new(old);
	space_put(old);
	space_exec(t->space, file, n->load_bias, n->entry);
	snprintf(t->comm, sizeof t->comm, "%s", base ? base + 1 : file);
}

static bool is_exec(const struct call *c)
{
	const struct call_desc *d = call_desc(c);

	return d && (!strcmp(d->abi, "execve") || !strcmp(d->abi, "execveat"));
}

/* The way in of the execve that begins the program: it is told once the execve is known to be one. */
static struct {
	struct record rec;
	struct trace_raw_user_enter data;
} first_enter;

static void end_call(struct event *e)
{
	const struct trace_raw_sys_exit *x = e->data;
	struct task *t = e->task;

	/* execve and rt_sigreturn leave no number behind */
	if (t->in_call && (t->call.nr == x->id || x->id == -1)) {
		t->call.ret = x->ret;
		t->call.done = true;
	} else if (!t->in_call) {
		/* the second return of a fork */
		t->call = (struct call){ .nr = x->id, .ret = x->ret, .mem = &t->mem,
					 .limit = opt.limit, .compat = t->compat };
	}
	tell(e);
	if (t->in_call)
		space_call(t->space, &t->call);
	/* the program did not begin: what our child does then is no part of the story */
	if (t->pid == first_pid && !t->exec_done && is_exec(&t->call)) {
		t->exec_done = x->ret == 0;
		t->wants_exec = !t->exec_done;
		first_enter.rec.stamp = 0;
	}
	task_clear_call(t);
}

static bool never_returns(const struct call *c)
{
	const struct call_desc *d = call_desc(c);

	return d && (!strcmp(d->abi, "exit") || !strcmp(d->abi, "exit_group"));
}

static void keep_enter(const struct event *e)
{
	if (e->len < sizeof first_enter.data)
		return;
	first_enter.rec = *e->rec;
	memcpy(&first_enter.data, e->data, sizeof first_enter.data);
}

static void note_enter(struct task *t, const struct trace_raw_user_enter *u)
{
	t->enter_how = u->how;
	if (u->how <= 3)
		t->compat = is_compat(u);
}

static void tell_first_enter(struct task *t, int cpu)
{
	struct event e = { .ns = first_enter.rec.stamp >> 8, .cpu = cpu, .type = EVENT_user_enter,
			   .rec = &first_enter.rec, .data = &first_enter.data,
			   .len = sizeof first_enter.data, .task = t };

	if (!first_enter.rec.stamp)
		return;
	note_enter(t, &first_enter.data);
	events_seen++;
	tell(&e);
}

static void start_call(struct event *e)
{
	struct task *t = e->task;

	task_start_call(t, e->data, e->ns);
	t->call.compat = t->compat;
	t->call.never = never_returns(&t->call);
	if (t->wants_exec && is_exec(&t->call)) {
		t->wants_exec = false;
		tell_first_enter(t, e->cpu);
	}
}

/* What a record says of the tasks, before (true) the sinks hear of it: false: they need not. */
static bool before(struct event *e)
{
	struct task *t = e->task;

	switch (e->type) {
	case EVENT_sys_enter:
		start_call(e);
		return false;	/* CALL_BEGIN will tell */
	case EVENT_sys_data:
		if (t->in_call)
			task_add_data(t, e->data, e->len);
		return false;
	case EVENT_user_enter:
		note_enter(t, e->data);
		return true;
	case EVENT_task_end:
		t->ending = true;
		t->exit_code = ((const struct trace_raw_task_end *)e->data)->code;
		return true;
	case EVENT_new_image:
		new_image(e);
		return true;
	default:
		return true;
	}
}

static size_t least_size(unsigned int type)
{
	switch (type) {
#define SIZE(name) case EVENT_##name: return sizeof(struct trace_raw_##name)
	SIZE(funcgraph_entry); SIZE(funcgraph_exit); SIZE(user_enter); SIZE(user_exit);
	SIZE(sys_data); SIZE(context_switch); SIZE(fault); SIZE(stack_growth); SIZE(new_image);
	SIZE(signal_info); SIZE(task_end); SIZE(sys_enter); SIZE(sys_exit); SIZE(sched_wakeup);
	SIZE(sched_wakeup_new); SIZE(sched_migrate_task); SIZE(sched_process_fork);
	SIZE(sched_process_exec); SIZE(sched_process_exit); SIZE(irq_handler_entry);
	SIZE(irq_handler_exit); SIZE(local_timer_entry); SIZE(local_timer_exit);
	SIZE(signal_generate); SIZE(signal_deliver); SIZE(hrtimer_start); SIZE(hrtimer_cancel);
	SIZE(hrtimer_expire_entry); SIZE(hrtimer_expire_exit); SIZE(mm_page_alloc);
	SIZE(mm_page_free);
#undef SIZE
	default: return 0;
	}
}

/* Does it concern a task that we follow? Of a switch also the one that gets the CPU counts. */
static bool followed(const struct event *e, pid_t *other)
{
	if (e->task)
		return true;
	switch (e->type) {
	case EVENT_context_switch:
		*other = ((const struct trace_raw_context_switch *)e->data)->next_pid;
		break;
	case EVENT_sched_wakeup: case EVENT_sched_wakeup_new:
		*other = ((const struct trace_raw_sched_wakeup *)e->data)->pid;
		break;
	case EVENT_sched_migrate_task:
		*other = ((const struct trace_raw_sched_migrate_task *)e->data)->pid;
		break;
	case EVENT_signal_generate:
		*other = ((const struct trace_raw_signal_generate *)e->data)->pid;
		break;
	case EVENT_signal_info:
		*other = ((const struct trace_raw_signal_info *)e->data)->pid;
		break;
	default:
		return false;
	}
	struct task *t = task_find(*other);

	return t && !t->wants_exec;
}

void dispatch(const struct record *r, int cpu)
{
	struct event e = { .ns = r->stamp >> 8, .cpu = cpu, .type = r->type, .rec = r,
			   .data = r->data };
	pid_t other = 0;

	e.len = (r->stamp & 0xff) * SLOT_SIZE - sizeof *r;
	if (e.type == EVENT_LOST) {
		dispatch_lost(*(const uint64_t *)r->data, e.ns, cpu);
		return;
	}
	if (!e.type || e.len < least_size(e.type))
		return;
	e.task = task_find(e.type == EVENT_context_switch ?
			   ((const struct trace_raw_context_switch *)e.data)->prev_pid : r->pid);
	if (!followed(&e, &other))
		return;
	if (e.task && e.task->wants_exec && e.type == EVENT_user_enter)
		keep_enter(&e);
	if (e.task && e.task->wants_exec && e.type != EVENT_sys_enter)
		return;
	if (e.task && e.type != EVENT_sys_data)
		begin_call(e.task, cpu);
	if (e.task && !before(&e))
		return;
	if (e.task && e.task->wants_exec)
		return;
	events_seen++;
	if (e.type == EVENT_sched_process_fork)
		forked(e.task, e.data);
	if (e.type == EVENT_sys_exit)
		end_call(&e);
	else
		tell(&e);
	if (e.task && e.task->ending && (e.type == EVENT_context_switch || e.type == EVENT_task_end) &&
	    (e.type == EVENT_context_switch || !(opt.show & SHOW_SCHED)))
		task_forget(e.task);
}

void dispatch_lost(uint64_t count, uint64_t ns, int cpu)
{
	events_lost += count;
	if (opt.lines)
		lines_sink.lost(count, ns, cpu);
	else if (out)
		story_sink.lost(count, ns, cpu);
	if (opt.json)
		json_sink.lost(count, ns, cpu);
}

static void flush_call(struct task *t)
{
	if (!t->wants_exec)
		begin_call(t, 0);
}

void dispatch_end(const char *status, uint64_t lost)
{
	task_each(flush_call);
	if (opt.lines)
		lines_sink.end(status, lost);
	else if (out)
		story_sink.end(status, lost);
	if (opt.json)
		json_sink.end(status, lost);
}
