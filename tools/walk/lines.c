/* SPDX-License-Identifier: MIT */
/*
 * --syscalls: the lines of strace(1). A call is printed when it returns; if another line has to come
 * first, its beginning is printed with "<unfinished ...>" and the rest as "<... NAME resumed>".
 */
#include "walk.h"

#include <string.h>

static struct task *open_call;	/* the last one that began, nothing of it is printed yet */

static void prefix(const struct task *t)
{
	if (opt.file && opt.follow)
		fprintf(out, "%-5d ", t->pid);
	else if (opt.follow && (task_count() > 1 || t->pid != first_pid))
		fprintf(out, "[pid %5d] ", t->pid);
}

/* Whatever is printed next is not the end of the open call. */
static void break_open(void)
{
	struct task *t = open_call;
	struct text begun = {0};

	open_call = NULL;
	if (!t)
		return;
	call_text(&begun, &t->call);
	prefix(t);
	fprintf(out, "%s <unfinished ...>\n", begun.s);
	t->line_broken = begun.len;
	text_free(&begun);
}

static void begin(struct task *t)
{
	struct text line = {0};

	break_open();
	t->line_broken = 0;
	if (!name_wanted(&t->call))
		return;
	if (!t->call.never) {
		open_call = t;
		return;
	}
	call_text(&line, &t->call);
	prefix(t);
	fprintf(out, "%s\n", line.s);
	text_free(&line);
}

static void finish(struct task *t)
{
	struct text line = {0};

	/* the second return of a fork has no beginning */
	if (!t->in_call || !name_wanted(&t->call))
		return;
	if (open_call != t)
		break_open();
	else
		open_call = NULL;
	call_text(&line, &t->call);
	prefix(t);
	if (t->line_broken) {
		struct text rest = {0};

		text_addf(&rest, "<... %s resumed>", call_name(&t->call));
		text_add(&rest, line.s + (t->line_broken < line.len ? t->line_broken : line.len));
		fprintf(out, "%s\n", rest.s);
		text_free(&rest);
	} else {
		fprintf(out, "%s\n", line.s);
	}
	t->line_broken = 0;
	text_free(&line);
}

static void signal_line(struct task *t, const struct event *e)
{
	const struct trace_raw_signal_info *s = e->data;
	struct text name = {0}, info = {0};
	int sig;

	memcpy(&sig, s->info, sizeof sig);
	signal_name(&name, sig);
	siginfo_text(&info, s->info, e->len - sizeof *s < 48 ? e->len - sizeof *s : 48);
	break_open();
	prefix(t);
	fprintf(out, "--- %s %s ---\n", name.s, info.s);
	if (t->stopping && !s->ignored) {
		prefix(t);
		fprintf(out, "--- stopped by %s ---\n", name.s);
	}
	t->stopping = false;
	text_free(&name);
	text_free(&info);
}

static void ended(struct task *t)
{
	struct text how = {0};

	if (t->in_call && !t->call.never && name_wanted(&t->call)) {
		struct text begun = {0};

		call_text(&begun, &t->call);
		prefix(t);
		if (t->line_broken)
			fprintf(out, "<... %s resumed> <unfinished ...>) = ?\n",
				call_name(&t->call));
		else
			fprintf(out, "%s <unfinished ...>) = ?\n", begun.s);
		text_free(&begun);
	}
	if (open_call == t)
		open_call = NULL;
	break_open();
	end_text(&how, t);
	prefix(t);
	fprintf(out, "+++ %s +++\n", how.s);
	text_free(&how);
}

static bool is_stop(const struct trace_raw_signal_deliver *d)
{
	return !d->sa_handler && signal_stops(d->sig);
}

static void event(const struct event *e)
{
	struct task *t = e->task;

	switch (e->type) {
	case CALL_BEGIN:
		begin(t);
		break;
	case EVENT_sys_exit:
		finish(t);
		break;
	case EVENT_signal_deliver:	/* what it is comes behind it */
		t->stopping = is_stop(e->data);
		break;
	case EVENT_signal_info:
		t = task_find(((const struct trace_raw_signal_info *)e->data)->pid);
		/* a filter for a name is one for signals too */
		if (t && !t->wants_exec && !opt.name)
			signal_line(t, e);
		break;
	case EVENT_task_end:
		ended(t);
		break;
	}
}

static void lost(uint64_t count, uint64_t ns, int cpu)
{
	(void)ns;
	break_open();
	fprintf(out, "!!! %llu events of CPU %d were lost here !!!\n", (unsigned long long)count, cpu);
}

static void end(const char *status, uint64_t missed)
{
	(void)status;
	(void)missed;
	break_open();
}

const struct sink lines_sink = { event, lost, end };
