/* SPDX-License-Identifier: MIT */
/*
 * One open file at several descriptors: dup(2), dup2, dup3, F_DUPFD; the close-on-exec flag, which
 * belongs to the descriptor; and close_range(2).
 *
 * Locks: files->file_lock, as in file.c, which owns the tables. Linux's twin: the end of fs/file.c.
 */
#include <vitrix/rcu.h>
#include <vitrix/bitmap.h>
#include <vitrix/nospec.h>
#include <linux/close_range.h>
#include "internal.h"
#include <generated/syscalls.h>

void set_close_on_exec(unsigned int fd, int flag)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds) {
		fd = array_index_nospec(fd, files->fdt->max_fds);
		if (flag)
			__set_bit(fd, files->fdt->close_on_exec);
		else
			__clear_bit(fd, files->fdt->close_on_exec);
	}
	spin_unlock(&files->file_lock);
}

bool get_close_on_exec(unsigned int fd)
{
	struct fdtable *fdt;
	bool ret;

	rcu_read_lock();
	fdt = rcu_dereference(current->files->fdt);
	ret = fd < fdt->max_fds &&
	      test_bit(array_index_nospec(fd, fdt->max_fds), fdt->close_on_exec);
	rcu_read_unlock();
	return ret;
}

/* The lowest free descriptor from `from` on for the file, which gets a reference.
 * -EINVAL, -EMFILE. */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	struct files_struct *files = current->files;
	unsigned long limit = rlimit(RLIMIT_NOFILE);
	int fd;

	if (from >= limit)
		return -EINVAL;
	spin_lock(&files->file_lock);
	fd = alloc_fd_locked(files, from, min(limit, 0x7fffffffUL), flags);
	if (fd >= 0)
		rcu_assign_pointer(files->fdt->fd[fd], get_file(file));
	spin_unlock(&files->file_lock);
	return fd;
}

/* file_lock held, released: puts file (plus a reference) at fd, whatever was there. fd
 * or -errno. */
static int do_dup2(struct files_struct *files, struct file *file, unsigned int fd,
		   unsigned int flags)
{
	struct fdtable *fdt = files->fdt;
	struct file *old;

	fd = array_index_nospec(fd, fdt->max_fds);
	old = fdt->fd[fd];
	if (!old && test_bit(fd, fdt->open_fds)) {
		/* Another thread is between getting the number and installing a file at it. */
		spin_unlock(&files->file_lock);
		return -EBUSY;
	}
	__set_bit(fd, fdt->open_fds);
	rcu_assign_pointer(fdt->fd[fd], get_file(file));
	if (flags & O_CLOEXEC)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old, files);
	return fd;
}

int do_dup2_file(struct file *file, unsigned int fd, unsigned int flags)
{
	struct files_struct *files = current->files;
	int error;

	if (fd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	error = expand_files(files, fd);
	if (error < 0) {
		spin_unlock(&files->file_lock);
		return error == -EMFILE ? -EBADF : error;
	}
	return do_dup2(files, file, fd, flags);
}

static long ksys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	struct file *file = fget_raw(oldfd);
	long ret;

	/* Order of errors as on Linux: the limit on newfd comes before oldfd's. */
	if (newfd >= rlimit(RLIMIT_NOFILE) || !file)
		ret = -EBADF;
	else
		ret = do_dup2_file(file, newfd, flags);
	if (file)
		fput(file);
	return ret;
}

long __x64_sys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	if ((flags & ~O_CLOEXEC) || oldfd == newfd)
		return -EINVAL;
	return ksys_dup3(oldfd, newfd, flags);
}

long __x64_sys_dup2(unsigned int oldfd, unsigned int newfd)
{
	if (oldfd == newfd) {
		struct fd f = fdget_raw(oldfd);

		if (!f.file)
			return -EBADF;
		fdput(f);
		return oldfd;
	}
	return ksys_dup3(oldfd, newfd, 0);
}

long __x64_sys_dup(unsigned int fildes)
{
	struct fd f = fdget_raw(fildes);
	long ret;

	if (!f.file)
		return -EBADF;
	/* from 0 on: f_dupfd() says -EINVAL only where the limit is 0 */
	ret = f_dupfd(0, f.file, 0);
	fdput(f);
	return ret == -EINVAL ? -EMFILE : ret;
}

/* ---------------------------------------------------------------- close_range */

static void cloexec_range(struct files_struct *files, unsigned int fd, unsigned int max_fd)
{
	struct fdtable *fdt;

	spin_lock(&files->file_lock);
	fdt = files->fdt;
	for (; fd <= max_fd && fd < fdt->max_fds; fd++)
		if (test_bit(fd, fdt->open_fds))
			__set_bit(fd, fdt->close_on_exec);
	spin_unlock(&files->file_lock);
}

static void close_range_of(struct files_struct *files, unsigned int fd, unsigned int max_fd)
{
	struct file *file;

	spin_lock(&files->file_lock);
	for (;;) {
		fd = find_next_bit(files->fdt->open_fds, files->fdt->max_fds, fd);
		if (fd > max_fd || fd >= files->fdt->max_fds)
			break;
		file = pick_file(files, fd++);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

long __x64_sys_close_range(unsigned int fd, unsigned int max_fd, unsigned int flags)
{
	struct files_struct *files = current->files, *old = NULL;
	int error;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || fd > max_fd)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && atomic_read(&files->count) > 1) {
		old = files;
		files = dup_fd(old, &error);
		if (!files)
			return error;
	}
	if (flags & CLOSE_RANGE_CLOEXEC)
		cloexec_range(files, fd, max_fd);
	else
		close_range_of(files, fd, max_fd);
	if (old) {
		spin_lock(&current->alloc_lock);
		current->files = files;
		spin_unlock(&current->alloc_lock);
		put_files_struct(old);
	}
	return 0;
}
