/* SPDX-License-Identifier: MIT */
/*
 * Control files that show a text and take one (struct trace_control), and the plain ones among
 * them: tracing_on, buffer sizes, the clock, README. Linux's twin: kernel/trace/trace.c.
 *
 * Locks: trace_types_lock around every show and store; a file is read in one piece, so it shows one
 * moment.
 */
#include <vitrix/percpu.h>
#include "control.h"

#define DEFAULT_MAX (PAGE_SIZE - 1)

static const struct trace_control *control_of(const struct file *file)
{
	return kernfs_data(file);
}

static int control_show(struct seq_file *m, void *v)
{
	int ret;

	mutex_lock(&trace_types_lock);
	ret = control_of(m->file)->show(m, trace_dir_data(m->file));
	mutex_unlock(&trace_types_lock);
	return ret;
}

static int control_open(struct inode *inode, struct file *file)
{
	const struct trace_control *c = control_of(file);
	int error = 0;

	if ((file->f_mode & FMODE_WRITE) && (file->f_flags & O_TRUNC) && c->truncate) {
		mutex_lock(&trace_types_lock);
		error = c->truncate(trace_dir_data(file));
		mutex_unlock(&trace_types_lock);
	}
	if (!error && (file->f_mode & FMODE_READ) && c->show)
		error = single_open_pwrite(file, control_show, NULL);
	return error;
}

static int control_release(struct inode *inode, struct file *file)
{
	return file->private_data ? single_release(inode, file) : 0;
}

static ssize_t control_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return file->private_data ? seq_read_iter(file, to, pos) : -EINVAL;
}

static loff_t control_lseek(struct file *file, loff_t offset, int whence)
{
	if (file->private_data && whence != SEEK_END)
		return seq_lseek(file, offset, whence);
	return generic_file_llseek(file, offset, whence);	/* the size is 0 */
}

static ssize_t control_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	const struct trace_control *c = control_of(file);
	size_t count = iov_iter_count(from);
	char *text;
	int error;

	if (!c->store)
		return -EINVAL;
	if (count > (c->max ? c->max : DEFAULT_MAX))
		return -EINVAL;
	text = kmalloc(count + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (copy_from_iter(text, count, from) != count) {
		kfree(text);
		return -EFAULT;
	}
	text[count] = '\0';
	mutex_lock(&trace_types_lock);
	error = c->store(strim(text), trace_dir_data(file));
	mutex_unlock(&trace_types_lock);
	kfree(text);
	if (error)
		return error;
	*pos += count;
	return count;
}

const struct file_operations trace_control_fops = {
	.open = control_open,
	.read_iter = control_read,
	.write_iter = control_write,
	.llseek = control_lseek,
	.release = control_release,
};

/* A decimal number and nothing else: 0, -EINVAL, -ERANGE. */
int trace_store_number(const char *text, unsigned long *value)
{
	return kstrtoul(text, 10, value);
}

/* ---------------------------------------------------------------- tracing_on */

static int show_tracing_on(struct seq_file *m, void *obj)
{
	seq_printf(m, "%d\n", READ_ONCE(trace_recording));
	return 0;
}

static int store_tracing_on(char *text, void *obj)
{
	unsigned long on;
	int error = trace_store_number(text, &on);

	if (error)
		return error;
	WRITE_ONCE(trace_recording, on != 0);
	if (!on)
		wake_up_all(&trace_wait);	/* who reads trace_pipe is at the end */
	return 0;
}

/* ---------------------------------------------------------------- buffers */

int trace_show_buffer_size(struct seq_file *m, void *obj)
{
	seq_printf(m, "%lu\n", trace_ring_kb());
	return 0;
}

/* One size for all CPUs, also through per_cpu/cpuN. */
int trace_store_buffer_size(char *text, void *obj)
{
	unsigned long kb;
	int error = trace_store_number(text, &kb);

	return error ? error : trace_ring_resize(kb);
}

static int show_total_size(struct seq_file *m, void *obj)
{
	seq_printf(m, "%lu\n", trace_ring_kb() * num_online_cpus());
	return 0;
}

static unsigned int buffer_percent = 50;

unsigned int trace_buffer_percent(void)
{
	return READ_ONCE(buffer_percent);
}

static int show_percent(struct seq_file *m, void *obj)
{
	seq_printf(m, "%u\n", buffer_percent);
	return 0;
}

static int store_percent(char *text, void *obj)
{
	unsigned long value;
	int error = trace_store_number(text, &value);

	if (error)
		return error;
	if (value > 100)
		return -EINVAL;
	WRITE_ONCE(buffer_percent, value);
	wake_up_all(&trace_wait);
	return 0;
}

/* Whoever holds it open is the reason for the buffers: when it is closed they shrink. */
static ssize_t free_buffer_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);

	*pos += count;
	return count;
}

static int free_buffer_release(struct inode *inode, struct file *file)
{
	return trace_ring_resize(PAGE_SIZE / 1024);
}

static const struct file_operations free_buffer_fops = {
	.write_iter = free_buffer_write,
	.release = free_buffer_release,
};

/* ---------------------------------------------------------------- clock */

static int show_clock(struct seq_file *m, void *obj)
{
	seq_puts(m, "[local]\n");
	return 0;
}

static int store_clock(char *text, void *obj)
{
	return strcmp(text, "local") ? -EINVAL : 0;
}

static int show_timestamp_mode(struct seq_file *m, void *obj)
{
	seq_puts(m, "[delta] absolute\n");
	return 0;
}

/* There is no trace_printk(), so it has no formats. */
static int show_nothing(struct seq_file *m, void *obj)
{
	return 0;
}

/* ---------------------------------------------------------------- README */

static int show_readme(struct seq_file *m, void *obj)
{
	seq_puts(m,
	"Tracing in short; docs/tracefs.md of Vitrix tells the rest.\n\n"
	"  tracing_on            0 stops writing, 1 goes on\n"
	"  trace                 what is in the buffers; writing clears them\n"
	"  trace_pipe            the same, each event once; waits for more\n"
	"  trace_marker          text written here becomes an event\n"
	"  current_tracer        one of available_tracers\n"
	"  set_ftrace_filter     the only functions to trace; names or glob patterns\n"
	"  set_ftrace_notrace    functions not to trace\n"
	"  set_graph_function    function_graph: only below these\n"
	"  max_graph_depth       function_graph: not deeper than this, 0: no limit\n"
	"  set_ftrace_pid        functions of these tasks only\n"
	"  set_event_pid         events of these tasks only\n"
	"  set_event             the enabled events; GROUP:NAME adds, !GROUP:NAME takes away\n"
	"  events/GROUP/NAME/    enable, filter, format, id\n"
	"      filter            FIELD OP VALUE: == != < <= > >= &, ~ for globs; && || ! ( )\n"
	"  options/              0 or 1 each; trace_options shows them all\n"
	"  buffer_size_kb        of each CPU\n"
	"  per_cpu/cpuN/         trace, trace_pipe, stats of one CPU\n"
	"      trace_pipe_raw    pages of binary events, as events/header_page says\n"
	"      records           whole records as they are in the ring\n");
	return 0;
}

static const struct kernfs_entry files[] = {
	TRACE_FILE("tracing_on", 0640, .show = show_tracing_on, .store = store_tracing_on),
	TRACE_FILE("buffer_size_kb", 0640, .show = trace_show_buffer_size,
		   .store = trace_store_buffer_size),
	TRACE_FILE("buffer_total_size_kb", 0440, .show = show_total_size),
	TRACE_FILE("buffer_percent", 0640, .show = show_percent, .store = store_percent),
	TRACE_FILE("printk_formats", 0440, .show = show_nothing),
	{ "free_buffer", 0200, .fops = &free_buffer_fops },
	TRACE_FILE("trace_clock", 0640, .show = show_clock, .store = store_clock),
	TRACE_FILE("timestamp_mode", 0440, .show = show_timestamp_mode),
	TRACE_FILE("README", 0440, .show = show_readme),
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_control_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_control_init);
