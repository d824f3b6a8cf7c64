/* SPDX-License-Identifier: MIT */
/*
 * per_cpu/cpuN/records: the ring's records as they are (struct trace_record), each once. `walk`
 * reads this. A read gives whole records, as many as fit, and waits for the first.
 *
 *	{ stamp, type, flags, preempt_count, pid, data }   size: (stamp & 0xff) * 32 bytes
 *
 * If events were lost since the last read, a record of type EVENT_LOST comes first, whose data is
 * a u64: how many. A buffer that is too small for the next record is -EINVAL; 8192 bytes are
 * enough for any. O_NONBLOCK: -EAGAIN; a signal: -EINTR. poll(2) says ready when there is one.
 *
 * Two readers share the records. Locks: reader->lock, trace_access. Linux has no twin.
 */
#include <vitrix/mm.h>
#include "control.h"

#define BUFFER_SIZE	(64U * 1024)

struct record_reader {
	struct mutex lock;
	int cpu;
	void *buf;			/* BUFFER_SIZE */
	u64 lost;			/* not told yet */
};

static int records_open(struct inode *inode, struct file *file)
{
	struct record_reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock, LC_TRACE_READER);
	reader->cpu = trace_file_cpu(trace_dir_data(file));
	reader->buf = kvmalloc(BUFFER_SIZE, GFP_KERNEL);
	if (!reader->buf) {
		kfree(reader);
		return -ENOMEM;
	}
	file->private_data = reader;
	return nonseekable_open(inode, file);
}

static int records_release(struct inode *inode, struct file *file)
{
	struct record_reader *reader = file->private_data;

	kvfree(reader->buf);
	kfree(reader);
	return 0;
}

/*
 * Of the time of the record behind it, so that stamps never go back: a reader that merges CPUs
 * waits until nothing older can come.
 */
static size_t put_lost(struct record_reader *reader)
{
	struct trace_record *rec = reader->buf;
	const struct trace_record *next = reader->buf + TRACE_SLOT_SIZE;

	memset(rec, 0, TRACE_SLOT_SIZE);
	rec->stamp = (next->stamp & ~0xffULL) | 1;
	rec->type = EVENT_LOST;
	memcpy(rec->data, &reader->lost, sizeof(reader->lost));
	reader->lost = 0;
	return TRACE_SLOT_SIZE;
}

/* trace_access held. No record may have come since somebody looked: that fits, too. */
static bool next_fits(struct record_reader *reader, size_t room)
{
	struct trace_ring_iter it;
	u64 lost;

	trace_ring_iter_start(&it, reader->cpu);
	return !trace_ring_iter_next(&it, reader->buf, &lost) ||
	       trace_record_size(reader->buf) <= room;
}

/*
 * Fills the buffer up to size. What was lost came before what is read now, but is only known after;
 * so room for telling it is left at the front.
 */
static ssize_t take_records(struct record_reader *reader, size_t size, void **from)
{
	size_t got;
	bool fits;
	u64 lost;

	*from = reader->buf + TRACE_SLOT_SIZE;
	trace_access_lock(reader->cpu);
	got = trace_read_records(reader->cpu, *from, size - TRACE_SLOT_SIZE, &lost);
	fits = got || next_fits(reader, size - TRACE_SLOT_SIZE);
	trace_access_unlock(reader->cpu);
	reader->lost += lost;
	if (!fits)
		return -EINVAL;
	if (got && reader->lost) {
		*from = reader->buf;
		got += put_lost(reader);
	}
	return got;
}

static ssize_t records_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct record_reader *reader = file->private_data;
	size_t size = min(iov_iter_count(to), (size_t)BUFFER_SIZE);
	ssize_t ret;
	void *from;

	if (!iov_iter_count(to))
		return 0;
	if (size < 2 * TRACE_SLOT_SIZE)
		return -EINVAL;
	for (;;) {
		mutex_lock(&reader->lock);
		ret = take_records(reader, size, &from);
		if (ret > 0 && copy_to_iter(from, ret, to) < ret)
			ret = -EFAULT;
		mutex_unlock(&reader->lock);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&trace_wait, !trace_ring_empty(reader->cpu)))
			return -EINTR;
	}
}

static __poll_t records_poll(struct file *file, poll_table *wait)
{
	struct record_reader *reader = file->private_data;

	poll_wait(file, &trace_wait, wait);
	return trace_ring_empty(reader->cpu) ? 0 : EPOLLIN | EPOLLRDNORM;
}

const struct file_operations trace_records_fops = {
	.open = records_open,
	.read_iter = records_read,
	.poll = records_poll,
	.release = records_release,
	.llseek = no_llseek,
};
