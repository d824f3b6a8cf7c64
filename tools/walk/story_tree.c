/* SPDX-License-Identifier: MIT */
/*
 * -g: the functions below a crossing, as C looks: a function that calls others has braces, one that
 * calls none is a line. What it returned and how long it took stand at its end; of a function without
 * a result, that is what rax happened to hold.
 */
#define _GNU_SOURCE
#include "story.h"

#include <string.h>

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

/* -9 of a function that returns an int comes as 0xfffffff7 */
static int64_t signed_result(uint64_t ret)
{
	return ret >> 32 ? (int64_t)ret : (int32_t)ret;
}

static void result(struct task *t, uint64_t ret, uint64_t ns)
{
	int64_t v = signed_result(ret);

	if (v < 0 && v >= -4095) {
		const char *name = strerrorname_np(-v);

		tell(t, RED, " = %lld", (long long)v);
		if (name)
			tell(t, DIM, " -%s", name);
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
