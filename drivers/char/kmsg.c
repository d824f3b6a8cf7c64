/* SPDX-License-Identifier: MIT */
/*
 * /dev/kmsg: the log, one record for each read(2), and a way in for programs.
 *
 *	read     "6,339,5140900,-;text\n"   facility << 3 | level, sequence number, microseconds
 *	write    "<14>text"                 without a number: user facility, level warning
 *
 * Each open file has its own place. A record that was overwritten before it was read is told once,
 * as EPIPE; reading then goes on with the oldest that is left. The format:
 * Documentation/ABI/testing/dev-kmsg of Linux. Linux's twin: devkmsg_* in kernel/printk/printk.c.
 */
#include <vitrix/poll.h>
#include <vitrix/printk.h>
#include <vitrix/printf.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/kstrtox.h>
#include <linux/fs.h>
#include "kmsg.h"

#define PREFIX_MAX	64
#define LOG_USER	1	/* facility of syslog(3) */
#define DEFAULT_LEVEL	4

struct kmsg_reader {
	struct mutex lock;
	u64 seq;			/* next record to read; lock */
	char text[LOG_LINE_MAX];	/* lock */
	/* as it goes out: at worst each byte is written as \xNN; lock */
	char out[PREFIX_MAX + 4 * LOG_LINE_MAX + 1];
};

static int kmsg_open(struct inode *inode, struct file *file)
{
	struct kmsg_reader *reader;
	int error;

	if ((file->f_flags & O_ACCMODE) == O_WRONLY)
		return 0;
	error = check_syslog_permissions(SYSLOG_ACTION_READ_ALL);
	if (error)
		return error;
	reader = kmalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock, LC_KMSG);
	reader->seq = log_first_seq();
	file->private_data = reader;
	return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

/* reader->lock held. Length of the record in reader->out. */
static size_t format_record(struct kmsg_reader *reader, const struct log_entry *e)
{
	size_t n = scnprintf(reader->out, PREFIX_MAX, "%u,%llu,%llu,-;",
			     e->facility << 3 | e->level, e->seq, e->ts_nsec / 1000);

	for (unsigned int i = 0; i < e->len; i++) {
		unsigned char c = reader->text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			n += scnprintf(reader->out + n, sizeof(reader->out) - n, "\\x%02x", c);
		else
			reader->out[n++] = c;
	}
	reader->out[n++] = '\n';
	ASSERT(n <= sizeof(reader->out));
	return n;
}

/* reader->lock held. 0: there is no record yet. */
static ssize_t read_record(struct kmsg_reader *reader, struct iov_iter *to)
{
	struct log_entry entry;
	u64 seq = reader->seq;
	size_t n;

	if (!log_read(&seq, &entry, reader->text))
		return 0;
	if (seq != reader->seq) {
		reader->seq = seq;
		return -EPIPE;
	}
	n = format_record(reader, &entry);
	if (n > iov_iter_count(to))
		return -EINVAL;
	if (copy_to_iter(reader->out, n, to) != n)
		return -EFAULT;
	reader->seq = seq + 1;
	return n;
}

static ssize_t kmsg_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct kmsg_reader *reader = file->private_data;
	ssize_t ret;
	int error;

	if (!reader)
		return -EBADF;
	for (;;) {
		if (mutex_lock_interruptible(&reader->lock))
			return -ERESTARTSYS;
		ret = read_record(reader, to);
		mutex_unlock(&reader->lock);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		log_wait_for(READ_ONCE(reader->seq), &error);
		if (error)
			return error;
	}
}

static ssize_t kmsg_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t len = iov_iter_count(from);
	unsigned int prio = LOG_USER << 3 | DEFAULT_LEVEL;
	char *buf, *text, *end;

	if (len >= LOG_LINE_MAX)
		return -EINVAL;
	buf = kmalloc(len + 1, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (copy_from_iter(buf, len, from) != len) {
		kfree(buf);
		return -EFAULT;
	}
	buf[len] = '\0';
	text = buf;
	if (buf[0] == '<') {
		unsigned int n = simple_strtoul(buf + 1, &end, 10);

		if (*end == '>') {
			/* A program cannot speak as the kernel: facility 0 stays LOG_USER. */
			prio = n >> 3 ? n & 0x7ff : LOG_USER << 3 | (n & 7);
			text = end + 1;
		}
	}
	end = buf + len;
	if (end > text && end[-1] == '\n')
		end--;
	log_write(prio >> 3, prio & 7, text, end - text);
	kfree(buf);
	return len;
}

static loff_t kmsg_llseek(struct file *file, loff_t offset, int whence)
{
	struct kmsg_reader *reader = file->private_data;
	u64 seq;

	if (!reader)
		return -EBADF;
	if (offset)
		return -ESPIPE;
	switch (whence) {
	case SEEK_SET:
		seq = log_first_seq();
		break;
	case SEEK_DATA:
		seq = log_clear_seq();
		break;
	case SEEK_END:
		seq = log_next_seq();
		break;
	default:
		return -EINVAL;
	}
	mutex_lock(&reader->lock);
	reader->seq = seq;
	mutex_unlock(&reader->lock);
	return 0;
}

static __poll_t kmsg_poll(struct file *file, poll_table *wait)
{
	struct kmsg_reader *reader = file->private_data;
	u64 seq;

	if (!reader)
		return EPOLLERR | EPOLLNVAL;
	poll_wait(file, &log_wait, wait);
	seq = READ_ONCE(reader->seq);
	if (seq < log_first_seq())
		return EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLPRI;
	return seq < log_next_seq() ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_operations kmsg_fops = {
	.open = kmsg_open,
	.release = kmsg_release,
	.read_iter = kmsg_read,
	.write_iter = kmsg_write,
	.llseek = kmsg_llseek,
	.poll = kmsg_poll,
};
