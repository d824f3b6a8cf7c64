/* SPDX-License-Identifier: MIT */
/*
 * trace_marker: what a program writes becomes an event ftrace/print, in its place among the others.
 * A write is one event, of 1024 bytes at most; a longer one is a short write. The text ends with a
 * newline, which is added if it is not there.
 *
 * The user's bytes are copied before a record is reserved: that copy may sleep, and the holder of a
 * record may not. Linux's twin: kernel/trace/trace.c. Left out: trace_marker_raw.
 */
#include "control.h"

#define MARKER_MAX 1024U

static int marker_open(struct inode *inode, struct file *file)
{
	int error = trace_ring_alloc();

	return error ? error : stream_open(inode, file);
}

/* The symbol that the event bears. */
static noinline ssize_t tracing_mark_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = min(iov_iter_count(from), (size_t)MARKER_MAX), size;
	struct trace_raw_print *rec;
	char *text;

	if (!trace_opt(TRACE_OPT_MARKERS))
		return -EINVAL;
	if (!count)
		return 0;
	text = kmalloc(count + 2, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (copy_from_iter(text, count, from) != count) {
		kfree(text);
		return -EFAULT;
	}
	size = count;
	if (text[size - 1] != '\n')
		text[size++] = '\n';
	text[size++] = '\0';
	/* To the end of its last slot, so that nothing old is behind the text. */
	rec = trace_reserve(EVENT_print, ALIGN(sizeof(struct trace_record) + sizeof(*rec) + size,
					       TRACE_SLOT_SIZE) - sizeof(struct trace_record));
	if (!rec) {
		kfree(text);
		return -EBADF;	/* switched off: as if it were not open for writing */
	}
	rec->ip = (unsigned long)tracing_mark_write;
	memcpy(rec->buf, text, size);
	memset(rec->buf + size, 0, ALIGN(sizeof(struct trace_record) + sizeof(*rec) + size,
					 TRACE_SLOT_SIZE) - sizeof(struct trace_record) -
	       sizeof(*rec) - size);
	trace_commit(rec);
	kfree(text);
	*pos += count;
	return count;
}

static const struct file_operations marker_fops = {
	.open = marker_open,
	.write_iter = tracing_mark_write,
	.llseek = no_llseek,
};

static const struct kernfs_entry files[] = {
	{ "trace_marker", 0220, .fops = &marker_fops },
	{ }
};
static struct kernfs_table table = { .files = files };

static int __init trace_marker_init(void)
{
	tracefs_register(&table);
	return 0;
}
device_initcall(trace_marker_init);
