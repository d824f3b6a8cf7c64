/* SPDX-License-Identifier: MIT */
/*
 * What the control files of tracefs share. trace/control.c, trace/iterator.c, trace/options.c.
 *
 * Most files show a text and take one: a struct trace_control says how. It is the entry's data; the
 * object that the file is about (a CPU, an event) is the data of its directory.
 */
#ifndef TRACE_CONTROL_H
#define TRACE_CONTROL_H

#include <vitrix/tracefs.h>
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/kstrtox.h>
#include <linux/fs.h>
#include "internal.h"

#define TASK_COMM_LEN 16

struct trace_control {
	/* trace_types_lock is held around all three. obj: the directory's data */
	int (*show)(struct seq_file *m, void *obj);
	/* text: NUL-terminated, without blanks at its ends, may be changed. 0 or -errno */
	int (*store)(char *text, void *obj);
	int (*truncate)(void *obj);	/* opened with O_TRUNC */
	unsigned int max;		/* longest text; 0: a page */
};
extern const struct file_operations trace_control_fops;
#define TRACE_FILE(name_, mode_, ...) \
	{ name_, mode_, .fops = &trace_control_fops, \
	  .data = (void *)&(const struct trace_control){ __VA_ARGS__ } }

static inline void *trace_dir_data(const struct file *file)
{
	return d_inode(file_dentry(file)->d_parent)->i_private;
}

/* per_cpu/cpuN is told from the root, whose data is NULL, by adding one. -1: all CPUs. */
static inline int trace_file_cpu(const void *obj) { return (int)(long)obj - 1; }

int trace_store_number(const char *text, unsigned long *value);
unsigned int trace_buffer_percent(void);
int trace_show_buffer_size(struct seq_file *m, void *obj);
int trace_store_buffer_size(char *text, void *obj);

/* Numbers of tasks, separated by blanks, each to add(): trace/pids.c */
int trace_store_pids(char *text, int (*add)(pid_t pid));
void trace_show_pids(struct seq_file *m, u8 flag);

/* ---- options ---- */

enum trace_option {
	TRACE_OPT_PRINT_PARENT, TRACE_OPT_SYM_OFFSET, TRACE_OPT_SYM_ADDR, TRACE_OPT_ANNOTATE,
	TRACE_OPT_CONTEXT_INFO, TRACE_OPT_RECORD_CMD, TRACE_OPT_RECORD_TGID, TRACE_OPT_OVERWRITE,
	TRACE_OPT_IRQ_INFO, TRACE_OPT_MARKERS, TRACE_OPT_EVENT_FORK, TRACE_OPT_FUNCTION_FORK,
	TRACE_OPT_GRAPH_CPU, TRACE_OPT_GRAPH_OVERHEAD, TRACE_OPT_GRAPH_PROC,
	TRACE_OPT_GRAPH_DURATION, TRACE_OPT_GRAPH_ABSTIME, TRACE_OPT_GRAPH_TAIL,
	NR_TRACE_OPTIONS
};
extern unsigned long trace_options;	/* bits; trace_types_lock to change */
static inline bool trace_opt(enum trace_option o) { return READ_ONCE(trace_options) >> o & 1; }

/* ---- reading the rings as one sequence ---- */

#define TRACE_LINE_MAX	10240U		/* the longest line: a record of 8 KiB as text */
#define TRACE_GRAPH_DEPTH 64

struct trace_cpu_iter {
	struct trace_ring_iter pos;	/* behind rec */
	u64 end;			/* no further */
	struct trace_record *rec;	/* the next one of this CPU */
	bool valid;			/* rec is it */
	/* what the graph display remembers */
	pid_t last_pid;
	int depth;
	bool leaf_shown;		/* the return that comes is on its call's line already */
	unsigned long func[TRACE_GRAPH_DEPTH];
};

struct trace_iterator {
	int cpu;			/* -1: all */
	int nr_cpus;
	struct trace_cpu_iter *cpus;
	struct trace_record *rec;	/* the current one, a copy */
	int rec_cpu;
	u64 nr;				/* records so far, with this one */
	u64 shown;			/* trace_file.c: the record whose line is in seq */
	bool graph;			/* function_graph's columns */
	struct trace_seq seq;
	char *text;			/* TRACE_LINE_MAX */
};

struct trace_iterator *trace_iterator_alloc(int cpu);	/* NULL: no memory */
void trace_iterator_free(struct trace_iterator *it);
/* At the oldest unread record again. What comes later than now is not shown. */
void trace_iterator_start(struct trace_iterator *it);
/* The oldest of the next records becomes it->rec. false: none is left. */
bool trace_iterator_next(struct trace_iterator *it);
/* The record that will follow on it->rec's CPU, without going there. NULL: not yet there. */
const struct trace_record *trace_iterator_peek(struct trace_iterator *it);
/* Takes it->rec out of its ring. trace_access of its CPU held. Returns what was lost before it. */
u64 trace_iterator_consume(struct trace_iterator *it);
void trace_access_lock(int cpu);
void trace_access_unlock(int cpu);
void trace_rings_skip_discarded(int cpu);	/* -1: of all CPUs */
bool trace_rings_empty(int cpu);

/* ---- text ---- */

/* The current record as a line, into it->seq, which is emptied first. trace/output.c */
void trace_print_line(struct trace_iterator *it);
/* "CPU:0 [LOST 12 EVENTS]" before the line that is in it->seq. */
void trace_prepend_lost(struct trace_iterator *it, u64 lost);
void trace_print_header(struct seq_file *m, struct trace_iterator *it);
void trace_print_symbol_ip(struct trace_seq *s, unsigned long ip);
void trace_print_flags_columns(struct trace_seq *s, const struct trace_record *rec);
/* trace/output_graph.c */
void trace_print_graph_line(struct trace_iterator *it);
void trace_print_graph_header(struct seq_file *m);
void trace_graph_forget(struct trace_iterator *it);	/* as if nothing had been shown yet */
/* "name: text", without the columns before it. trace/event_files.c */
void trace_print_event(struct trace_seq *s, const struct trace_record *rec);

/* ---- names of tasks: trace/saved_cmdlines.c ---- */

void trace_find_comm(pid_t pid, char comm[TASK_COMM_LEN]);
pid_t trace_find_tgid(pid_t pid);	/* 0: not known */

extern const struct file_operations trace_file_fops, trace_pipe_fops, trace_pipe_raw_fops,
	trace_records_fops;

/* ---- tracers: trace/tracers.c ---- */

const char *current_tracer_name(void);
bool current_tracer_is_graph(void);
int trace_set_tracer(const char *name);

#endif
