/* SPDX-License-Identifier: MIT */
/*
 * sendfile(2) and copy_file_range(2): from file to file without passing through user memory. Data
 * goes by way of a buffer in the kernel, a piece at a time; the input is a regular file, so what
 * the output did not take is simply read again.
 * Linux's twin: parts of fs/read_write.c. Through pipes: fs/splice.c.
 */
#include <vitrix/slab.h>
#include <vitrix/signal.h>
#include "internal.h"
#include <generated/syscalls.h>

#define PIECE (16 * PAGE_SIZE)

/* Bytes copied, or -errno if none were. Both positions move by that. */
static ssize_t copy_data(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos,
			 size_t count)
{
	size_t size = min(count, (size_t)PIECE);
	char *buf = kmalloc(size, GFP_KERNEL);
	ssize_t done = 0, got, put = 0;

	if (!buf) {
		size = min(count, (size_t)PAGE_SIZE);
		buf = kmalloc(size, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	while (count) {
		loff_t pos = *in_pos;

		got = kernel_read(in, buf, min(count, size), &pos);
		if (got <= 0) {
			put = got;
			break;
		}
		put = kernel_write(out, buf, got, out_pos);
		if (put <= 0)
			break;
		ASSERT(put <= got);
		*in_pos += put;
		done += put;
		count -= put;
		if (put < got)
			break;
		if (signal_pending(current)) {
			put = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree(buf);
	return done ? done : put;
}

/* in is referenced; opos: the position to read at, or NULL for the file's own. */
static ssize_t do_sendfile(int out_fd, struct file *in, loff_t *opos, size_t count)
{
	struct fd out;
	loff_t pos = opos ? *opos : in->f_pos, out_pos;
	ssize_t ret;

	if (!(in->f_mode & FMODE_READ))
		return -EBADF;
	if (opos && !(in->f_mode & FMODE_PREAD))
		return -ESPIPE;
	ret = rw_verify_area(0, in, &pos, count);
	if (ret)
		return ret;
	out = fdget(out_fd);
	if (!out.file)
		return -EBADF;
	ret = -EBADF;
	if (!(out.file->f_mode & FMODE_WRITE))
		goto out;
	ret = -EINVAL;
	if (!S_ISREG(file_inode(in)->i_mode) && !S_ISBLK(file_inode(in)->i_mode))
		goto out;
	if (out.file->f_flags & O_APPEND)
		goto out;
	out_pos = out.file->f_pos;
	ret = 0;
	if (count)
		ret = copy_data(in, &pos, out.file, &out_pos, min(count, (size_t)MAX_RW_COUNT));
	if (ret > 0) {
		if (opos)
			*opos = pos;
		else
			in->f_pos = pos;
		out.file->f_pos = out_pos;
	}
out:
	fdput(out);
	return ret;
}

long __x64_sys_sendfile64(int out_fd, int in_fd, loff_t __user *offset, size_t count)
{
	loff_t pos;
	struct fd in;
	ssize_t ret;

	if (offset && copy_from_user(&pos, offset, sizeof(pos)))
		return -EFAULT;
	in = fdget(in_fd);
	if (!in.file)
		return -EBADF;
	ret = do_sendfile(out_fd, in.file, offset ? &pos : NULL, count);
	fdput(in);
	if (offset && put_user(pos, offset))
		return -EFAULT;
	return ret;
}

/* i386, 187: a position of 32 bits. */
long __ia32_sys_sendfile(int out_fd, int in_fd, s32 __user *offset, size_t count)
{
	loff_t pos;
	s32 narrow;
	struct fd in;
	ssize_t ret;

	if (offset && get_user(narrow, offset))
		return -EFAULT;
	pos = offset ? narrow : 0;
	in = fdget(in_fd);
	if (!in.file)
		return -EBADF;
	ret = do_sendfile(out_fd, in.file, offset ? &pos : NULL, count);
	fdput(in);
	if (offset && put_user((s32)pos, offset))
		return -EFAULT;
	return ret;
}

static int copy_range_check(struct file *in, loff_t pos_in, struct file *out, loff_t pos_out,
			    size_t *len)
{
	struct inode *from = file_inode(in), *to = file_inode(out);
	loff_t size = i_size_read(from), max = to->i_sb->s_maxbytes;
	int error;

	if (S_ISDIR(from->i_mode) || S_ISDIR(to->i_mode))
		return -EISDIR;
	if (!S_ISREG(from->i_mode) || !S_ISREG(to->i_mode))
		return -EINVAL;
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) || (out->f_flags & O_APPEND))
		return -EBADF;
	if (from->i_sb != to->i_sb)
		return -EXDEV;
	if (IS_IMMUTABLE(to))
		return -EPERM;
	if ((u64)pos_in + *len < (u64)pos_in || (u64)pos_out + *len < (u64)pos_out)
		return -EOVERFLOW;
	*len = pos_in >= size ? 0 : min(*len, (size_t)(size - pos_in));
	if (pos_out >= max)
		return -EFBIG;
	*len = min(*len, (size_t)(max - pos_out));
	error = rw_verify_area(0, in, &pos_in, *len);
	if (!error)
		error = rw_verify_area(1, out, &pos_out, *len);
	if (error)
		return error;
	if (from == to && pos_out < pos_in + (loff_t)*len && pos_in < pos_out + (loff_t)*len)
		return -EINVAL;
	return 0;
}

long __x64_sys_copy_file_range(int fd_in, loff_t __user *off_in, int fd_out, loff_t __user *off_out,
			       size_t len, unsigned int flags)
{
	struct fd in, out;
	loff_t pos_in, pos_out;
	ssize_t ret = -EBADF;

	in = fdget(fd_in);
	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (!out.file)
		goto out_in;
	ret = -EFAULT;
	pos_in = in.file->f_pos;
	pos_out = out.file->f_pos;
	if (off_in && copy_from_user(&pos_in, off_in, sizeof(pos_in)))
		goto out;
	if (off_out && copy_from_user(&pos_out, off_out, sizeof(pos_out)))
		goto out;
	ret = -EINVAL;
	if (flags)
		goto out;
	ret = copy_range_check(in.file, pos_in, out.file, pos_out, &len);
	if (!ret && len)
		ret = copy_data(in.file, &pos_in, out.file, &pos_out, min(len,
									  (size_t)MAX_RW_COUNT));
	if (ret <= 0)
		goto out;
	if (!off_in)
		in.file->f_pos = pos_in;
	else if (copy_to_user(off_in, &pos_in, sizeof(pos_in)))
		ret = -EFAULT;
	if (!off_out)
		out.file->f_pos = pos_out;
	else if (copy_to_user(off_out, &pos_out, sizeof(pos_out)))
		ret = -EFAULT;
out:
	fdput(out);
out_in:
	fdput(in);
	return ret;
}
