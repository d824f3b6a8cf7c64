/* SPDX-License-Identifier: MIT */
/*
 * splice(2) between a file and a pipe, a page at a time.
 *
 *	file -> pipe    ->splice_read fills fresh pages, without locks; then they go into the ring
 *	pipe -> file    ->splice_write is given the pages of the ring, under pipe->mutex
 *
 * A file may be slow, so it is read without the pipe's mutex; the slots that its pages will need
 * are reserved before, so that what was read has a place. A pipe's mutex is held while a file is
 * written, so it stands above what files lock.
 * From pipe to pipe, tee(2), vmsplice(2), and how one waits: fs/tee.c. Linux's twin: fs/splice.c.
 * SPLICE_F_GIFT, SPLICE_F_MOVE and SPLICE_F_MORE change nothing.
 */
#include <vitrix/splice.h>
#include <vitrix/signal.h>
#include <generated/syscalls.h>
#include "internal.h"
#include "pipe.h"

/* ---------------------------------------------------------------- file -> pipe */

/* One ->read_iter over as many pages as there is room for: a second one might wait. */
ssize_t generic_file_splice_read(struct file *in, loff_t *pos, struct splice_pages *sp, size_t len,
				 unsigned int flags)
{
	struct iovec vec[SPLICE_MAX_PAGES];
	struct iov_iter to = { };
	size_t left;
	ssize_t ret;

	for (sp->nr = 0; sp->nr < sp->max && to.count < len; sp->nr++) {
		struct page *page = alloc_page(GFP_USER);

		if (!page)
			break;
		sp->page[sp->nr] = page;
		vec[sp->nr].iov_base = page_address(page);
		vec[sp->nr].iov_len = min((size_t)PAGE_SIZE, len - to.count);
		to.count += vec[sp->nr].iov_len;
	}
	if (!sp->nr)
		return -ENOMEM;
	to.iov = vec;
	to.nr_segs = sp->nr;
	ret = vfs_read_iter(in, &to, pos);
	left = max(ret, (ssize_t)0);
	while (sp->nr > DIV_ROUND_UP(left, PAGE_SIZE))
		put_page(sp->page[--sp->nr]);
	for (unsigned int i = 0; i < sp->nr; i++) {
		sp->len[i] = min(left, (size_t)PAGE_SIZE);
		left -= sp->len[i];
	}
	return ret;
}

/* Waits for room and promises it to the caller: slots, or as pipe_wait_for_room(). */
static int reserve_slots(struct pipe_inode_info *pipe, size_t len, unsigned int flags)
{
	size_t want = min(DIV_ROUND_UP(len, PAGE_SIZE), (size_t)SPLICE_MAX_PAGES);
	int error;

	mutex_lock(&pipe->mutex);
	error = pipe_wait_for_room(pipe, flags);
	want = min(want, (size_t)pipe_room(pipe));
	if (!error)
		pipe->reserved += want;
	mutex_unlock(&pipe->mutex);
	return error ? error : want;
}

/* The pages go into the ring, and the slots promised are free again. 0 or -EPIPE. */
static int add_pages(struct pipe_inode_info *pipe, struct splice_pages *sp)
{
	int error = 0;

	mutex_lock(&pipe->mutex);
	ASSERT(sp->nr <= sp->max && pipe->reserved >= sp->max);
	pipe->reserved -= sp->max;
	if (sp->nr && !pipe->readers)
		error = pipe_no_readers();
	for (unsigned int i = 0; i < sp->nr; i++) {
		if (error) {
			put_page(sp->page[i]);
			continue;
		}
		*pipe_buf(pipe, pipe->head) = (struct pipe_buffer){
			.page = sp->page[i], .len = sp->len[i] };
		WRITE_ONCE(pipe->head, pipe->head + 1);
	}
	mutex_unlock(&pipe->mutex);
	wake_pipe(pipe);
	return error;
}

static ssize_t splice_file_to_pipe(struct file *in, loff_t *pos, struct pipe_inode_info *pipe,
				   size_t len, unsigned int flags)
{
	struct splice_pages sp = { };
	loff_t at = *pos;
	ssize_t ret;
	int error, slots = reserve_slots(pipe, len, flags);

	if (slots < 0)
		return slots;
	sp.max = slots;
	len = min(len, (size_t)slots * PAGE_SIZE);
	ret = rw_verify_area(0, in, pos, len);
	if (!ret && !in->f_op->splice_read)
		ret = -EINVAL;
	if (!ret)
		ret = in->f_op->splice_read(in, &at, &sp, len, flags);
	error = add_pages(pipe, &sp);
	if (error)
		return error;
	if (ret > 0)
		*pos = at;
	return ret;
}

/* ---------------------------------------------------------------- pipe -> file */

/* mutex held: what lies in the ring now, as far as len and the vector go, as one write. */
static ssize_t write_ring(struct pipe_inode_info *pipe, struct file *out, loff_t *pos, size_t len)
{
	struct iovec vec[SPLICE_MAX_PAGES];
	struct iov_iter from = { };
	ssize_t ret;
	int n = 0;

	for (unsigned int i = pipe->tail; i != pipe->head && n < ARRAY_SIZE(vec) &&
	     from.count < len; i++, n++) {
		struct pipe_buffer *buf = pipe_buf(pipe, i);

		vec[n].iov_base = page_address(buf->page) + buf->offset;
		vec[n].iov_len = min((size_t)buf->len, len - from.count);
		from.count += vec[n].iov_len;
	}
	from.iov = vec;
	from.nr_segs = n;
	ret = out->f_op->splice_write(out, &from, pos);
	if (ret > 0)
		pipe_take_bytes(pipe, ret);
	return ret;
}

static ssize_t splice_pipe_to_file(struct pipe_inode_info *pipe, struct file *out, loff_t *pos,
				   size_t len, unsigned int flags)
{
	ssize_t done = 0, ret = 0;

	if (!out->f_op->splice_write)
		return -EINVAL;
	mutex_lock(&pipe->mutex);
	while (len) {
		if (done && pipe_empty(pipe))
			break;
		ret = pipe_wait_for_data(pipe, flags);
		if (ret || pipe_empty(pipe))
			break;
		ret = write_ring(pipe, out, pos, len);
		if (ret <= 0)
			break;
		done += ret;
		len -= ret;
		if (signal_pending(current))
			break;
	}
	mutex_unlock(&pipe->mutex);
	wake_pipe(pipe);
	return done ? done : ret;
}

/* ---------------------------------------------------------------- system calls */

/* in_pos, out_pos: NULL for the file's own position. */
static ssize_t do_splice(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos,
			 size_t len, unsigned int flags)
{
	struct pipe_inode_info *from = file_pipe(in), *to = file_pipe(out);
	ssize_t ret;

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (from && to) {
		if (from == to)
			return -EINVAL;
		if ((in->f_flags | out->f_flags) & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return splice_pipe_to_pipe(from, to, len, flags);
	}
	if (from) {
		if (out_pos && !(out->f_mode & FMODE_PWRITE))
			return -EINVAL;
		if (out->f_flags & O_APPEND)
			return -EINVAL;
		if (!out_pos)
			out_pos = &out->f_pos;
		ret = rw_verify_area(1, out, out_pos, len);
		if (in->f_flags & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return ret ? ret : splice_pipe_to_file(from, out, out_pos, len, flags);
	}
	if (to) {
		if (in_pos && !(in->f_mode & FMODE_PREAD))
			return -EINVAL;
		if (out->f_flags & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return splice_file_to_pipe(in, in_pos ? in_pos : &in->f_pos, to, len, flags);
	}
	return -EINVAL;
}

static ssize_t splice_with_offsets(struct file *in, loff_t __user *off_in, struct file *out,
				   loff_t __user *off_out, size_t len, unsigned int flags)
{
	loff_t in_pos, out_pos;
	ssize_t ret;

	if ((file_is_pipe(in) && off_in) || (file_is_pipe(out) && off_out))
		return -ESPIPE;
	if (off_out && copy_from_user(&out_pos, off_out, sizeof(out_pos)))
		return -EFAULT;
	if (off_in && copy_from_user(&in_pos, off_in, sizeof(in_pos)))
		return -EFAULT;
	ret = do_splice(in, off_in ? &in_pos : NULL, out, off_out ? &out_pos : NULL,
			min(len, (size_t)MAX_RW_COUNT), flags);
	if (ret < 0)
		return ret;
	if (off_out && copy_to_user(off_out, &out_pos, sizeof(out_pos)))
		return -EFAULT;
	if (off_in && copy_to_user(off_in, &in_pos, sizeof(in_pos)))
		return -EFAULT;
	return ret;
}

long __x64_sys_splice(int fd_in, loff_t __user *off_in, int fd_out, loff_t __user *off_out,
		      size_t len, unsigned int flags)
{
	struct fd in, out;
	ssize_t ret = -EBADF;

	if (!len)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	in = fdget(fd_in);
	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (out.file)
		ret = splice_with_offsets(in.file, off_in, out.file, off_out, len, flags);
	fdput(out);
	fdput(in);
	return ret;
}
