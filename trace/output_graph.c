/* SPDX-License-Identifier: MIT */
/*
 * function_graph's calls drawn as C, as Linux draws them:
 *
 *	 0)               |  vfs_read() {
 *	 0)   0.352 us    |    rw_verify_area();          entry and return follow each other: a leaf
 *	 0)               |    / * event: text * /
 *	 0) + 12.120 us   |  }
 *	 ------------------------------------------
 *	 0)     sh-85     =>    cat-86                    another task on this CPU
 *	 ------------------------------------------
 *
 * Options funcgraph-* choose the columns. A return whose entry was not seen names its function.
 * Linux's twin: kernel/trace/trace_functions_graph.c. Left out: funcgraph-irqs, -overrun.
 */
#include <vitrix/percpu.h>
#include "control.h"

#define PROC_WIDTH	14		/* "comm-pid", centred; comm has at most 7 letters */
#define INDENT		2
#define NO_DURATION	(~0ULL)

void trace_graph_forget(struct trace_iterator *it)
{
	for (int cpu = 0; cpu < it->nr_cpus; cpu++) {
		it->cpus[cpu].last_pid = -1;
		it->cpus[cpu].depth = 0;
		it->cpus[cpu].leaf_shown = false;
		memset(it->cpus[cpu].func, 0, sizeof(it->cpus[cpu].func));
	}
}

static void spaces(struct trace_seq *s, int n)
{
	while (n-- > 0)
		trace_seq_putc(s, ' ');
}

/* ---------------------------------------------------------------- columns */

/* All CPUs' numbers are as wide as the last one's. */
static void print_cpu(struct trace_seq *s, int cpu)
{
	trace_seq_printf(s, nr_cpu_ids > 10 ? " %2d) " : " %d) ", cpu);
}

static void print_proc(struct trace_seq *s, pid_t pid)
{
	char comm[TASK_COMM_LEN], text[32];
	int len;

	trace_find_comm(pid, comm);
	comm[7] = '\0';
	len = scnprintf(text, sizeof(text), "%s-%d", comm, pid);
	spaces(s, (PROC_WIDTH - len) / 2);
	trace_seq_puts(s, text);
	spaces(s, PROC_WIDTH - len - (PROC_WIDTH - len) / 2);
}

static void print_switch(struct trace_iterator *it, struct trace_cpu_iter *c)
{
	static const char line[] = " ------------------------------------------\n";
	struct trace_seq *s = &it->seq;

	if (c->last_pid != -1 && c->last_pid != it->rec->pid) {
		trace_seq_puts(s, line);
		print_cpu(s, it->rec_cpu);
		print_proc(s, c->last_pid);
		trace_seq_puts(s, " => ");
		print_proc(s, it->rec->pid);
		trace_seq_printf(s, "\n%s\n", line);
	}
	c->last_pid = it->rec->pid;
}

static void print_prologue(struct trace_iterator *it, struct trace_cpu_iter *c)
{
	struct trace_seq *s = &it->seq;
	u64 us = trace_record_ns(it->rec) / 1000;

	print_switch(it, c);
	if (!trace_opt(TRACE_OPT_CONTEXT_INFO))
		return;
	if (trace_opt(TRACE_OPT_GRAPH_ABSTIME))
		trace_seq_printf(s, "%5llu.%06llu |  ", us / 1000000, us % 1000000);
	if (trace_opt(TRACE_OPT_GRAPH_CPU))
		print_cpu(s, it->rec_cpu);
	if (trace_opt(TRACE_OPT_GRAPH_PROC)) {
		print_proc(s, it->rec->pid);
		trace_seq_puts(s, " | ");
	}
}

/* More than 1 s, 100 ms, 10 ms, 1 ms, 100 us, 10 us. */
static char duration_mark(u64 ns)
{
	static const char marks[] = "$@*#!+";
	u64 limit = NSEC_PER_SEC;

	for (const char *m = marks; *m; m++) {
		if (ns > limit)
			return *m;
		limit /= 10;
	}
	return ' ';
}

/* Seven digits at most: "1.234 us   ", "12345.67 us". */
static void print_duration(struct trace_seq *s, u64 ns)
{
	char text[40];
	int len, digits;

	if (!trace_opt(TRACE_OPT_GRAPH_DURATION) || !trace_opt(TRACE_OPT_CONTEXT_INFO))
		return;
	if (ns == NO_DURATION) {
		trace_seq_puts(s, "              |  ");
		return;
	}
	if (trace_opt(TRACE_OPT_GRAPH_OVERHEAD))
		trace_seq_printf(s, "%c ", duration_mark(ns));
	else
		trace_seq_puts(s, "  ");
	len = scnprintf(text, sizeof(text), "%llu", ns / 1000);
	digits = min(3, 7 - len);
	if (digits > 0) {
		scnprintf(text + len, sizeof(text) - len, ".%03llu", ns % 1000);
		len += 1 + digits;
		text[len] = '\0';
	}
	trace_seq_printf(s, "%s us ", text);
	spaces(s, 8 - len);
	trace_seq_puts(s, "|  ");
}

/* ---------------------------------------------------------------- lines */

/* The return of the call at it->rec, if it is the very next record of this CPU. */
static const struct trace_raw_funcgraph_exit *leaf_return(struct trace_iterator *it)
{
	const struct trace_raw_funcgraph_entry *call = (const void *)it->rec->data;
	const struct trace_record *next = trace_iterator_peek(it);
	const struct trace_raw_funcgraph_exit *ret;

	if (!next || next->type != EVENT_funcgraph_exit || next->pid != it->rec->pid)
		return NULL;
	ret = (const void *)next->data;
	return ret->func == call->func ? ret : NULL;
}

static bool depth_fits(int depth)
{
	return depth >= 0 && depth < TRACE_GRAPH_DEPTH;
}

static void print_entry(struct trace_iterator *it, struct trace_cpu_iter *c)
{
	const struct trace_raw_funcgraph_entry *call = (const void *)it->rec->data;
	const struct trace_raw_funcgraph_exit *ret = leaf_return(it);
	struct trace_seq *s = &it->seq;

	print_prologue(it, c);
	print_duration(s, ret ? ret->rettime - ret->calltime : NO_DURATION);
	spaces(s, call->depth * INDENT);
	trace_seq_printf(s, ret ? "%ps();" : "%ps() {", (void *)call->func);
	c->depth = ret ? call->depth - 1 : call->depth;
	if (depth_fits(call->depth))
		c->func[call->depth] = ret ? 0 : call->func;
	c->leaf_shown = ret != NULL;
}

static void print_return(struct trace_iterator *it, struct trace_cpu_iter *c)
{
	const struct trace_raw_funcgraph_exit *ret = (const void *)it->rec->data;
	struct trace_seq *s = &it->seq;
	bool known;

	if (c->leaf_shown) {
		c->leaf_shown = false;
		return;
	}
	known = depth_fits(ret->depth) && c->func[ret->depth] == ret->func;
	if (depth_fits(ret->depth))
		c->func[ret->depth] = 0;
	c->depth = ret->depth - 1;
	print_prologue(it, c);
	print_duration(s, ret->rettime - ret->calltime);
	spaces(s, ret->depth * INDENT);
	if (known && !trace_opt(TRACE_OPT_GRAPH_TAIL))
		trace_seq_puts(s, "}");
	else
		trace_seq_printf(s, "} /* %ps */", (void *)ret->func);
}

/* Any other event, as a comment. */
static void print_comment(struct trace_iterator *it, struct trace_cpu_iter *c)
{
	struct trace_seq *s = &it->seq;

	print_prologue(it, c);
	print_duration(s, NO_DURATION);
	if (c->depth > 0)
		spaces(s, (c->depth + 1) * INDENT);
	trace_seq_puts(s, "/* ");
	if (it->rec->type == EVENT_print)
		trace_seq_puts(s, ((const struct trace_raw_print *)it->rec->data)->buf);
	else
		trace_print_event(s, it->rec);
	if (s->len && s->buf[s->len - 1] == '\n')
		s->len--;
	trace_seq_puts(s, " */");
}

/* Leaves it->seq empty for the return of a leaf. */
void trace_print_graph_line(struct trace_iterator *it)
{
	struct trace_cpu_iter *c = &it->cpus[it->rec_cpu];

	if (it->rec->type == EVENT_funcgraph_entry)
		print_entry(it, c);
	else if (it->rec->type == EVENT_funcgraph_exit)
		print_return(it, c);
	else
		print_comment(it, c);
}

/* Two lines; the columns are those of the options. */
void trace_print_graph_header(struct seq_file *m)
{
	static const struct { enum trace_option opt; const char *first, *second; } columns[] = {
		{ TRACE_OPT_GRAPH_ABSTIME, "     TIME       ", "      |         " },
		{ TRACE_OPT_GRAPH_CPU, " CPU", " |  " },
		{ TRACE_OPT_GRAPH_PROC, "  TASK/PID       ", "   |    |        " },
		{ TRACE_OPT_GRAPH_DURATION, "  DURATION   ", "   |   |      " },
	};

	seq_putc(m, '#');
	for (int i = 0; i < ARRAY_SIZE(columns); i++)
		if (trace_opt(columns[i].opt))
			seq_puts(m, columns[i].first);
	seq_puts(m, "               FUNCTION CALLS\n#");
	for (int i = 0; i < ARRAY_SIZE(columns); i++)
		if (trace_opt(columns[i].opt))
			seq_puts(m, columns[i].second);
	seq_puts(m, "               |   |   |   |\n");
}
