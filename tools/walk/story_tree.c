/* SPDX-License-Identifier: MIT */
/*
 * -g: the functions below a crossing, as C looks: a function that calls others has braces, one that
 * calls none is a line. What it returned and how long it took stand at its end.
 */
#include "story.h"

#define INDENT 2

static void indent(struct task *t, int depth)
{
	tell(t, PLAIN, "               %*s", depth * INDENT, "");
}

/* The function entered last is known to call others: its line can go out. */
static void open_pending(struct task *t)
{
	struct scene *s = scene_of(t);
	struct text name = {0};

	if (!s->func_open)
		return;
	s->func_open = false;
	kernel_symbol(&name, s->func);
	indent(t, s->depth);
	tell(t, KERNEL, "%s() {\n", name.s);
	text_free(&name);
}

static void result(struct task *t, uint64_t ret, uint64_t ns)
{
	if ((int64_t)ret < 0 && (int64_t)ret >= -4095) {
		struct text e = {0};

		errno_text(&e, -(int64_t)ret);
		tell(t, RED, " = %lld", (long long)ret);
		tell(t, DIM, " %.*s", e.s[0] == '-' ? 24 : 0, e.s + 3);
		text_free(&e);
	} else if (ret < 0x10000) {
		tell(t, USER, " = %llu", (unsigned long long)ret);
	} else {
		tell(t, USER, " = %#llx", (unsigned long long)ret);
	}
	tell(t, DIM, "  %.1f us\n", ns / 1000.0);
}

void story_function(const struct event *e)
{
	const struct trace_raw_funcgraph_entry *in = e->data;
	const struct trace_raw_funcgraph_exit *ex = e->data;
	struct task *t = e->task;
	struct scene *s = scene_of(t);
	struct text name = {0};

	if (s->number && !s->shown)
		return;
	if (e->type == EVENT_funcgraph_entry) {
		open_pending(t);
		s->func = in->func;
		s->depth = in->depth;
		s->func_open = true;
		return;
	}
	if (s->func_open && s->func == ex->func && s->depth == ex->depth) {
		s->func_open = false;
		kernel_symbol(&name, ex->func);
		indent(t, ex->depth);
		tell(t, KERNEL, "%s()", name.s);
		text_free(&name);
	} else {
		open_pending(t);
		kernel_symbol(&name, ex->func);
		indent(t, ex->depth);
		tell(t, KERNEL, "} ");
		tell(t, DIM, "%s", name.s);
		text_free(&name);
	}
	result(t, ex->retval, ex->rettime - ex->calltime);
}

void story_functions_end(struct task *t)
{
	if (t->scene)
		open_pending(t);
}
