/* SPDX-License-Identifier: MIT */
/*
 * The files trace and per_cpu/cpuN/trace: what is in the rings, as text, without taking it out.
 * Opening one with O_TRUNC empties the rings; what is written is of no interest.
 *
 * A seq_file: index 0 is the header, index n the n'th record. Events go on coming and the oldest
 * may go while somebody reads; the reader's place is in the rings, so it goes on where it was.
 * Locks: seq_file->lock. Linux's twin: kernel/trace/trace.c.
 */
#include "control.h"

static void *trace_start(struct seq_file *m, loff_t *pos)
{
	struct trace_iterator *it = m->private;

	if (*pos == 0) {
		trace_iterator_start(it);
		trace_graph_forget(it);
		it->nr = it->shown = 0;
		it->graph = current_tracer_is_graph();
		return it;
	}
	/* Where next() went last, whose line may still have to be shown; or further on. */
	while (it->nr < *pos)
		if (!trace_iterator_next(it))
			return NULL;
	return it->nr == *pos ? it : NULL;
}

static void *trace_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct trace_iterator *it = m->private;

	++*pos;
	return trace_iterator_next(it) ? it : NULL;
}

static void trace_stop(struct seq_file *m, void *v)
{
}

static int trace_show(struct seq_file *m, void *v)
{
	struct trace_iterator *it = m->private;

	if (!it->nr) {
		trace_print_header(m, it);
		return 0;
	}
	/* Shown again when the buffer was too small: the graph's memory moves only once. */
	if (it->shown != it->nr) {
		trace_print_line(it);
		it->shown = it->nr;
	}
	seq_write(m, it->seq.buf, it->seq.len);
	return 0;
}

static const struct seq_operations trace_sops = {
	.start = trace_start, .next = trace_next, .stop = trace_stop, .show = trace_show,
};

static int trace_open(struct inode *inode, struct file *file)
{
	int cpu = trace_file_cpu(trace_dir_data(file)), error;
	struct trace_iterator *it;

	if ((file->f_mode & FMODE_WRITE) && (file->f_flags & O_TRUNC))
		trace_ring_reset(cpu);
	if (!(file->f_mode & FMODE_READ))
		return 0;
	it = trace_iterator_alloc(cpu);
	if (!it)
		return -ENOMEM;
	error = seq_open(file, &trace_sops);
	if (error)
		trace_iterator_free(it);
	else
		((struct seq_file *)file->private_data)->private = it;
	return error;
}

static int trace_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	if (!m)
		return 0;
	trace_iterator_free(m->private);
	return seq_release(inode, file);
}

static ssize_t trace_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);

	*pos += count;
	return count;
}

static loff_t trace_lseek(struct file *file, loff_t offset, int whence)
{
	if (file->private_data)
		return seq_lseek(file, offset, whence);
	file->f_pos = 0;
	return 0;
}

const struct file_operations trace_file_fops = {
	.open = trace_open,
	.read_iter = seq_read_iter,
	.write_iter = trace_write,
	.llseek = trace_lseek,
	.release = trace_release,
};
