/* SPDX-License-Identifier: MIT */
/*
 * per_cpu/cpuN/: one CPU's ring. The directory's data is the number of the CPU, plus one; in the
 * root it is 0, so trace and trace_pipe there are the same files for all CPUs.
 * Linux's twin: kernel/trace/trace.c. Left out: snapshots.
 */
#include <vitrix/percpu.h>
#include "control.h"

static int show_stats(struct seq_file *m, void *obj)
{
	struct trace_ring_stats s;
	u64 us;

	trace_ring_stats(trace_file_cpu(obj), &s);
	seq_printf(m, "entries: %llu\noverrun: %llu\ncommit overrun: 0\nbytes: %llu\n",
		   s.entries, s.overrun, s.bytes);
	us = s.oldest_ns / 1000;
	seq_printf(m, "oldest event ts: %5llu.%06llu\n", us / 1000000, us % 1000000);
	us = trace_clock() / 1000;
	seq_printf(m, "now ts: %5llu.%06llu\n", us / 1000000, us % 1000000);
	seq_printf(m, "dropped events: %llu\nread events: %llu\n", s.dropped, s.read);
	return 0;
}

static const struct kernfs_entry cpu_files[] = {
	{ "trace", 0640, .fops = &trace_file_fops },
	{ "trace_pipe", 0440, .fops = &trace_pipe_fops },
	{ "trace_pipe_raw", 0440, .fops = &trace_pipe_raw_fops },
	{ "records", 0440, .fops = &trace_records_fops },
	TRACE_FILE("stats", 0440, .show = show_stats),
	TRACE_FILE("buffer_size_kb", 0640, .show = trace_show_buffer_size,
		   .store = trace_store_buffer_size),
	{ }
};
static const struct kernfs_dir cpu_dir = { .table = cpu_files };

static bool per_cpu_entry(void *data, unsigned int n, struct kernfs_entry *e)
{
	if (n >= nr_cpu_ids)
		return false;
	snprintf(e->buf, sizeof(e->buf), "cpu%u", n);
	e->name = e->buf;
	e->mode = 0750;
	e->dir = &cpu_dir;
	e->data = (void *)(n + 1UL);
	return true;
}

static const struct kernfs_dir per_cpu_dir = { .entry = per_cpu_entry };
static const struct kernfs_entry files[] = {
	{ "trace", 0640, .fops = &trace_file_fops },
	{ "trace_pipe", 0440, .fops = &trace_pipe_fops },
	{ "per_cpu", 0750, .dir = &per_cpu_dir },
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_per_cpu_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_per_cpu_init);
