/* SPDX-License-Identifier: MIT */
/*
 * The story that a student reads from top to bottom. This file decides which event is told and how:
 * the first crossing of each kind in full, later ones on a line. story.h has the picture.
 */
#include "story.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static int crossings, calls, faults, switches, signals;
static bool head_told;

struct scene *scene_of(struct task *t)
{
	if (!t->scene && !(t->scene = calloc(1, sizeof *t->scene)))
		die(1, "out of memory");
	return t->scene;
}

void scene_free(struct task *t)
{
	if (!t->scene)
		return;
	text_free(&t->scene->head);
	text_free(&t->scene->where);
	text_free(&t->scene->below);
	free(t->scene);
	t->scene = NULL;
}

bool first_time(const char *word)
{
	static char *said[128];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(said[i], word))
			return false;
	if (n < 128 && (said[n] = strdup(word)))
		n++;
	return true;
}

double us_since_start(uint64_t ns)
{
	return (ns - first_ns) / 1000.0;
}

/* "[12]   613.1 us  t1/8" */
static void crossing_line(struct task *t, int number, double us)
{
	char tag[16];

	snprintf(tag, sizeof tag, "[%d]", number);
	print(DIM, "%-6s %11.1f us  ", tag, us);
	if (opt.follow || opt.pid || reader_cpus() > 1)
		print(DIM, "%s/%d  ", t->comm, t->pid);
}

/* A call whose beginning was printed before it waited has come to its result. */
static void second_half(struct task *t, double us, const char *how)
{
	crossing_line(t, t->scene->number, us);
	print(USER, "%s", t->scene->head.s);
	print(DIM, "%s\n", how);
	text_clear(&t->scene->head);
}

/* Within a short crossing the lines wait until its own line is known. */
void tell(struct task *t, enum colour c, const char *fmt, ...)
{
	struct scene *s = t ? scene_of(t) : NULL;
	struct text line = {0};
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(&line, fmt, ap);
	va_end(ap);
	if (s && s->begun && s->head.len)
		second_half(t, us_since_start(last_ns), "");
	if (s && s->number && s->shown && !s->full && !s->begun)
		text_addf(&s->below, "%s%s%s", c == PLAIN ? "" : colour(c), line.s,
			  c == PLAIN ? "" : colour(PLAIN));
	else
		print(c, "%s", line.s);
	text_free(&line);
}

static void head(const struct event *e)
{
	struct utsname u;

	head_told = true;
	uname(&u);
	print(BOLD, "walk of");
	for (char **a = opt.argv; a && *a; a++)
		print(BOLD, " %s", *a);
	if (opt.pid)
		print(BOLD, " pid %d", opt.pid);
	print(PLAIN, ": pid %d, kernel %s, %d CPU%s\n", first_pid, u.release, reader_cpus(),
	      reader_cpus() > 1 ? "s" : "");
	if (e->type == EVENT_user_enter) {
		const struct trace_raw_user_enter *r = e->data;

		print(DIM, "%s\n", r->cr3_before != r->cr3_after ?
		      "Page tables: a small one for user mode and one for the kernel (PTI)." :
		      "Page tables: one, for user mode and for the kernel (no PTI).");
	}
	print(DIM, "Times are microseconds since the first event. [N] is the N-th crossing from user "
	      "mode.\n");
}

static void flush_below(struct scene *s)
{
	if (s->below.len)
		fputs(s->below.s, out);
	text_clear(&s->below);
}

/* What a short crossing is about, as far as it is known now. */
static void short_text(struct task *t, struct text *line)
{
	struct scene *s = t->scene;

	if (s->head.len)
		text_add(line, s->head.s);
	else if (t->in_call)
		call_text(line, &t->call);
}

/* Something comes in between that is told at once: the first half goes out. */
static void break_short(struct task *t)
{
	struct scene *s = t ? scene_of(t) : NULL;
	struct text line = {0};

	if (s && s->begun && s->head.len)
		second_half(t, us_since_start(last_ns), "");
	if (!s || !s->number || !s->shown || s->full || s->begun)
		return;
	short_text(t, &line);
	crossing_line(t, s->number, us_since_start(s->ns));
	print(s->head.len ? FAULT : USER, "%s", line.len ? line.s : "system call");
	print(DIM, " ...\n");
	s->begun = true;
	text_clear(&s->head);
	flush_below(s);
	text_free(&line);
}

static enum colour colour_of(const struct task *t)
{
	return t->enter_how <= 3 ? USER : t->enter_how == 4 ? FAULT : CPU;
}

static bool crossing_wanted(struct task *t, const struct trace_raw_user_enter *u)
{
	struct call c = { .nr = (int)u->orig_ax, .compat = is_compat(u) };

	(void)t;
	if (u->how <= 3)
		return (opt.show & (SHOW_SYSCALLS | SHOW_CROSSINGS)) && name_wanted(&c);
	if (opt.name)
		return false;
	if (u->how == 4 && u->vector == 14 && (opt.show & SHOW_FAULTS))
		return true;
	return opt.show & SHOW_CROSSINGS;
}

static void enter(const struct event *e)
{
	const struct trace_raw_user_enter *u = e->data;
	struct task *t = e->task;
	struct scene *s = scene_of(t);
	const char *file;
	char kind[32];

	if (s->number)		/* its way out was lost */
		break_short(t);
	s->number = ++crossings;
	s->ns = e->ns;
	s->begun = false;
	s->handler = false;
	s->func_open = false;
	text_clear(&s->head);
	text_clear(&s->below);
	text_clear(&s->where);
	space_symbol(t->space, u->how <= 3 ? u->ip - 2 : u->ip, &s->where, &file);
	s->shown = crossing_wanted(t, u);
	s->full = false;
	calls += u->how <= 3;
	if (!s->shown)
		return;
	snprintf(kind, sizeof kind, "enter %u %u", u->how, u->how == 5 ? 0 : u->vector);
	s->full = (opt.show & SHOW_CROSSINGS) && (opt.verbose || first_time(kind));
	if (u->how > 3)
		text_addf(&s->head, "%s", vector_name(u->how, u->vector));
	if (!s->full)
		return;
	fputc('\n', out);
	crossing_line(t, s->number, us_since_start(e->ns));
	if (u->how <= 3) {
		struct call c = { .nr = (int)u->orig_ax, .compat = is_compat(u) };

		print(BOLD, "system call %d, %s", (int)u->orig_ax, call_name(&c));
	} else {
		print(BOLD, "%s %u, %s", how_entered(u->how), u->vector,
		      vector_name(u->how, u->vector));
	}
	print(DIM, "   CPU %d, step by step\n", e->cpu);
	story_enter_full(t, u);
}

static void leave(const struct event *e)
{
	const struct trace_raw_user_exit *u = e->data;
	struct task *t = e->task;
	struct scene *s = scene_of(t);
	double took = (e->ns - s->ns) / 1000.0;
	char kind[32];

	story_functions_end(t);
	if (t->forked) {
		t->forked = false;
		s->number = ++crossings;
		s->ns = e->ns;
		s->shown = !opt.name || s->shown;
		s->full = true;
		if (s->shown)
			story_exit_full(t, u);
		s->number = 0;
		return;
	}
	if (!s->number || !s->shown) {
		s->number = 0;
		text_clear(&s->below);
		return;
	}
	snprintf(kind, sizeof kind, "exit %u %u", u->how, u->why);
	if (s->full) {
		story_exit_full(t, u);
		print(DIM, "    [%d] took %.1f us\n\n", s->number, took);
		first_time(kind);
	} else if (s->begun && s->head.len && u->how == 1) {
		char how[48];

		snprintf(how, sizeof how, "  sysret, %.1f us", took);
		second_half(t, us_since_start(e->ns), how);
	} else if (s->begun) {
		if (s->head.len)
			second_half(t, us_since_start(e->ns), "");
		crossing_line(t, s->number, us_since_start(e->ns));
		print(DIM, "... back in user mode by %s%s%s; %.1f us after it came\n", how_left(u->how),
		      u->why && u->why != 6 ? ", as " : "", u->why != 6 ? why_iret(u->why) : "", took);
	} else {
		crossing_line(t, s->number, us_since_start(s->ns));
		print(colour_of(t), "%s", s->head.len ? s->head.s : "system call");
		if (s->where.len)
			print(DIM, "  <%s>", s->where.s);
		print(DIM, "  %s%s%s, %.1f us\n", how_left(u->how),
		      u->why && u->why != 6 ? " as " : "", u->why != 6 ? why_iret(u->why) : "", took);
		flush_below(s);
	}
	s->number = 0;
	text_clear(&s->below);
}

/* In full: the table and the decoded call; short: the line waits for the way out. */
static void call_begin(struct task *t)
{
	struct scene *s = scene_of(t);
	const struct call_desc *d = call_desc(&t->call);
	struct text line = {0};

	if (!s->shown && s->number)
		return;
	if (s->full) {
		print(KERNEL, "    table      %s[%ld] = %s\n",
		      t->call.compat ? "ia32_sys_call_table" : "sys_call_table", t->call.nr,
		      d ? t->call.compat ? d->entry32 : d->entry : "sys_ni_syscall");
		if (d && !t->call.compat && !strncmp(d->entry, "ptregs_", 7) &&
		    first_time("ptregs"))
			print(DIM, "               ptregs_: this call needs all of pt_regs, "
			      "which a stub takes care of\n");
		call_text(&line, &t->call);
		print(USER, "    call       %s%s\n", line.s, t->call.never ? "" : " ...");
		text_free(&line);
	} else if (t->call.never && s->number) {
		call_text(&line, &t->call);
		crossing_line(t, s->number, us_since_start(s->ns));
		print(USER, "%s", line.s);
		print(DIM, "  <%s>\n", s->where.s ? s->where.s : "");
		s->begun = true;
		text_free(&line);
	}
}

static void call_end(const struct event *e)
{
	struct task *t = e->task;
	struct scene *s = scene_of(t);
	struct text line = {0};

	story_functions_end(t);
	if (!t->in_call) {
		if (t->forked && !opt.name)
			print(BOLD, "\n       %11.1f us  %s/%d: the second return of the fork, rax = 0\n",
			      us_since_start(e->ns), t->comm, t->pid);
		return;
	}
	if (!s->shown && s->number)
		return;
	if (s->full) {
		call_text(&line, &t->call);
		print(USER, "    result     %s", line.s);
		print(DIM, "  (in pt_regs->ax)\n");
	} else {
		text_clear(&s->head);
		call_text(&s->head, &t->call);
	}
	text_free(&line);
}

static void ended(const struct event *e)
{
	struct text how = {0};

	break_short(e->task);
	if (e->task->scene && !opt.name)
		flush_below(e->task->scene);
	end_text(&how, e->task);
	print(BOLD, "       %11.1f us  %s/%d %s\n", us_since_start(e->ns), e->task->comm, e->task->pid,
	      how.s);
	text_free(&how);
}

/* With -n only what happens within the calls of that name is told. */
static bool inside_wanted(const struct event *e)
{
	struct task *next;

	if (!opt.name)
		return true;
	if (e->task && e->task->scene && e->task->scene->number && e->task->scene->shown)
		return true;
	if (e->type != EVENT_context_switch)
		return false;
	next = task_find(((const struct trace_raw_context_switch *)e->data)->next_pid);
	return next && next->scene && next->scene->number && next->scene->shown;
}

static void event(const struct event *e)
{
	if (!head_told)
		head(e);
	switch (e->type) {
	case EVENT_user_enter: enter(e); return;
	case EVENT_user_exit: leave(e); return;
	case CALL_BEGIN: call_begin(e->task); return;
	case EVENT_sys_exit: call_end(e); return;
	case EVENT_task_end: ended(e); return;
	}
	faults += e->type == EVENT_fault;
	switches += e->type == EVENT_context_switch;
	signals += e->type == EVENT_signal_deliver;
	if (!inside_wanted(e))
		return;
	switch (e->type) {
	case EVENT_context_switch:
		break_short(e->task);
		story_switch(e);
		break;
	case EVENT_sched_process_fork: story_fork(e); break;
	case EVENT_new_image: story_image(e); break;
	case EVENT_fault: story_fault(e); break;
	case EVENT_signal_generate: case EVENT_signal_deliver:
		if (opt.show & SHOW_SIGNALS)
			story_signal(e);
		break;
	case EVENT_funcgraph_entry: case EVENT_funcgraph_exit: story_function(e); break;
	default: story_other(e);
	}
}

static void lost(uint64_t count, uint64_t ns, int cpu)
{
	print(RED, "       %11.1f us  !!! %llu events of CPU %d were lost here: the buffer was full !!!\n",
	      us_since_start(ns), (unsigned long long)count, cpu);
}

static void end(const char *status, uint64_t missed)
{
	print(BOLD, "\n%s.", status);
	print(PLAIN, " %d crossings, %d of them system calls; %d page faults, %d switches, "
	      "%d signals taken; %llu events", crossings, calls, faults, switches, signals,
	      (unsigned long long)events_seen);
	if (missed)
		print(RED, ", %llu LOST", (unsigned long long)missed);
	print(PLAIN, ".\n");
}

const struct sink story_sink = { event, lost, end };
