/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs: bytes that go from writers to readers through a ring of pages.
 *
 *	bufs[]   . . [page, offset, len] [page, ...] [page, ...] . . .      head - tail slots in use
 *	              ^ tail: readers take here                   ^ head: writers add here
 *
 * A write fills whole pages; a small one is first merged into what is left of the last page. So a
 * write of up to PIPE_BUF (one page) needs at most one free slot, and is done in one go under the
 * mutex: atomic. Pages come with the first byte and go with the last; one is kept back for the next
 * write.
 *
 * pipe->mutex protects the ring and the counts of ends. Copies from and to the user happen under it
 * and may fault and sleep: it stands above mmap_lock in the order of locks. Sleepers are woken
 * after it is released, and only when the ring stops being empty (readers) or full (writers). A
 * sleeper is exclusive, so one byte wakes one reader; whoever leaves something for others passes
 * the wake-up on.
 * inode->i_lock protects i_pipe and pipe->files, the number of open files; the last
 * one frees the pipe.
 *
 * Called by the VFS; pipe(2) and opening FIFOs are in fs/fifo.c. pipe(7), fifo(7).
 * Linux's twin: fs/pipe.c. Left out: O_NOTIFICATION_PIPE.
 */
#include <vitrix/poll.h>
#include <vitrix/mm.h>
#include <vitrix/signal.h>
#include <asm/ioctls.h>
#include "pipe.h"

/* Takes from the first buffer. Bytes, or -EFAULT: they are still there. *last: a packet ended. */
static ssize_t pipe_read_buf(struct pipe_inode_info *pipe, struct iov_iter *to, bool *last)
{
	struct pipe_buffer *buf = pipe_buf(pipe, pipe->tail);
	size_t chars = min_t(size_t, buf->len, iov_iter_count(to));

	DEBUG_ASSERT(buf->len && buf->offset + buf->len <= PAGE_SIZE);
	if (unlikely(copy_page_to_iter(buf->page, buf->offset, chars, to) < chars))
		return -EFAULT;
	buf->offset += chars;
	buf->len -= chars;
	if (buf->packet) {	/* what did not fit into the reader's buffer is lost */
		buf->len = 0;
		*last = true;
	}
	if (!buf->len) {
		pipe_put_page(pipe, buf->page);
		buf->page = NULL;
		WRITE_ONCE(pipe->tail, pipe->tail + 1);
	}
	return chars;
}

__bounded_frame static ssize_t pipe_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool was_full, wake_next = false, wake_writer, last = false;
	ssize_t ret = 0, n;

	if (unlikely(!iov_iter_count(to)))
		return 0;
	mutex_lock(&pipe->mutex);
	was_full = pipe_full(pipe);
	for (;;) {
		if (!pipe_empty(pipe)) {
			n = pipe_read_buf(pipe, to, &last);
			if (unlikely(n < 0)) {
				ret = ret ? ret : n;
				break;
			}
			ret += n;
			if (last || !iov_iter_count(to))
				break;
			continue;
		}
		if (!pipe->writers || ret)
			break;
		if ((file->f_flags & O_NONBLOCK)) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->mutex);
		/* ret is 0: nothing was taken since was_full was read, no writer is to be woken. */
		if (wait_event_interruptible_exclusive(&pipe->rd_wait, pipe_readable(pipe)))
			return -ERESTARTSYS;
		mutex_lock(&pipe->mutex);
		was_full = pipe_full(pipe);
		wake_next = true;
	}
	wake_next = wake_next && !pipe_empty(pipe);
	wake_writer = was_full && !pipe_full(pipe);
	mutex_unlock(&pipe->mutex);
	if (wake_writer)
		wake_writers(pipe);
	if (wake_next)
		wake_readers(pipe);
	kill_fasync(&pipe->fasync_writers, POLL_OUT);
	if (ret > 0 && !(file_inode(file)->i_flags & S_PRIVATE_FLAG))
		file_accessed(file);
	return ret;
}

/* Appends to the last page what goes beyond whole pages, if all of it fits. Bytes or -EFAULT. */
static ssize_t pipe_merge(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t chars = iov_iter_count(from) & (PAGE_SIZE - 1);
	struct pipe_buffer *buf;

	if (!chars || pipe_empty(pipe))
		return 0;
	buf = pipe_buf(pipe, pipe->head - 1);
	if (!buf->merge || buf->offset + buf->len + chars > PAGE_SIZE)
		return 0;
	if (unlikely(copy_page_from_iter(buf->page, buf->offset + buf->len, chars, from) < chars))
		return -EFAULT;
	buf->len += chars;
	return chars;
}

/* Fills one free slot. Bytes, -ENOMEM or -EFAULT. */
static ssize_t pipe_write_buf(struct pipe_inode_info *pipe, struct iov_iter *from, bool packet)
{
	size_t chars = min_t(size_t, iov_iter_count(from), PAGE_SIZE);
	struct page *page = pipe_get_page(pipe);

	if (unlikely(!page))
		return -ENOMEM;
	if (unlikely(copy_page_from_iter(page, 0, chars, from) < chars)) {
		pipe_put_page(pipe, page);
		return -EFAULT;
	}
	*pipe_buf(pipe, pipe->head) = (struct pipe_buffer){
		.page = page, .len = chars, .packet = packet, .merge = !packet };
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return chars;
}

__bounded_frame static ssize_t pipe_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool was_empty, wake_next = false, wake_reader;
	ssize_t ret = 0, n;

	if (unlikely(!iov_iter_count(from)))
		return 0;
	mutex_lock(&pipe->mutex);
	was_empty = pipe_empty(pipe);
	if (likely(pipe->readers)) {
		ret = pipe_merge(pipe, from);
		if (ret < 0 || !iov_iter_count(from))
			goto out;
	}
	for (;;) {
		if (unlikely(!pipe->readers)) {
			send_sig(SIGPIPE, current, 0);
			ret = ret ? ret : -EPIPE;
			break;
		}
		if (!pipe_full(pipe)) {
			n = pipe_write_buf(pipe, from, file->f_flags & O_DIRECT);
			if (unlikely(n < 0)) {
				ret = ret ? ret : n;
				break;
			}
			ret += n;
			if (!iov_iter_count(from))
				break;
			continue;
		}
		if (file->f_flags & O_NONBLOCK) {
			ret = ret ? ret : -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			ret = ret ? ret : -ERESTARTSYS;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (was_empty)
			wake_readers(pipe);
		kill_fasync(&pipe->fasync_readers, POLL_IN);
		/* A signal is seen by the loop above. */
		wait_event_interruptible_exclusive(&pipe->wr_wait, pipe_writable(pipe));
		mutex_lock(&pipe->mutex);
		was_empty = pipe_empty(pipe);
		wake_next = true;
	}
out:
	wake_next = wake_next && !pipe_full(pipe);
	wake_reader = (was_empty || pipe->poll_usage) && !pipe_empty(pipe);
	mutex_unlock(&pipe->mutex);
	if (wake_reader)
		wake_readers(pipe);
	if (wake_next)
		wake_writers(pipe);
	kill_fasync(&pipe->fasync_readers, POLL_IN);
	if (ret > 0 && !(file_inode(file)->i_flags & S_PRIVATE_FLAG))
		file_update_time(file);
	return ret;
}

/* Without the mutex: what it tells may be over when the caller reads it, as with every poll. */
static __poll_t pipe_poll(struct file *file, poll_table *wait)
{
	struct pipe_inode_info *pipe = file->private_data;
	__poll_t mask = 0;

	/* Edge-triggered pollers want to hear of each write. */
	WRITE_ONCE(pipe->poll_usage, true);
	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd_wait, wait);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr_wait, wait);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(pipe))
			mask |= EPOLLIN | EPOLLRDNORM;
		/* A FIFO that nobody has opened for writing since we opened it has not hung up. */
		if (!READ_ONCE(pipe->writers) && file->f_version != READ_ONCE(pipe->w_counter))
			mask |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(pipe))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(pipe->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;
	int count = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&pipe->mutex);
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		count += pipe_buf(pipe, n)->len;
	mutex_unlock(&pipe->mutex);
	return put_user(count, (int *)arg);
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	if (file->f_mode & FMODE_WRITE)
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	ASSERT((int)pipe->readers >= 0 && (int)pipe->writers >= 0);
	/* One side has gone altogether: the other one's sleepers see the end. */
	if (!pipe->readers != !pipe->writers) {
		__wake_up(&pipe->rd_wait, TASK_INTERRUPTIBLE, 0,
			  (void *)(unsigned long)(EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP));
		__wake_up(&pipe->wr_wait, TASK_INTERRUPTIBLE, 0,
			  (void *)(unsigned long)(EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP));
		kill_fasync(&pipe->fasync_readers, POLL_IN);
		kill_fasync(&pipe->fasync_writers, POLL_OUT);
	}
	mutex_unlock(&pipe->mutex);
	put_pipe_info(inode, pipe);
	return 0;
}

static int pipe_fasync(int fd, struct file *file, int on)
{
	struct pipe_inode_info *pipe = file->private_data;
	int error = 0;

	if (file->f_mode & FMODE_READ)
		error = fasync_helper(fd, file, on, &pipe->fasync_readers);
	if (!error && (file->f_mode & FMODE_WRITE)) {
		error = fasync_helper(fd, file, on, &pipe->fasync_writers);
		if (error && (file->f_mode & FMODE_READ))
			fasync_helper(fd, file, 0, &pipe->fasync_readers);
	}
	return error;
}

const struct file_operations pipefifo_fops = {
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
	.open = fifo_open,
	.release = pipe_release,
	.fasync = pipe_fasync,
};
