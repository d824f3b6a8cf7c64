/* SPDX-License-Identifier: MIT */
/*
 * read(2), write(2), lseek(2) and their kin.
 *
 *	read:    fd --> file, position locked --> rw_ubuf: checks, an iov_iter over the buffer
 *	readv:   the same with import_iovec()       \--> f_op->read_iter(file, iter, &pos)
 *	pread:   a position of its own
 *
 * Whether an address is the user's or the kernel's is known to the iov_iter alone; files have one
 * read and one write operation.
 * Linux's twin: fs/read_write.c. Left out: RWF_NOWAIT (-EOPNOTSUPP), asynchronous I/O.
 */
#include <vitrix/slab.h>
#include <linux/fs.h>
#include "internal.h"
#include <generated/syscalls.h>

/* ---------------------------------------------------------------- positions */

static loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

/* For files with a size and, as far as anybody can tell, without holes. */
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t size = i_size_read(inode);

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(offset, file->f_pos, &offset))
			return -EINVAL;
		break;
	case SEEK_END:
		if (__builtin_add_overflow(offset, size, &offset))
			return -EINVAL;
		break;
	case SEEK_DATA:
		if ((unsigned long)offset >= size)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		if ((unsigned long)offset >= size)
			return -ENXIO;
		offset = size;
		break;
	default:
		return -EINVAL;
	}
	return vfs_setpos(file, offset, inode->i_sb->s_maxbytes);
}

/* Succeeds and changes nothing. */
loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (!(file->f_mode & FMODE_LSEEK))
		return -ESPIPE;
	return file->f_op->llseek(file, offset, whence);
}

long __x64_sys_lseek(unsigned int fd, off_t offset, unsigned int whence)
{
	struct fd f = fdget_pos(fd);
	loff_t ret;

	if (!f.file)
		return -EBADF;
	ret = whence <= SEEK_MAX ? vfs_llseek(f.file, offset, whence) : -EINVAL;
	fdput_pos(f);
	return ret;
}

/* ---------------------------------------------------------------- one transfer */

/* 0 or -EINVAL. pos may be NULL. */
int rw_verify_area(int write, struct file *file, const loff_t *pos, size_t count)
{
	if (unlikely((ssize_t)count < 0))
		return -EINVAL;
	if (pos) {
		loff_t end;

		if (unlikely(*pos < 0))
			return -EINVAL;
		if (unlikely(__builtin_add_overflow(*pos, (loff_t)count, &end)))
			return -EINVAL;
	}
	return 0;
}

/* What a file that cannot be read or written says. */
static int no_transfer(struct file *file)
{
	return S_ISDIR(file_inode(file)->i_mode) ? -EISDIR : -EINVAL;
}

/* O_DSYNC, O_SYNC: what was written is to be on the disk before write() returns. */
static ssize_t sync_written(struct file *file, ssize_t ret)
{
	int error = file->f_op->fsync ? vfs_fsync(file, !(file->f_flags & __O_SYNC)) : 0;

	return error ? error : ret;
}

/* Bytes or -errno. */
ssize_t vfs_read_iter(struct file *file, struct iov_iter *to, loff_t *pos)
{
	ssize_t ret;
	int error;

	if (unlikely(!(file->f_mode & FMODE_READ)))
		return -EBADF;
	if (unlikely(!file->f_op->read_iter))
		return no_transfer(file);
	error = rw_verify_area(0, file, pos, to->count);
	if (unlikely(error))
		return error;
	iov_iter_truncate(to, MAX_RW_COUNT);
	ret = file->f_op->read_iter(file, to, pos);
	current->ioac.syscr++;
	if (ret > 0)
		current->ioac.rchar += ret;
	return ret;
}

ssize_t vfs_write_iter(struct file *file, struct iov_iter *from, loff_t *pos)
{
	ssize_t ret;
	int error;

	if (unlikely(!(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	if (unlikely(!file->f_op->write_iter))
		return no_transfer(file);
	error = rw_verify_area(1, file, pos, from->count);
	if (unlikely(error))
		return error;
	iov_iter_truncate(from, MAX_RW_COUNT);
	ret = file->f_op->write_iter(file, from, pos);
	current->ioac.syscw++;
	if (ret > 0) {
		current->ioac.wchar += ret;
		if (unlikely(file->f_flags & O_DSYNC))
			ret = sync_written(file, ret);
	}
	return ret;
}

/* The way of most transfers, in one piece: a single buffer of the user's. write is a constant. */
static __always_inline ssize_t rw_ubuf(struct file *file, void *ubuf, size_t count, loff_t *pos,
				       bool write)
{
	const struct file_operations *op = file->f_op;
	struct iov_iter iter;
	ssize_t ret;
	int error;

	if (unlikely(!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ))))
		return -EBADF;
	if (unlikely(write ? !op->write_iter : !op->read_iter))
		return no_transfer(file);
	if (unlikely(!access_ok(ubuf, count)))
		return -EFAULT;
	if (unlikely((*pos | (*pos + (loff_t)count)) < 0)) {
		error = rw_verify_area(write, file, pos, count);
		if (error)
			return error;
	}
	iov_iter_ubuf(&iter, ubuf, min(count, (size_t)MAX_RW_COUNT));
	if (!write) {
		ret = op->read_iter(file, &iter, pos);
		current->ioac.syscr++;
		if (ret > 0)
			current->ioac.rchar += ret;
		return ret;
	}
	ret = op->write_iter(file, &iter, pos);
	current->ioac.syscw++;
	if (ret > 0) {
		current->ioac.wchar += ret;
		if (unlikely(file->f_flags & O_DSYNC))
			ret = sync_written(file, ret);
	}
	return ret;
}

__bounded_frame ssize_t vfs_read(struct file *file, void *ubuf, size_t count, loff_t *pos)
{
	return rw_ubuf(file, ubuf, count, pos, false);
}

__bounded_frame ssize_t vfs_write(struct file *file, const void *ubuf, size_t count, loff_t *pos)
{
	return rw_ubuf(file, (void *)ubuf, count, pos, true);
}

/* buf is the kernel's. */
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_kbuf(&iter, buf, count);
	return vfs_read_iter(file, &iter, pos);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_kbuf(&iter, buf, count);
	return vfs_write_iter(file, &iter, pos);
}

/* ---------------------------------------------------------------- system calls: one buffer */

/* A copy of the position goes down and comes back only after success: a failed call
 * moves nothing. */
__bounded_frame long __x64_sys_read(unsigned int fd, char __user *buf, size_t count)
{
	struct fd f = fdget_pos(fd);
	loff_t pos;
	ssize_t ret;

	if (unlikely(!f.file))
		return -EBADF;
	pos = f.file->f_pos;
	ret = rw_ubuf(f.file, buf, count, &pos, false);
	if (ret >= 0)
		f.file->f_pos = pos;
	if (unlikely(f.put))
		fdput_pos(f);
	return ret;
}

__bounded_frame long __x64_sys_write(unsigned int fd, const char __user *buf, size_t count)
{
	struct fd f = fdget_pos(fd);
	loff_t pos;
	ssize_t ret;

	if (unlikely(!f.file))
		return -EBADF;
	pos = f.file->f_pos;
	ret = rw_ubuf(f.file, (char *)buf, count, &pos, true);
	if (ret >= 0)
		f.file->f_pos = pos;
	if (unlikely(f.put))
		fdput_pos(f);
	return ret;
}

long __x64_sys_pread64(unsigned int fd, char __user *buf, size_t count, loff_t pos)
{
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_PREAD)
		ret = vfs_read(f.file, buf, count, &pos);
	fdput(f);
	return ret;
}

long __x64_sys_pwrite64(unsigned int fd, const char __user *buf, size_t count, loff_t pos)
{
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_PWRITE)
		ret = vfs_write(f.file, buf, count, &pos);
	fdput(f);
	return ret;
}

/* ---------------------------------------------------------------- system calls: vectors */

/* RWF_*: 0 or -EOPNOTSUPP for what cannot be had. */
static int rwf_check(struct file *file, int flags, bool write)
{
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
		return -EOPNOTSUPP;
	if (flags & RWF_NOWAIT)
		return -EOPNOTSUPP;
	return 0;
}

/* O_APPEND or O_SYNC for one call: the file operations look at f_flags, so they get a file of their
 * own. */
static ssize_t write_with_flags(struct file *file, struct iov_iter *iter, loff_t *pos, int flags)
{
	struct file once = *file;

	if (!S_ISREG(file_inode(file)->i_mode))
		return vfs_write_iter(file, iter, pos);
	if (flags & RWF_APPEND)
		once.f_flags |= O_APPEND;
	if (flags & RWF_DSYNC)
		once.f_flags |= O_DSYNC;
	if (flags & RWF_SYNC)
		once.f_flags |= O_DSYNC | __O_SYNC;
	return vfs_write_iter(&once, iter, pos);
}

static ssize_t vector_io(struct file *file, const struct iovec __user *vec, unsigned long vlen,
			 loff_t *pos, int flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	ssize_t ret;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (write ? !file->f_op->write_iter : !file->f_op->read_iter)
		return no_transfer(file);
	ret = import_iovec(vec, vlen, UIO_FASTIOV, fast, &iov, &iter);
	if (ret < 0)
		return ret;
	ret = unlikely(flags) ? rwf_check(file, flags, write) : 0;
	if (!ret && !write)
		ret = vfs_read_iter(file, &iter, pos);
	else if (!ret && (flags & (RWF_APPEND | RWF_DSYNC | RWF_SYNC)))
		ret = write_with_flags(file, &iter, pos, flags);
	else if (!ret)
		ret = vfs_write_iter(file, &iter, pos);
	if (iov != fast)
		kfree(iov);
	return ret;
}

static long do_vector(unsigned int fd, const struct iovec __user *vec, unsigned long vlen,
		      int flags,
		      bool write)
{
	struct fd f = fdget_pos(fd);
	loff_t pos;
	ssize_t ret;

	if (!f.file)
		return -EBADF;
	pos = f.file->f_pos;
	ret = vector_io(f.file, vec, vlen, &pos, flags, write);
	if (ret >= 0)
		f.file->f_pos = pos;
	fdput_pos(f);
	return ret;
}

static long do_pvector(unsigned int fd, const struct iovec __user *vec, unsigned long vlen,
		       loff_t pos,
		       int flags, bool write)
{
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & (write ? FMODE_PWRITE : FMODE_PREAD))
		ret = vector_io(f.file, vec, vlen, &pos, flags, write);
	fdput(f);
	return ret;
}

long __x64_sys_readv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	return do_vector(fd, vec, vlen, 0, false);
}

long __x64_sys_writev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen)
{
	return do_vector(fd, vec, vlen, 0, true);
}

/* pos_h is for 32-bit words: on a 64-bit machine pos_l says it all. */
long __x64_sys_preadv(unsigned long fd, const struct iovec __user *vec, unsigned long vlen,
		      unsigned long pos_l, unsigned long pos_h)
{
	return do_pvector(fd, vec, vlen, pos_l, 0, false);
}

long __x64_sys_pwritev(unsigned long fd, const struct iovec __user *vec, unsigned long vlen,
		       unsigned long pos_l, unsigned long pos_h)
{
	return do_pvector(fd, vec, vlen, pos_l, 0, true);
}

/* Position -1: the file's own. */
long __x64_sys_preadv2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen,
		       unsigned long pos_l, unsigned long pos_h, int flags)
{
	if ((long)pos_l == -1)
		return do_vector(fd, vec, vlen, flags, false);
	return do_pvector(fd, vec, vlen, pos_l, flags, false);
}

long __x64_sys_pwritev2(unsigned long fd, const struct iovec __user *vec, unsigned long vlen,
			unsigned long pos_l, unsigned long pos_h, int flags)
{
	if ((long)pos_l == -1)
		return do_vector(fd, vec, vlen, flags, true);
	return do_pvector(fd, vec, vlen, pos_l, flags, true);
}
