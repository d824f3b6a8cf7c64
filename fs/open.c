/* SPDX-License-Identifier: MIT */
/*
 * open(2) and close(2), and what belongs to opening a file: its mode bits, the write count.
 *
 *	do_sys_openat: a free descriptor --> do_filp_open() --> fd_install()
 *	vfs_open(path, file): f_path, f_mode, i_writecount, f_op->open()
 *
 * i_writecount: > 0 so many files open for writing; < 0 so many programs being executed from it.
 * The one excludes the other: -ETXTBSY.
 *
 * Linux's twin: fs/open.c. truncate and fallocate are in truncate.c, chmod and chown in attr.c,
 * access in permission.c, chdir and chroot in fs_struct.c.
 */
#include <vitrix/cred.h>
#include <vitrix/slab.h>
#include <linux/openat2.h>
#include "internal.h"
#include <generated/syscalls.h>

#define VALID_OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | \
			  O_NONBLOCK | O_SYNC | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | \
			  O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | __O_TMPFILE)
#define O_PATH_FLAGS	 (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define VALID_RESOLVE	 (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | \
			  RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* ---------------------------------------------------------------- the write count */

int get_write_access(struct inode *inode)
{
	int c = atomic_read(&inode->i_writecount);

	while (c >= 0)
		if (__atomic_compare_exchange_n(&inode->i_writecount.counter, &c, c + 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 0;
	return -ETXTBSY;
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

int deny_write_access(struct file *file)
{
	struct inode *inode = file_inode(file);
	int c = atomic_read(&inode->i_writecount);

	while (c <= 0)
		if (__atomic_compare_exchange_n(&inode->i_writecount.counter, &c, c - 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 0;
	return -ETXTBSY;
}

void allow_write_access(struct file *file)
{
	if (file)
		atomic_inc(&file_inode(file)->i_writecount);
}

/* ---------------------------------------------------------------- a file comes to life */

static const struct file_operations empty_fops;

static int take_write_access(struct file *file)
{
	struct inode *inode = file_inode(file);
	int error;

	if (special_file(inode->i_mode))
		return 0;
	error = get_write_access(inode);
	if (error)
		return error;
	error = mnt_want_write(file->f_path.mnt);
	if (error) {
		put_write_access(inode);
		return error;
	}
	file->f_mode |= FMODE_WRITER;
	return 0;
}

/*
 * Makes an empty file (alloc_empty_file) one that is open on path. On failure it stays empty,
 * fput() it. The rights have been checked. May sleep, in f_op->open().
 */
int vfs_open(const struct path *path, struct file *file)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	ASSERT(!(file->f_mode & FMODE_OPENED));
	file->f_path = *path;
	path_get(path);
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	if (unlikely(file->f_flags & O_PATH)) {
		file->f_mode = FMODE_PATH | FMODE_OPENED;
		file->f_op = &empty_fops;
		return 0;
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		file->f_mode |= FMODE_ATOMIC_POS;
	if (file->f_mode & FMODE_WRITE) {
		error = take_write_access(file);
		if (error)
			goto fail;
	}
	file->f_op = inode->i_fop;
	ASSERT(file->f_op);
	if (file->f_op->open) {
		error = file->f_op->open(inode, file);
		if (error)
			goto fail_writer;
	}
	/* point of no return */
	file->f_mode |= FMODE_OPENED;
	if (!file->f_op->llseek)
		file->f_mode &= ~FMODE_LSEEK;
	file->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	return 0;

fail_writer:
	if (file->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		mnt_drop_write(path->mnt);
		file->f_mode &= ~FMODE_WRITER;
	}
fail:
	file->f_path = (struct path){ NULL, NULL };
	file->f_inode = NULL;
	path_put(path);
	return error;
}

struct file *dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	struct file *file = alloc_empty_file(flags, cred);
	int error;

	if (IS_ERR(file))
		return file;
	error = vfs_open(path, file);
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

int nonseekable_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

/* As nonseekable_open(), and there is no position at all that calls could disturb one
 * another with. */
int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	file->f_mode |= FMODE_STREAM;
	return 0;
}

/* ---------------------------------------------------------------- flags */

static unsigned int lookup_flags_of(int flags, u64 resolve)
{
	unsigned int lookup = LOOKUP_OPEN;

	if (flags & O_CREAT)
		lookup |= LOOKUP_CREATE;
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
		lookup |= LOOKUP_FOLLOW;
	if (likely(!resolve))
		return lookup;
	if (resolve & RESOLVE_NO_XDEV)
		lookup |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		lookup |= LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_NO_SYMLINKS)
		lookup |= LOOKUP_NO_SYMLINKS;
	if (resolve & RESOLVE_BENEATH)
		lookup |= LOOKUP_BENEATH;
	if (resolve & RESOLVE_IN_ROOT)
		lookup |= LOOKUP_IN_ROOT;
	return lookup;
}

/* flags, mode, resolve as openat2(2) has them. 0 or -EINVAL. */
int build_open_flags(int flags, umode_t mode, u64 resolve, struct open_flags *op)
{
	static const u8 acc_modes[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
					MAY_READ | MAY_WRITE };

	if (flags & (O_CREAT | __O_TMPFILE))
		op->mode = (mode & S_IALLUGO) | S_IFREG;
	else
		op->mode = 0;
	op->acc_mode = acc_modes[flags & O_ACCMODE];
	/* What is created here is a file: it could never be the directory that was asked for. */
	if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
		return -EINVAL;
	if (unlikely(flags & __O_TMPFILE)) {
		if ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE || !(op->acc_mode & MAY_WRITE))
			return -EINVAL;
	}
	if (flags & O_PATH)
		op->acc_mode = 0;
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	if (flags & O_TRUNC)
		op->acc_mode |= MAY_WRITE;
	if (flags & O_APPEND)
		op->acc_mode |= MAY_APPEND;
	op->open_flag = flags;
	op->lookup_flags = lookup_flags_of(flags, resolve);
	return 0;
}

/* open(2) forgives what openat2(2) does not. */
static int forgiving_flags(int flags)
{
	flags &= VALID_OPEN_FLAGS;
	if (flags & O_PATH)
		flags &= O_PATH_FLAGS;
	return flags;
}

/* ---------------------------------------------------------------- system calls */

static long open_and_install(int dfd, const char __user *uname, const struct open_flags *op)
{
	struct filename *name = getname(uname);
	struct file *file;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(op->open_flag);
	if (likely(fd >= 0)) {
		file = do_filp_open(dfd, name, op);
		if (IS_ERR(file)) {
			put_unused_fd(fd);
			fd = PTR_ERR(file);
		} else {
			fd_install(fd, file);
		}
	}
	putname(name);
	return fd;
}

__bounded_frame long do_sys_openat(int dfd, const char *uname, int flags, umode_t mode)
{
	struct open_flags op;
	int error = build_open_flags(forgiving_flags(flags), mode, 0, &op);

	return error ? error : open_and_install(dfd, uname, &op);
}

/* name is the kernel's. */
struct file *filp_open(const char *name, int flags, umode_t mode)
{
	struct filename *fn = getname_kernel(name);
	struct open_flags op;
	struct file *file;
	int error;

	if (IS_ERR(fn))
		return ERR_CAST(fn);
	error = build_open_flags(forgiving_flags(flags), mode, 0, &op);
	file = error ? ERR_PTR(error) : do_filp_open(AT_FDCWD, fn, &op);
	putname(fn);
	return file;
}

long __x64_sys_open(const char __user *filename, int flags, umode_t mode)
{
	return do_sys_openat(AT_FDCWD, filename, flags | O_LARGEFILE, mode);
}

long __x64_sys_openat(int dfd, const char __user *filename, int flags, umode_t mode)
{
	return do_sys_openat(dfd, filename, flags | O_LARGEFILE, mode);
}

/* Without O_LARGEFILE, which 32-bit programs set themselves. */
long __ia32_compat_sys_open(const char __user *filename, int flags, umode_t mode)
{
	return do_sys_openat(AT_FDCWD, filename, flags, mode);
}

long __ia32_compat_sys_openat(int dfd, const char __user *filename, int flags, umode_t mode)
{
	return do_sys_openat(dfd, filename, flags, mode);
}

long __x64_sys_creat(const char __user *pathname, umode_t mode)
{
	return do_sys_openat(AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode);
}

long __x64_sys_openat2(int dfd, const char __user *filename, struct open_how __user *uhow,
		       size_t usize)
{
	struct open_how how;
	struct open_flags op;
	u64 resolve;
	int error;

	if (usize < sizeof(how))
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	error = copy_struct_from_user(&how, sizeof(how), uhow, usize);
	if (error)
		return error;
	resolve = how.resolve;
	if ((how.flags & ~(u64)VALID_OPEN_FLAGS) || (resolve & ~(u64)VALID_RESOLVE) ||
	    (how.mode & ~(u64)S_IALLUGO))
		return -EINVAL;
	if ((resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	if (how.mode && !(how.flags & (O_CREAT | __O_TMPFILE)))
		return -EINVAL;
	if ((how.flags & O_PATH) && (how.flags & ~(u64)O_PATH_FLAGS))
		return -EINVAL;
	/* A walk that must not sleep is not to be had: the caller tries again without, as
	 * it must. */
	if (resolve & RESOLVE_CACHED)
		return how.flags & (O_TRUNC | O_CREAT | __O_TMPFILE) ? -EINVAL : -EAGAIN;
	if (!(how.flags & O_PATH))
		how.flags |= O_LARGEFILE;
	error = build_open_flags(how.flags, how.mode, resolve, &op);
	return error ? error : open_and_install(dfd, filename, &op);
}

/* The caller's reference goes in any case. Errors are those of f_op->flush (a last write that
 * failed). */
int filp_close(struct file *file, struct files_struct *files)
{
	int error = 0;

	ASSERT(atomic_read(&file->f_count) > 0);
	if (file->f_op->flush)
		error = file->f_op->flush(file);
	if (unlikely(file->f_inode->i_flctx) && !(file->f_mode & FMODE_PATH))
		locks_remove_posix(file, files);
	fput(file);
	return error;
}

long __x64_sys_close(unsigned int fd)
{
	int error = close_fd(fd);

	/* The descriptor is gone: a restarted close() would hit somebody else's. */
	if (unlikely(error == -ERESTARTSYS || error == -ERESTARTNOINTR ||
		     error == -ERESTARTNOHAND ||
		     error == -ERESTART_RESTARTBLOCK))
		error = -EINTR;
	return error;
}
