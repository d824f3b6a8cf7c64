/* SPDX-License-Identifier: MIT */
/*
 * stat(2), statfs(2) and kin for 32-bit programs: three ages of struct stat, two of struct statfs.
 * What does not fit into a field is -EOVERFLOW, not a wrong number. Linux's twins: fs/stat.c,
 * fs/statfs.c, arch/x86/kernel/sys_ia32.c. No state, no lock.
 *
 *	oldstat, oldlstat, oldfstat     struct __old_kernel_stat: 16-bit inode numbers (Linux 0.11)
 *	stat, lstat, fstat              struct compat_stat: sizes of 32 bits
 *	stat64 ..., fstatat64           struct stat64: what a libc uses today
 */
#include <vitrix/compat.h>
#include <vitrix/string.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include "internal.h"
#include <generated/syscalls.h>

/* Ids of 16 bits: what does not fit is shown as nobody. */
static u16 low_id(u32 id)
{
	return id > 0xffff ? 65534 : id;
}

/* Devices once had 8 bits of major and 8 of minor number. */
static bool old_valid_dev(dev_t dev)
{
	return MAJOR(dev) < 256 && MINOR(dev) < 256;
}

static u16 old_encode_dev(dev_t dev)
{
	return MAJOR(dev) << 8 | MINOR(dev);
}

static int put_old_stat(const struct kstat *s, struct __old_kernel_stat *ubuf)
{
	struct __old_kernel_stat st;

	if (!old_valid_dev(s->dev) || !old_valid_dev(s->rdev) || (u16)s->ino != s->ino ||
	    (u16)s->nlink != s->nlink)
		return -EOVERFLOW;
	memset(&st, 0, sizeof(st));
	st.st_dev = old_encode_dev(s->dev);
	st.st_ino = s->ino;
	st.st_mode = s->mode;
	st.st_nlink = s->nlink;
	st.st_uid = low_id(s->uid);
	st.st_gid = low_id(s->gid);
	st.st_rdev = old_encode_dev(s->rdev);
	st.st_size = s->size;
	st.st_atime = s->atime.tv_sec;
	st.st_mtime = s->mtime.tv_sec;
	st.st_ctime = s->ctime.tv_sec;
	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int put_stat(const struct kstat *s, struct compat_stat *ubuf)
{
	struct compat_stat st = {
		.st_dev = new_encode_dev(s->dev), .st_ino = s->ino, .st_mode = s->mode,
		.st_nlink = s->nlink, .st_uid = low_id(s->uid), .st_gid = low_id(s->gid),
		.st_rdev = new_encode_dev(s->rdev), .st_size = s->size, .st_blksize = s->blksize,
		.st_blocks = s->blocks,
		.st_atime = s->atime.tv_sec, .st_atime_nsec = s->atime.tv_nsec,
		.st_mtime = s->mtime.tv_sec, .st_mtime_nsec = s->mtime.tv_nsec,
		.st_ctime = s->ctime.tv_sec, .st_ctime_nsec = s->ctime.tv_nsec,
	};

	if (st.st_ino != s->ino || st.st_nlink != s->nlink || (u64)s->size > (u64)MAX_NON_LFS)
		return -EOVERFLOW;
	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int put_stat64(const struct kstat *s, struct stat64 *ubuf)
{
	struct stat64 st = {
		.st_dev = new_encode_dev(s->dev), .__st_ino = s->ino, .st_mode = s->mode,
		.st_nlink = s->nlink, .st_uid = s->uid, .st_gid = s->gid,
		.st_rdev = new_encode_dev(s->rdev), .st_size = s->size, .st_blksize = s->blksize,
		.st_blocks = s->blocks, .st_ino = s->ino,
		.st_atime = s->atime.tv_sec, .st_atime_nsec = s->atime.tv_nsec,
		.st_mtime = s->mtime.tv_sec, .st_mtime_nsec = s->mtime.tv_nsec,
		.st_ctime = s->ctime.tv_sec, .st_ctime_nsec = s->ctime.tv_nsec,
	};

	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int stat_path(const char __user *filename, int flags, struct kstat *s)
{
	return vfs_statx(AT_FDCWD, filename, flags, s, STATX_BASIC_STATS);
}

long __ia32_sys_stat(const char __user *filename, struct __old_kernel_stat __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, 0, &s);

	return error ? error : put_old_stat(&s, statbuf);
}

long __ia32_sys_lstat(const char __user *filename, struct __old_kernel_stat __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, AT_SYMLINK_NOFOLLOW, &s);

	return error ? error : put_old_stat(&s, statbuf);
}

long __ia32_sys_fstat(unsigned int fd, struct __old_kernel_stat __user *statbuf)
{
	struct kstat s;
	int error = vfs_fstat(fd, &s);

	return error ? error : put_old_stat(&s, statbuf);
}

long __ia32_compat_sys_newstat(const char __user *filename, struct compat_stat __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, 0, &s);

	return error ? error : put_stat(&s, statbuf);
}

long __ia32_compat_sys_newlstat(const char __user *filename, struct compat_stat __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, AT_SYMLINK_NOFOLLOW, &s);

	return error ? error : put_stat(&s, statbuf);
}

long __ia32_compat_sys_newfstat(unsigned int fd, struct compat_stat __user *statbuf)
{
	struct kstat s;
	int error = vfs_fstat(fd, &s);

	return error ? error : put_stat(&s, statbuf);
}

long __ia32_sys_stat64(const char __user *filename, struct stat64 __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, 0, &s);

	return error ? error : put_stat64(&s, statbuf);
}

long __ia32_sys_lstat64(const char __user *filename, struct stat64 __user *statbuf)
{
	struct kstat s;
	int error = stat_path(filename, AT_SYMLINK_NOFOLLOW, &s);

	return error ? error : put_stat64(&s, statbuf);
}

long __ia32_sys_fstat64(unsigned int fd, struct stat64 __user *statbuf)
{
	struct kstat s;
	int error = vfs_fstat(fd, &s);

	return error ? error : put_stat64(&s, statbuf);
}

long __ia32_sys_fstatat64(int dfd, const char __user *filename, struct stat64 __user *statbuf,
			  int flag)
{
	struct kstat s;
	int error = vfs_statx(dfd, filename, flag, &s, STATX_BASIC_STATS);

	return error ? error : put_stat64(&s, statbuf);
}

/* ---------------------------------------------------------------- struct statfs */

/* Counts of inodes may be -1, unknown: they are cut without a word. */
static int put_statfs(const struct statfs *s, struct compat_statfs *ubuf)
{
	struct compat_statfs st = {
		.f_type = s->f_type, .f_bsize = s->f_bsize, .f_blocks = s->f_blocks,
		.f_bfree = s->f_bfree, .f_bavail = s->f_bavail, .f_files = s->f_files,
		.f_ffree = s->f_ffree, .f_fsid = { s->f_fsid.val[0], s->f_fsid.val[1] },
		.f_namelen = s->f_namelen, .f_frsize = s->f_frsize, .f_flags = s->f_flags,
	};

	if ((s->f_blocks | s->f_bfree | s->f_bavail | s->f_bsize | s->f_frsize) >> 32)
		return -EOVERFLOW;
	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int put_statfs64(const struct statfs *s, struct compat_statfs64 *ubuf)
{
	struct compat_statfs64 st = {
		.f_type = s->f_type, .f_bsize = s->f_bsize, .f_blocks = s->f_blocks,
		.f_bfree = s->f_bfree, .f_bavail = s->f_bavail, .f_files = s->f_files,
		.f_ffree = s->f_ffree, .f_fsid = s->f_fsid,
		.f_namelen = s->f_namelen, .f_frsize = s->f_frsize, .f_flags = s->f_flags,
	};

	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

long __ia32_compat_sys_statfs(const char __user *path, struct compat_statfs __user *buf)
{
	struct statfs s;
	int error = user_statfs(path, &s);

	return error ? error : put_statfs(&s, buf);
}

long __ia32_compat_sys_fstatfs(unsigned int fd, struct compat_statfs __user *buf)
{
	struct statfs s;
	int error = fd_statfs(fd, &s);

	return error ? error : put_statfs(&s, buf);
}

long __ia32_sys_statfs64(const char __user *path, u32 size, struct compat_statfs64 __user *buf)
{
	struct statfs s;
	int error;

	if (size != sizeof(*buf))
		return -EINVAL;
	error = user_statfs(path, &s);
	return error ? error : put_statfs64(&s, buf);
}

long __ia32_sys_fstatfs64(unsigned int fd, u32 size, struct compat_statfs64 __user *buf)
{
	struct statfs s;
	int error;

	if (size != sizeof(*buf))
		return -EINVAL;
	error = fd_statfs(fd, &s);
	return error ? error : put_statfs64(&s, buf);
}

long __ia32_compat_sys_ustat(unsigned int dev, struct compat_ustat __user *ubuf)
{
	struct compat_ustat u;
	struct statfs s;
	int error = dev_statfs(dev, &s);

	if (error)
		return error;
	memset(&u, 0, sizeof(u));
	u.f_tfree = s.f_bfree;
	u.f_tinode = s.f_ffree;
	return copy_to_user(ubuf, &u, sizeof(u)) ? -EFAULT : 0;
}
