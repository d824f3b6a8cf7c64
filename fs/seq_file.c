/* SPDX-License-Identifier: MIT */
/*
 * Text files made on the fly (most of /proc): a list of records, each printed when it is read.
 *
 *	start(&index) -> show -> next(&index) -> show -> ... -> stop
 *
 *	buf [ from:  count bytes not yet read ....... | room ]   size
 *
 * A record is never split over a stop: if it does not fit the buffer, the buffer doubles and the
 * record is shown again. What a read did not take stays in the buffer for the next one. read_pos is
 * the place in the file that the buffer's first byte stands for; a read from elsewhere starts over
 * and skips.
 *
 * Locks: m->lock (LC_SEQ_FILE, outside of whatever show() may take) over each operation. start()
 * may take locks that stop() drops. Linux's twin: fs/seq_file.c.
 */
#include <vitrix/slab.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <vitrix/printf.h>
#include <linux/fs.h>
#include "internal.h"

/* Nothing fits any more: show() is called again with a larger buffer. */
static bool overflowed(const struct seq_file *m)
{
	return m->count == m->size;
}

static void set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m;

	ASSERT(!file->private_data);
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock, LC_SEQ_FILE);
	m->op = op;
	m->file = file;
	file->private_data = m;
	/* Who writes takes the text as one piece: an offset has no meaning, as on Linux. */
	file->f_mode &= ~FMODE_PWRITE;
	return 0;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
	return 0;
}

/* Twice the room, empty. */
static int grow(struct seq_file *m)
{
	size_t size = m->buf ? m->size * 2 : PAGE_SIZE;

	kvfree(m->buf);
	m->count = 0;
	m->buf = kvmalloc(size, GFP_KERNEL);
	m->size = m->buf ? size : 0;
	return m->buf ? 0 : -ENOMEM;
}

/*
 * Fills the empty buffer with one record, and more as long as they fit and `want` is not reached.
 * m->count 0 afterwards: the end, or *error.
 */
static void fill(struct seq_file *m, size_t want, int *error)
{
	void *p;
	int err = 0;

	m->from = 0;
	p = m->op->start(m, &m->index);
	while (p && !IS_ERR(p)) {
		size_t before = m->count;

		err = m->op->show(m, p);
		if (err < 0) {
			m->count = before;
			break;
		}
		if (err > 0) {		/* not this record */
			m->count = before;
			err = 0;
		} else if (overflowed(m)) {
			m->count = before;
			if (before)
				break;	/* shown again by the next fill() */
			m->op->stop(m, p);
			err = grow(m);
			if (err) {
				*error = err;
				return;
			}
			p = m->op->start(m, &m->index);
			continue;
		}
		p = m->op->next(m, p, &m->index);
		if (m->count >= want)
			break;
	}
	if (IS_ERR(p))
		err = PTR_ERR(p);
	m->op->stop(m, p);
	*error = err;
}

/* Makes m->read_pos be pos: from the start, throwing away. */
static int traverse(struct seq_file *m, loff_t pos)
{
	int error = 0;

	m->index = 0;
	m->from = m->count = 0;
	m->read_pos = 0;
	while (m->read_pos < pos) {
		size_t skip;

		if (!m->buf && grow(m))
			return -ENOMEM;
		fill(m, 1, &error);
		if (!m->count)
			return error;
		skip = min((u64)m->count, (u64)(pos - m->read_pos));
		m->from += skip;
		m->count -= skip;
		m->read_pos += skip;
		if (!m->count)
			m->from = 0;
	}
	return 0;
}

ssize_t seq_read_iter(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	size_t copied = 0, n;
	int error = 0;

	if (!iov_iter_count(to))
		return 0;
	mutex_lock(&m->lock);
	if (*pos != m->read_pos) {
		error = traverse(m, *pos);
		if (error)
			goto out;
		m->read_pos = *pos;
	}
	if (!m->buf && grow(m)) {
		error = -ENOMEM;
		goto out;
	}
	while (iov_iter_count(to)) {
		if (!m->count) {
			fill(m, iov_iter_count(to), &error);
			if (!m->count)
				break;
		}
		n = copy_to_iter(m->buf + m->from, min(m->count, iov_iter_count(to)), to);
		m->from += n;
		m->count -= n;
		copied += n;
		if (m->count)
			break;	/* the reader has enough, or its memory faulted */
	}
	if (!copied && m->count)
		error = -EFAULT;
out:
	if (copied) {
		*pos += copied;
		m->read_pos += copied;
	}
	mutex_unlock(&m->lock);
	return copied ? copied : error;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	struct seq_file *m = file->private_data;
	loff_t ret = -EINVAL;

	mutex_lock(&m->lock);
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	if ((whence == SEEK_SET || whence == SEEK_CUR) && offset >= 0) {
		ret = offset;
		if (offset != m->read_pos) {
			int error = traverse(m, offset);

			if (error)
				ret = error;
			m->read_pos = offset;
		}
		if (ret >= 0)
			file->f_pos = offset;
	}
	mutex_unlock(&m->lock);
	return ret;
}

/* ---------------------------------------------------------------- a single record */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : (void *)1;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

/* m->private is data. */
int single_open(struct file *file, int (*show)(struct seq_file *, void *), void *data)
{
	struct seq_operations *op = kmalloc(sizeof(*op), GFP_KERNEL);
	int error;

	if (!op)
		return -ENOMEM;
	*op = (struct seq_operations){ .start = single_start, .next = single_next,
				       .stop = single_stop, .show = show };
	error = seq_open(file, op);
	if (error)
		kfree(op);
	else
		((struct seq_file *)file->private_data)->private = data;
	return error;
}

/* The same for a file whose pwrite(2) has a meaning, as where Linux's twin is no seq_file. */
int single_open_pwrite(struct file *file, int (*show)(struct seq_file *, void *), void *data)
{
	int error = single_open(file, show, data);

	file->f_mode |= FMODE_PWRITE;
	return error;
}

int single_release(struct inode *inode, struct file *file)
{
	const struct seq_operations *op = ((struct seq_file *)file->private_data)->op;

	seq_release(inode, file);
	kfree(op);
	return 0;
}

/* ---------------------------------------------------------------- printing */

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	int len;

	if (overflowed(m))
		return;
	va_start(args, fmt);
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	va_end(args);
	if (m->count + len < m->size)
		m->count += len;
	else
		set_overflow(m);
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len < m->size) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
	} else {
		set_overflow(m);
	}
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

/* The path as the reader sees it. */
void seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	char *buf = kmalloc(PATH_MAX, GFP_ATOMIC), *p;

	if (!buf) {
		set_overflow(m);
		return;
	}
	p = d_path(path, buf, PATH_MAX);
	seq_escape(m, IS_ERR(p) ? "?" : p, esc);
	kfree(buf);
}
