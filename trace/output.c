/* SPDX-License-Identifier: MIT */
/*
 * Events as lines of text, as Linux prints them, so that what reads Linux's `trace` reads this:
 *
 *	            cat-86      [000] d..2.     6.062231: sched_switch: prev_comm=cat ...
 *	 task        pid         cpu  flags      seconds   event and its text
 *
 * The flags are five columns: interrupts off, need resched, hard interrupt or NMI, depth of
 * preempt_disable, and one for what only Linux has.
 * Linux's twin: kernel/trace/trace_output.c, and the headers of trace.c. Left out: the latency
 * format, raw, hex and bin.
 */
#include <vitrix/kallsyms.h>
#include <vitrix/percpu.h>
#include "control.h"

/* "name", "name+0x12/0x34", "name <ffffffff81000000>": options sym-offset and sym-addr */
void trace_print_symbol_ip(struct trace_seq *s, unsigned long ip)
{
	trace_seq_printf(s, trace_opt(TRACE_OPT_SYM_OFFSET) ? "%pS" : "%ps", (void *)ip);
	if (trace_opt(TRACE_OPT_SYM_ADDR))
		trace_seq_printf(s, " <%016lx>", ip);
}

void trace_print_flags_columns(struct trace_seq *s, const struct trace_record *rec)
{
	unsigned int depth = rec->preempt_count & 0xf;

	trace_seq_printf(s, "%c%c%c", rec->flags & TRACE_FLAG_IRQS_OFF ? 'd' : '.',
			 rec->flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.',
			 rec->flags & TRACE_FLAG_NMI ? 'z' :
			 rec->flags & TRACE_FLAG_HARDIRQ ? 'h' : '.');
	if (depth)
		trace_seq_printf(s, "%x.", depth);
	else
		trace_seq_puts(s, "..");
}

/* "   5.123456": seconds of trace_clock(). */
static void print_time(struct trace_seq *s, u64 ns)
{
	u64 us = (ns + 500) / 1000;

	trace_seq_printf(s, " %5llu.%06llu", us / 1000000, us % 1000000);
}

static void print_context(struct trace_iterator *it)
{
	const struct trace_record *rec = it->rec;
	struct trace_seq *s = &it->seq;
	char comm[TASK_COMM_LEN];
	pid_t tgid;

	trace_find_comm(rec->pid, comm);
	trace_seq_printf(s, "%16s-%-7d ", comm, rec->pid);
	if (trace_opt(TRACE_OPT_RECORD_TGID)) {
		tgid = trace_find_tgid(rec->pid);
		if (tgid)
			trace_seq_printf(s, "(%7d) ", tgid);
		else
			trace_seq_puts(s, "(-------) ");
	}
	trace_seq_printf(s, "[%03d] ", it->rec_cpu);
	if (trace_opt(TRACE_OPT_IRQ_INFO))
		trace_print_flags_columns(s, rec);
	print_time(s, trace_record_ns(rec));
	trace_seq_puts(s, ": ");
}

static void print_function(struct trace_seq *s, const struct trace_record *rec)
{
	const struct trace_raw_function *f = (const void *)rec->data;

	trace_print_symbol_ip(s, f->ip);
	if (trace_opt(TRACE_OPT_PRINT_PARENT)) {
		trace_seq_puts(s, " <-");
		trace_print_symbol_ip(s, f->parent_ip);
	}
}

static void end_line(struct trace_seq *s)
{
	if (!s->len || s->buf[s->len - 1] != '\n')
		trace_seq_putc(s, '\n');
	/* What was cut still ends its line. */
	if (s->full)
		s->buf[s->len - 1] = '\n';
}

static void restart_line(struct trace_iterator *it)
{
	trace_seq_init(&it->seq, it->text, TRACE_LINE_MAX);
}

void trace_print_line(struct trace_iterator *it)
{
	restart_line(it);
	if (it->graph) {
		trace_print_graph_line(it);
		if (it->seq.len)
			end_line(&it->seq);
		return;
	}
	if (trace_opt(TRACE_OPT_CONTEXT_INFO))
		print_context(it);
	if (it->rec->type == EVENT_function)
		print_function(&it->seq, it->rec);
	else
		trace_print_event(&it->seq, it->rec);
	end_line(&it->seq);
}

void trace_prepend_lost(struct trace_iterator *it, u64 lost)
{
	struct trace_seq *s = &it->seq;
	char text[48];
	size_t n = scnprintf(text, sizeof(text), "CPU:%d [LOST %llu EVENTS]\n", it->rec_cpu, lost);

	if (s->len + n > s->size) {
		s->len = s->size - n;
		s->buf[s->len - 1] = '\n';
	}
	memmove(s->buf + n, s->buf, s->len);
	memcpy(s->buf, text, n);
	s->len += n;
}

/* ---------------------------------------------------------------- the header */

static void print_counts(struct seq_file *m, int only)
{
	struct trace_ring_stats stats;
	u64 entries = 0, total = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		if (only >= 0 && cpu != only)
			continue;
		trace_ring_stats(cpu, &stats);
		entries += stats.entries;
		total += stats.entries + stats.overrun;
	}
	seq_printf(m, "# entries-in-buffer/entries-written: %llu/%llu   #P:%d\n#\n", entries, total,
		   num_online_cpus());
}

static void print_columns(struct seq_file *m)
{
	bool tgid = trace_opt(TRACE_OPT_RECORD_TGID);
	const char *in = tgid ? "          " : "";

	if (!trace_opt(TRACE_OPT_IRQ_INFO)) {
		seq_printf(m, "#           TASK-PID    %s CPU#     TIMESTAMP  FUNCTION\n",
			   tgid ? "   TGID   " : "");
		seq_printf(m, "#              | |      %s   |         |         |\n",
			   tgid ? "     |    " : "");
		return;
	}
	seq_printf(m, "#                            %s    _-----=> irqs-off/BH-disabled\n", in);
	seq_printf(m, "#                            %s   / _----=> need-resched\n", in);
	seq_printf(m, "#                            %s  | / _---=> hardirq/softirq\n", in);
	seq_printf(m, "#                            %s  || / _--=> preempt-depth\n", in);
	seq_printf(m, "#                            %s  ||| / _-=> migrate-disable\n", in);
	seq_printf(m, "#                            %s  |||| /     delay\n", in);
	seq_printf(m, "#           TASK-PID  %s CPU#  |||||  TIMESTAMP  FUNCTION\n",
		   tgid ? "     TGID   " : "  ");
	seq_printf(m, "#              | |    %s   |   |||||     |         |\n",
		   tgid ? "       |    " : "  ");
}

void trace_print_header(struct seq_file *m, struct trace_iterator *it)
{
	seq_printf(m, "# tracer: %s\n#\n", current_tracer_name());
	if (!trace_opt(TRACE_OPT_CONTEXT_INFO))
		return;
	if (it->graph) {
		trace_print_graph_header(m);
		return;
	}
	print_counts(m, it->cpu);
	print_columns(m);
}
