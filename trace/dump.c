/* SPDX-License-Identifier: MIT */
/*
 * The last events of each CPU, for a panic: what led there. Linux's twin: ftrace_dump().
 *
 * Called by panic() with interrupts off; takes no lock and allocates nothing. Another CPU may still
 * be writing: what is overwritten meanwhile is skipped by ring_copy().
 */
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include "internal.h"

#define TAIL_EVENTS	20

static u8 record_buf[TRACE_RECORD_MAX] __aligned(8);	/* panic's alone */
static char line_buf[256];

static void print_record(int cpu, const struct trace_record *rec)
{
	const struct trace_event *event = trace_event_by_id(rec->type);
	u64 us = trace_record_ns(rec) / 1000;
	struct trace_seq s;

	trace_seq_init(&s, line_buf, sizeof(line_buf));
	if (event)
		event->print(&s, &rec->type);
	else
		trace_seq_printf(&s, "event %u", rec->type);
	pr_emerg(" [%03d] %5lu.%06lu pid %d %s: %.*s\n", cpu, (unsigned long)(us / 1000000),
		 (unsigned long)(us % 1000000), rec->pid, event ? event->name : "syscalls",
		 (int)s.len, line_buf);
}

static void dump_cpu(int cpu)
{
	struct trace_record *rec = (struct trace_record *)record_buf;
	struct trace_ring_iter it, last;
	unsigned int nr = 0;

	trace_ring_iter_start(&it, cpu);
	last = it;
	/* last follows TAIL_EVENTS behind */
	for (; trace_ring_peek(&it, rec); nr++)
		if (nr >= TAIL_EVENTS)
			trace_ring_peek(&last, rec);
	while (last.pos < it.pos && trace_ring_peek(&last, rec))
		print_record(cpu, rec);
}

void trace_dump_tail(void)
{
	int cpu;

	trace_recording = false;
	for_each_online_cpu(cpu) {
		if (trace_ring_empty(cpu))
			continue;
		pr_emerg("Last trace events:\n");
		dump_cpu(cpu);
	}
}
