/* SPDX-License-Identifier: MIT */
/*
 * per_cpu/cpuN/trace_pipe_raw: events in Linux's ring-buffer pages, which trace-cmd and its kin
 * read. Our ring has no such pages; they are made when somebody reads.
 *
 *	0     u64 time stamp, ns
 *	8     u64 commit: bytes of data; bit 31: events were lost before this page,
 *	      bit 30: how many is stored behind the data
 *	16    events: u32 header = type_len (5 bits) | time since the one before (27 bits) << 5
 *	        type_len 1..28: the entry has 4 * type_len bytes
 *	        0: its bytes, with this word, are in the next u32
 *	        30: no event but more time: the next u32 is time >> 27
 *
 * An entry is what follows the time stamp of our record, cut to the size of its event. One that is
 * larger than a page is cut.
 *
 * read(2) gives what there is, a page at most; splice(2) only full pages. poll(2) says ready when
 * the ring is filled to buffer_percent.
 * Locks: reader->lock, trace_access of the CPU inside while a page is made.
 * Linux's twins: kernel/trace/ring_buffer.c, trace.c.
 */
#include <vitrix/mm.h>
#include <vitrix/splice.h>
#include "control.h"

#define PAGE_HEADER	16U
#define PAGE_DATA	(PAGE_SIZE - PAGE_HEADER)
#define MISSED_EVENTS	(1U << 31)
#define MISSED_STORED	(1U << 30)
#define TIME_BITS	27
#define TIME_EXTEND	30
#define MAX_TYPE_LEN	28

struct raw_page {
	u64 stamp;
	u64 commit;
	u8 data[PAGE_DATA];
};

struct raw_reader {
	struct mutex lock;
	int cpu;
	struct trace_record *rec;
	struct raw_page *page;
	size_t given;			/* bytes of page that were read; PAGE_SIZE: all */
	unsigned int woken;		/* counts the ioctl that wakes */
};

/* ---------------------------------------------------------------- making a page */

/* A page under way. */
struct maker {
	struct raw_page *page;
	u32 used;
	u64 last;			/* time of the event before */
	unsigned int nr;
};

/* Bytes of the entry that mean something: events of one size lie in more slots than they need. */
static u32 entry_size(const struct trace_record *rec)
{
	u32 size = trace_record_size(rec) - sizeof(rec->stamp);
	const struct trace_event *event = trace_event_by_id(rec->type);
	const struct trace_field *last;

	if (!event || !event->nr_fields)
		return size;
	for (unsigned int i = 0; i < event->nr_fields; i++)
		if (!strncmp(event->fields[i].type, "__data_loc", 10))
			return size;
	last = &event->fields[event->nr_fields - 1];
	return last->size ? min(size, TRACE_ENTRY_SIZE + event->size) : size;
}

static void put_u32(struct maker *m, u32 value)
{
	memcpy(m->page->data + m->used, &value, sizeof(value));
	m->used += sizeof(value);
}

/* false: it does not fit any more. */
static bool add_event(struct maker *m, const struct trace_record *rec)
{
	u64 now = trace_record_ns(rec), delta;
	u32 size = ALIGN(entry_size(rec), 4), need;

	if (!m->nr)
		m->page->stamp = m->last = now;
	/* A record that began before the one it interrupted may be a little older. */
	delta = now > m->last ? now - m->last : 0;
	size = min(size, PAGE_DATA - 16U);
	need = 4 + size + (size > MAX_TYPE_LEN * 4 ? 4 : 0) + (delta >> TIME_BITS ? 8 : 0);
	if (m->used + need > PAGE_DATA)
		return false;
	if (delta >> TIME_BITS) {
		put_u32(m, TIME_EXTEND | (u32)(delta & ((1U << TIME_BITS) - 1)) << 5);
		put_u32(m, delta >> TIME_BITS);
		delta = 0;
	}
	if (size <= MAX_TYPE_LEN * 4) {
		put_u32(m, size / 4 | (u32)delta << 5);
	} else {
		put_u32(m, (u32)delta << 5);
		put_u32(m, size + 4);
	}
	memcpy(m->page->data + m->used, &rec->type, size);
	m->used += size;
	m->last = max(m->last, now);
	m->nr++;
	return true;
}

static void finish_page(struct maker *m, u64 lost)
{
	struct raw_page *page = m->page;

	page->commit = m->used;
	memset(page->data + m->used, 0, PAGE_DATA - m->used);
	if (!lost)
		return;
	page->commit |= MISSED_EVENTS;
	if (m->used + sizeof(lost) <= PAGE_DATA) {
		memcpy(page->data + m->used, &lost, sizeof(lost));
		page->commit |= MISSED_STORED;
	}
}

/*
 * Takes out what fills a page. full: only if there is more than that. false: nothing taken. What
 * was overwritten while we looked is told as lost before this page.
 */
static bool make_page(struct raw_reader *reader, struct raw_page *page, bool full)
{
	struct maker m = { .page = page };
	struct trace_ring_iter it, taken;
	bool ended = false;
	u64 lost;

	trace_access_lock(reader->cpu);
	trace_ring_iter_start(&it, reader->cpu);
	taken = it;
	while (trace_ring_iter_next(&it, reader->rec, &lost)) {
		ended = !add_event(&m, reader->rec);
		if (ended)
			break;
		taken = it;
	}
	if (m.nr && (ended || !full))
		finish_page(&m, trace_ring_iter_consume(&taken, m.nr));
	else
		m.nr = 0;
	if (!m.nr)
		trace_ring_skip_discarded(reader->cpu);
	trace_access_unlock(reader->cpu);
	return m.nr != 0;
}

/* ---------------------------------------------------------------- waiting */

/* Filled to buffer_percent, or, if that is 0, not empty. */
static bool filled(int cpu)
{
	size_t size, unread = trace_ring_unread(cpu, &size);
	unsigned int percent = trace_buffer_percent();

	return unread && unread >= size / 100 * percent;
}

/* ---------------------------------------------------------------- the file */

static int raw_release(struct inode *inode, struct file *file)
{
	struct raw_reader *reader = file->private_data;

	kvfree(reader->rec);
	kvfree(reader->page);
	kfree(reader);
	return 0;
}

static int raw_open(struct inode *inode, struct file *file)
{
	struct raw_reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock, LC_TRACE_READER);
	reader->cpu = trace_file_cpu(trace_dir_data(file));
	reader->given = PAGE_SIZE;
	reader->rec = kvmalloc(TRACE_RECORD_MAX, GFP_KERNEL);
	reader->page = kvmalloc(sizeof(*reader->page), GFP_KERNEL);
	file->private_data = reader;
	if (!reader->rec || !reader->page) {
		raw_release(inode, file);
		return -ENOMEM;
	}
	return nonseekable_open(inode, file);
}

/* The rest of the page that was begun, else a new one. 0: none there. */
static ssize_t copy_raw_page(struct raw_reader *reader, struct iov_iter *to)
{
	size_t n, done;

	if (reader->given == PAGE_SIZE) {
		if (iov_iter_count(to) <= PAGE_HEADER || !make_page(reader, reader->page, false))
			return 0;
		reader->given = 0;
	}
	n = min(PAGE_SIZE - reader->given, iov_iter_count(to));
	done = copy_to_iter((char *)reader->page + reader->given, n, to);
	reader->given += done;
	return done ? (ssize_t)done : -EFAULT;
}

static ssize_t raw_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct raw_reader *reader = file->private_data;
	ssize_t ret;

	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		mutex_lock(&reader->lock);
		ret = copy_raw_page(reader, to);
		mutex_unlock(&reader->lock);
		if (ret || !trace_ring_empty(reader->cpu))
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&trace_wait, !trace_ring_empty(reader->cpu)))
			return -EINTR;
	}
}

static void fill_pages(struct raw_reader *reader, struct splice_pages *sp, size_t nr)
{
	mutex_lock(&reader->lock);
	for (sp->nr = 0; sp->nr < min((size_t)sp->max, nr); sp->nr++) {
		struct page *page = alloc_page(GFP_USER);

		if (page && make_page(reader, page_address(page), true)) {
			sp->page[sp->nr] = page;
			sp->len[sp->nr] = PAGE_SIZE;
			continue;
		}
		if (page)
			put_page(page);
		break;
	}
	mutex_unlock(&reader->lock);
}

static ssize_t raw_splice_read(struct file *file, loff_t *pos, struct splice_pages *sp, size_t len,
			       unsigned int flags)
{
	struct raw_reader *reader = file->private_data;
	unsigned int woken = READ_ONCE(reader->woken);

	if (len < PAGE_SIZE)
		return -EINVAL;
	for (;;) {
		fill_pages(reader, sp, len / PAGE_SIZE);
		if (sp->nr)
			return sp->nr * PAGE_SIZE;
		if ((file->f_flags & O_NONBLOCK) || (flags & SPLICE_F_NONBLOCK))
			return -EAGAIN;
		if (wait_event_interruptible(&trace_wait, filled(reader->cpu) ||
					     !READ_ONCE(trace_recording) ||
					     READ_ONCE(reader->woken) != woken))
			return -EINTR;
		if (!READ_ONCE(trace_recording) || READ_ONCE(reader->woken) != woken)
			return -EAGAIN;
		/* Filled, but not with a page of events: no sleep stands before the next look. */
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/* Command 0 wakes whoever waits in this open file: trace-cmd stops its recorders so. */
static long raw_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct raw_reader *reader = file->private_data;

	if (cmd)
		return -ENOIOCTLCMD;
	WRITE_ONCE(reader->woken, reader->woken + 1);
	wake_up_all(&trace_wait);
	return 0;
}

static __poll_t raw_poll(struct file *file, poll_table *wait)
{
	struct raw_reader *reader = file->private_data;

	poll_wait(file, &trace_wait, wait);
	return filled(reader->cpu) ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_operations trace_pipe_raw_fops = {
	.open = raw_open,
	.read_iter = raw_read,
	.splice_read = raw_splice_read,
	.poll = raw_poll,
	.unlocked_ioctl = raw_ioctl,
	.release = raw_release,
	.llseek = no_llseek,
};
