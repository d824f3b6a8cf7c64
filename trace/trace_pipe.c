/* SPDX-License-Identifier: MIT */
/*
 * trace_pipe and per_cpu/cpuN/trace_pipe: each event once, as text, waiting for more. It ends (a
 * read of 0 bytes) when tracing is switched off after something was read.
 *
 * One open file at a time reads a CPU's events this way: more would share them, each with holes.
 * A line is made from a record before that is taken out of its ring; what of it did not fit into
 * the reader's buffer waits in the open file for the next read.
 * Locks: reader->lock around a read, trace_access inside. Linux's twin: kernel/trace/trace.c.
 */
#include <vitrix/percpu.h>
#include "control.h"

struct pipe_reader {
	struct mutex lock;
	struct trace_iterator *it;
	size_t left;			/* the end of the text in it->seq that nobody has read */
	bool read_any;
};

static unsigned long open_cpus;		/* those whose events have a reader; trace_types_lock */

static unsigned long cpus_of(int cpu)
{
	static_assert(NR_CPUS <= 64, "open_cpus is one word");
	return cpu < 0 ? ~0UL : 1UL << cpu;
}

static bool claim_cpus(int cpu)
{
	bool free;

	mutex_lock(&trace_types_lock);
	free = !(open_cpus & cpus_of(cpu));
	if (free)
		open_cpus |= cpus_of(cpu);
	mutex_unlock(&trace_types_lock);
	return free;
}

static void release_cpus(int cpu)
{
	mutex_lock(&trace_types_lock);
	open_cpus &= ~cpus_of(cpu);
	mutex_unlock(&trace_types_lock);
}

static int pipe_open(struct inode *inode, struct file *file)
{
	int cpu = trace_file_cpu(trace_dir_data(file));
	struct pipe_reader *reader;

	if (!claim_cpus(cpu))
		return -EBUSY;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (reader)
		reader->it = trace_iterator_alloc(cpu);
	if (!reader || !reader->it) {
		kfree(reader);
		release_cpus(cpu);
		return -ENOMEM;
	}
	mutex_init(&reader->lock, LC_TRACE_READER);
	file->private_data = reader;
	return nonseekable_open(inode, file);
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_reader *reader = file->private_data;

	release_cpus(reader->it->cpu);
	trace_iterator_free(reader->it);
	kfree(reader);
	return 0;
}

/* The next line into it->seq, and its record out of the ring. false: there is none. */
static bool take_line(struct pipe_reader *reader)
{
	struct trace_iterator *it = reader->it;
	u64 lost;

	it->graph = current_tracer_is_graph();
	trace_access_lock(it->cpu);
	trace_iterator_start(it);
	if (!trace_iterator_next(it)) {
		trace_rings_skip_discarded(it->cpu);
		trace_access_unlock(it->cpu);
		return false;
	}
	trace_print_line(it);
	lost = trace_iterator_consume(it);
	trace_access_unlock(it->cpu);
	if (lost)
		trace_prepend_lost(it, lost);
	reader->left = it->seq.len;
	return true;
}

/* Whole and partial lines until the reader has enough or there are no more. */
static ssize_t copy_lines(struct pipe_reader *reader, struct iov_iter *to)
{
	size_t done = 0, part, n;

	while (iov_iter_count(to)) {
		if (!reader->left && !take_line(reader))
			break;
		part = min(reader->left, iov_iter_count(to));
		n = copy_to_iter(reader->it->seq.buf + reader->it->seq.len - reader->left, part,
				 to);
		reader->left -= n;
		done += n;
		if (n < part)
			return done ? done : -EFAULT;
		if (need_resched() && done)
			break;
	}
	return done;
}

static bool at_end(const struct pipe_reader *reader)
{
	return reader->read_any && !READ_ONCE(trace_recording);
}

static ssize_t pipe_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct pipe_reader *reader = file->private_data;
	int cpu = reader->it->cpu;
	ssize_t ret = 0;

	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		mutex_lock(&reader->lock);
		ret = copy_lines(reader, to);
		reader->read_any |= ret > 0;
		mutex_unlock(&reader->lock);
		if (ret)
			return ret;
		if (!trace_rings_empty(cpu)) {
			/* Only records without a line of their own so far, or no memory to look. */
			if (signal_pending(current))
				return -EINTR;
			cond_resched();
			continue;
		}
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (at_end(reader))
			return 0;
		if (wait_event_interruptible(&trace_wait,
					     !trace_rings_empty(cpu) || at_end(reader)))
			return -EINTR;
	}
}

static __poll_t pipe_poll(struct file *file, poll_table *wait)
{
	struct pipe_reader *reader = file->private_data;

	poll_wait(file, &trace_wait, wait);
	return READ_ONCE(reader->left) || !trace_rings_empty(reader->it->cpu) ?
	       EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_operations trace_pipe_fops = {
	.open = pipe_open,
	.read_iter = pipe_read,
	.poll = pipe_poll,
	.release = pipe_release,
	.llseek = no_llseek,
	.splice_read = generic_file_splice_read,
};
