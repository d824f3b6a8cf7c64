/* SPDX-License-Identifier: MIT */
/*
 * Pipes among themselves and with user memory: splice(2) from pipe to pipe, tee(2), vmsplice(2);
 * and what they share with fs/splice.c, which knows files.
 *
 *	pipe -> pipe    buffers change rings: no byte is copied
 *	tee             both rings refer to the same page; neither may write behind its part
 *	vmsplice        user memory is copied (Linux lends the user's page itself, which shows only
 *	                to a program that writes there afterwards)
 *
 * Locks: pipe->mutex; two of them in the order of their addresses. Sleeping and waking as in
 * fs/pipe.c. Linux's twin: fs/splice.c.
 */
#include <vitrix/splice.h>
#include <vitrix/slab.h>
#include <vitrix/signal.h>
#include <generated/syscalls.h>
#include "internal.h"
#include "pipe.h"

/*
 * ---------------------------------------------------------------- waiting, mutex held
 *
 * Not exclusively: who waits for two pipes, or gives up in between, would keep to himself a wake-up
 * that a reader or writer is asleep for.
 */

/* A writer finds nobody who would read. */
int pipe_no_readers(void)
{
	send_sig(SIGPIPE, current, 0);
	return -EPIPE;
}

/* Until a slot is free. 0, -EPIPE (with SIGPIPE), -EAGAIN, -ERESTARTSYS. */
int pipe_wait_for_room(struct pipe_inode_info *pipe, unsigned int flags)
{
	int error;

	for (;;) {
		if (!pipe->readers)
			return pipe_no_readers();
		if (!pipe_full(pipe))
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&pipe->mutex);
		error = wait_event_interruptible(&pipe->wr_wait, pipe_writable(pipe));
		mutex_lock(&pipe->mutex);
		if (error)
			return error;
	}
}

/* Until there is data, or nobody who could bring any (0, too). */
int pipe_wait_for_data(struct pipe_inode_info *pipe, unsigned int flags)
{
	int error;

	while (pipe_empty(pipe) && pipe->writers) {
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&pipe->mutex);
		error = wait_event_interruptible(&pipe->rd_wait, pipe_readable(pipe));
		mutex_lock(&pipe->mutex);
		if (error)
			return error;
	}
	return 0;
}

/*
 * After the mutex: whoever may go on now. More than needed at times, which is harmless.
 */
void wake_pipe(struct pipe_inode_info *pipe)
{
	if (!pipe_empty(pipe)) {
		wake_readers(pipe);
		kill_fasync(&pipe->fasync_readers, POLL_IN);
	}
	if (!pipe_full(pipe)) {
		wake_writers(pipe);
		kill_fasync(&pipe->fasync_writers, POLL_OUT);
	}
}

/* mutex held: n bytes from the tail on are through. */
void pipe_take_bytes(struct pipe_inode_info *pipe, size_t n)
{
	while (n) {
		struct pipe_buffer *buf = pipe_buf(pipe, pipe->tail);
		size_t part = min(n, (size_t)buf->len);

		buf->offset += part;
		buf->len -= part;
		n -= part;
		if (!buf->len) {
			pipe_put_page(pipe, buf->page);
			buf->page = NULL;
			WRITE_ONCE(pipe->tail, pipe->tail + 1);
		}
	}
}

/* ---------------------------------------------------------------- pipe -> pipe */

static void lock_two(struct pipe_inode_info *a, struct pipe_inode_info *b)
{
	ASSERT(a != b);
	if (a > b)
		swap(a, b);
	mutex_lock(&a->mutex);
	mutex_lock(&b->mutex);
}

static void unlock_two(struct pipe_inode_info *a, struct pipe_inode_info *b)
{
	mutex_unlock(&a->mutex);
	mutex_unlock(&b->mutex);
}

/* No locks: waits until it looks as if something could go from in to out. */
static int wait_for_both(struct pipe_inode_info *in, struct pipe_inode_info *out,
			 unsigned int flags)
{
	int error;

	mutex_lock(&in->mutex);
	error = pipe_wait_for_data(in, flags);
	mutex_unlock(&in->mutex);
	if (error)
		return error;
	mutex_lock(&out->mutex);
	error = pipe_wait_for_room(out, flags);
	mutex_unlock(&out->mutex);
	return error;
}

/* Both locked: moves up to len bytes from the tail of in to the head of out. */
static size_t move_buffer(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len)
{
	struct pipe_buffer *from = pipe_buf(in, in->tail), *to = pipe_buf(out, out->head);

	*to = *from;
	if (from->len <= len) {
		from->page = NULL;
		WRITE_ONCE(in->tail, in->tail + 1);
	} else {
		get_page(from->page);
		to->len = len;
		to->merge = false;	/* what follows in the page is from's */
		from->offset += len;
		from->len -= len;
	}
	WRITE_ONCE(out->head, out->head + 1);
	return to->len;
}

ssize_t splice_pipe_to_pipe(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len,
			    unsigned int flags)
{
	ssize_t done = 0;
	int error;

again:
	error = wait_for_both(in, out, flags);
	if (error)
		return error;
	lock_two(in, out);
	while (len) {
		if (!out->readers) {
			error = pipe_no_readers();
			break;
		}
		if (pipe_empty(in) || pipe_full(out)) {
			if (done || (pipe_empty(in) && !in->writers))
				break;
			unlock_two(in, out);	/* others were faster */
			goto again;
		}
		size_t n = move_buffer(in, out, len);

		done += n;
		len -= n;
	}
	unlock_two(in, out);
	wake_pipe(out);
	wake_pipe(in);
	return done ? done : error;
}

/* Both locked. */
static ssize_t share_buffers(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len)
{
	ssize_t done = 0;

	for (unsigned int i = in->tail; len && i != in->head && !pipe_full(out); i++) {
		struct pipe_buffer *to = pipe_buf(out, out->head);

		*to = *pipe_buf(in, i);
		get_page(to->page);
		to->merge = false;
		to->len = min((size_t)to->len, len);
		WRITE_ONCE(out->head, out->head + 1);
		done += to->len;
		len -= to->len;
	}
	return done;
}

static ssize_t do_tee(struct file *in_file, struct file *out_file, size_t len, unsigned int flags)
{
	struct pipe_inode_info *in = file_pipe(in_file), *out = file_pipe(out_file);
	ssize_t ret;

	if (!(in_file->f_mode & FMODE_READ) || !(out_file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!in || !out || in == out)
		return -EINVAL;
	if ((in_file->f_flags | out_file->f_flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	ret = wait_for_both(in, out, flags);
	if (ret)
		return ret;
	lock_two(in, out);
	ret = out->readers ? share_buffers(in, out, len) : pipe_no_readers();
	unlock_two(in, out);
	wake_pipe(out);
	wake_pipe(in);
	return ret;
}

/* ---------------------------------------------------------------- user memory <-> pipe */

/* As far as there is room: what does not fit is the caller's to try again. */
static ssize_t user_to_pipe(struct pipe_inode_info *pipe, struct iov_iter *from, unsigned int flags)
{
	ssize_t done = 0;
	int error;

	mutex_lock(&pipe->mutex);
	error = pipe_wait_for_room(pipe, flags);
	while (!error && iov_iter_count(from) && !pipe_full(pipe)) {
		struct page *page = alloc_page(GFP_USER);
		size_t n;

		if (!page) {
			error = -ENOMEM;
			break;
		}
		n = copy_page_from_iter(page, 0, min(iov_iter_count(from), (size_t)PAGE_SIZE),
					from);
		if (!n) {
			put_page(page);
			error = -EFAULT;
			break;
		}
		*pipe_buf(pipe, pipe->head) = (struct pipe_buffer){ .page = page, .len = n };
		WRITE_ONCE(pipe->head, pipe->head + 1);
		done += n;
	}
	mutex_unlock(&pipe->mutex);
	wake_pipe(pipe);
	return done ? done : error;
}

static ssize_t pipe_to_user(struct pipe_inode_info *pipe, struct iov_iter *to, unsigned int flags)
{
	ssize_t done = 0;
	int error = 0;

	mutex_lock(&pipe->mutex);
	while (iov_iter_count(to) && !(done && pipe_empty(pipe))) {
		struct pipe_buffer *buf;
		size_t n;

		error = pipe_wait_for_data(pipe, flags);
		if (error || pipe_empty(pipe))
			break;
		buf = pipe_buf(pipe, pipe->tail);
		n = copy_page_to_iter(buf->page, buf->offset,
				      min((size_t)buf->len, iov_iter_count(to)), to);
		if (!n) {
			error = -EFAULT;
			break;
		}
		pipe_take_bytes(pipe, n);
		done += n;
	}
	mutex_unlock(&pipe->mutex);
	wake_pipe(pipe);
	return done ? done : error;
}

static ssize_t do_vmsplice(struct file *file, const struct iovec __user *uiov,
			   unsigned long nr_segs, unsigned int flags)
{
	struct pipe_inode_info *pipe = file_pipe(file);
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	ssize_t ret;

	if (!(file->f_mode & (FMODE_WRITE | FMODE_READ)))
		return -EBADF;
	ret = import_iovec(uiov, nr_segs, UIO_FASTIOV, fast, &iov, &iter);
	if (ret > 0 && !pipe)
		ret = -EBADF;
	else if (ret > 0 && (file->f_mode & FMODE_WRITE))
		ret = user_to_pipe(pipe, &iter, flags);
	else if (ret > 0)
		ret = pipe_to_user(pipe, &iter, flags);
	if (iov != fast)
		kfree(iov);
	return ret;
}

/* ---------------------------------------------------------------- system calls */

long __x64_sys_tee(int fdin, int fdout, size_t len, unsigned int flags)
{
	struct fd in, out;
	ssize_t ret = -EBADF;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = fdget(fdin);
	if (!in.file)
		return -EBADF;
	out = fdget(fdout);
	if (out.file)
		ret = do_tee(in.file, out.file, len, flags);
	fdput(out);
	fdput(in);
	return ret;
}

long __x64_sys_vmsplice(int fd, const struct iovec __user *uiov, unsigned long nr_segs,
			unsigned int flags)
{
	struct fd f;
	ssize_t ret;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	ret = do_vmsplice(f.file, uiov, nr_segs, flags);
	fdput(f);
	return ret;
}
