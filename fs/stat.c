/* SPDX-License-Identifier: MIT */
/*
 * stat(2) and its kin, readlink(2).
 *
 *	path or descriptor --> vfs_getattr() --> i_op->getattr, generic_fillattr() --> struct kstat
 *	struct kstat --> struct stat or struct statx, copied to the user
 *
 * No lock: the fields are read one by one, as on Linux. Linux's twin: fs/stat.c.
 */
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <asm/stat.h>
#include "internal.h"
#include <generated/syscalls.h>

void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->uid = inode->i_uid;
	stat->gid = inode->i_gid;
	stat->rdev = inode->i_rdev;
	stat->size = i_size_read(inode);
	stat->atime = inode->i_atime;
	stat->mtime = inode->i_mtime;
	stat->ctime = inode->i_ctime;
	stat->blksize = 1 << inode->i_blkbits;
	stat->blocks = inode->i_blocks;
}

/* Rights on the object itself are not needed. 0 or what the file system says. May sleep. */
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags)
{
	struct inode *inode = path->dentry->d_inode;

	stat->result_mask = STATX_BASIC_STATS;
	stat->attributes = stat->attributes_mask = 0;
	if (unlikely(inode->i_op->getattr))
		return inode->i_op->getattr(path, stat, request_mask);
	generic_fillattr(inode, stat);
	return 0;
}

int vfs_fstat(int fd, struct kstat *stat)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (unlikely(!f.file))
		return -EBADF;
	error = vfs_getattr(&f.file->f_path, stat, STATX_BASIC_STATS, 0);
	fdput(f);
	return error;
}

static void stat_mount(const struct path *path, struct kstat *stat)
{
	struct inode *inode = path->dentry->d_inode;

	stat->mnt_id = path->mnt->mnt_id;
	stat->is_mount_root = path->dentry == path->mnt->mnt_root;
	stat->result_mask |= STATX_MNT_ID;
	stat->attributes_mask |= STATX_ATTR_MOUNT_ROOT | STATX_ATTR_AUTOMOUNT | STATX_ATTR_DAX;
	if (has_fileattr(inode))
		stat->attributes_mask |= STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND |
					 STATX_ATTR_NODUMP;
	if (stat->is_mount_root)
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	if (IS_IMMUTABLE(inode))
		stat->attributes |= STATX_ATTR_IMMUTABLE;
	if (IS_APPEND(inode))
		stat->attributes |= STATX_ATTR_APPEND;
	if (inode->i_flags & S_NODUMP_FLAG)
		stat->attributes |= STATX_ATTR_NODUMP;
}

/* flags: AT_*. */
__bounded_frame
int vfs_statx(int dfd, const char *uname, int flags, struct kstat *stat, u32 request_mask)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, uname, lookup, &path);
	if (error)
		return error;
	error = vfs_getattr(&path, stat, request_mask, flags);
	if (!error && unlikely(request_mask & ~STATX_BASIC_STATS))
		stat_mount(&path, stat);
	path_put(&path);
	return error;
}

/* ---------------------------------------------------------------- struct stat */

__bounded_frame static int copy_stat(const struct kstat *s, struct stat __user *ubuf)
{
	struct stat st;

	st.st_dev = new_encode_dev(s->dev);
	st.st_ino = s->ino;
	st.st_nlink = s->nlink;
	st.st_mode = s->mode;
	st.st_uid = s->uid;
	st.st_gid = s->gid;
	st.__pad0 = 0;
	st.st_rdev = new_encode_dev(s->rdev);
	st.st_size = s->size;
	st.st_blksize = s->blksize;
	st.st_blocks = s->blocks;
	st.st_atime = s->atime.tv_sec;
	st.st_atime_nsec = s->atime.tv_nsec;
	st.st_mtime = s->mtime.tv_sec;
	st.st_mtime_nsec = s->mtime.tv_nsec;
	st.st_ctime = s->ctime.tv_sec;
	st.st_ctime_nsec = s->ctime.tv_nsec;
	st.__unused[0] = st.__unused[1] = st.__unused[2] = 0;
	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

__bounded_frame long __x64_sys_newfstat(unsigned int fd, struct stat __user *statbuf)
{
	struct kstat stat;
	int error = vfs_fstat(fd, &stat);

	return error ? error : copy_stat(&stat, statbuf);
}

/* glibc's fstat(fd) comes here with an empty name: no need to walk anywhere. */
__path long __x64_sys_newfstatat(int dfd, const char __user *filename, struct stat __user *statbuf,
				 int flag)
{
	struct kstat stat;
	char first;
	int error;

	if (flag == AT_EMPTY_PATH && dfd >= 0 && !get_user(first, filename) && !first)
		error = vfs_fstat(dfd, &stat);
	else
		error = vfs_statx(dfd, filename, flag, &stat, STATX_BASIC_STATS);
	return error ? error : copy_stat(&stat, statbuf);
}

__bounded_frame long __x64_sys_newstat(const char __user *filename, struct stat __user *statbuf)
{
	struct kstat stat;
	int error = vfs_statx(AT_FDCWD, filename, 0, &stat, STATX_BASIC_STATS);

	return error ? error : copy_stat(&stat, statbuf);
}

long __x64_sys_newlstat(const char __user *filename, struct stat __user *statbuf)
{
	struct kstat stat;
	int error = vfs_statx(AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &stat, STATX_BASIC_STATS);

	return error ? error : copy_stat(&stat, statbuf);
}

/* ---------------------------------------------------------------- struct statx */

static struct statx_timestamp statx_time(struct timespec64 ts)
{
	return (struct statx_timestamp){ .tv_sec = ts.tv_sec, .tv_nsec = ts.tv_nsec };
}

static int copy_statx(const struct kstat *s, struct statx __user *ubuf)
{
	struct statx x;

	memset(&x, 0, sizeof(x));
	x.stx_mask = s->result_mask;
	x.stx_blksize = s->blksize;
	x.stx_attributes = s->attributes;
	x.stx_attributes_mask = s->attributes_mask;
	x.stx_nlink = s->nlink;
	x.stx_uid = s->uid;
	x.stx_gid = s->gid;
	x.stx_mode = s->mode;
	x.stx_ino = s->ino;
	x.stx_size = s->size;
	x.stx_blocks = s->blocks;
	x.stx_atime = statx_time(s->atime);
	x.stx_mtime = statx_time(s->mtime);
	x.stx_ctime = statx_time(s->ctime);
	if (s->result_mask & STATX_BTIME)
		x.stx_btime = statx_time(s->btime);
	x.stx_rdev_major = MAJOR(s->rdev);
	x.stx_rdev_minor = MINOR(s->rdev);
	x.stx_dev_major = MAJOR(s->dev);
	x.stx_dev_minor = MINOR(s->dev);
	if (s->result_mask & STATX_MNT_ID)
		x.stx_mnt_id = s->mnt_id;
	return copy_to_user(ubuf, &x, sizeof(x)) ? -EFAULT : 0;
}

long __x64_sys_statx(int dfd, const char __user *filename, unsigned int flags, unsigned int mask,
		     struct statx __user *buffer)
{
	struct kstat stat;
	int error;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	/* the mount's facts are always told, asked for or not */
	error = vfs_statx(dfd, filename, flags, &stat, mask | STATX_MNT_ID);
	return error ? error : copy_statx(&stat, buffer);
}

/* ---------------------------------------------------------------- readlink */

/* Not terminated; what does not fit is cut off. Bytes copied or -EFAULT. */
int readlink_copy(char *ubuf, int buflen, const char *link)
{
	int len = min_t(size_t, strlen(link), buflen);

	return copy_to_user(ubuf, link, len) ? -EFAULT : len;
}

const char *vfs_get_link(struct dentry *dentry, void **to_free)
{
	struct inode *inode = dentry->d_inode;

	*to_free = NULL;
	if (!S_ISLNK(inode->i_mode) || !inode->i_op->get_link)
		return ERR_PTR(-EINVAL);
	return inode->i_op->get_link(dentry, inode, to_free);
}

/* A magic link has no text of its own: the path of what it leads to. */
static int readlink_magic(struct dentry *dentry, char __user *buf, int size)
{
	char *page = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	struct path target;
	int ret;

	if (!page)
		return -ENOMEM;
	ret = dentry->d_inode->i_op->get_link_path(dentry, dentry->d_inode, &target);
	if (!ret) {
		text = d_path(&target, page, PATH_MAX);
		ret = IS_ERR(text) ? PTR_ERR(text) : readlink_copy(buf, size, text);
		path_put(&target);
	}
	kfree(page);
	return ret;
}

static int readlink_path(const struct path *path, char __user *buf, int size)
{
	const struct inode_operations *op = path->dentry->d_inode->i_op;
	const char *text;
	void *to_free;
	int ret;

	touch_atime(path);
	if (op->get_link_path)
		return readlink_magic(path->dentry, buf, size);
	text = vfs_get_link(path->dentry, &to_free);
	if (IS_ERR_OR_NULL(text))
		return text ? PTR_ERR(text) : -EINVAL;
	ret = readlink_copy(buf, size, text);
	kfree(to_free);
	return ret;
}

long __x64_sys_readlinkat(int dfd, const char __user *pathname, char __user *buf, int bufsiz)
{
	struct filename *name;
	struct path path;
	bool empty;
	int error;

	if (bufsiz <= 0)
		return -EINVAL;
	name = getname_flags(pathname, LOOKUP_EMPTY);
	if (IS_ERR(name))
		return PTR_ERR(name);
	empty = !*name->name;
	error = filename_lookup(dfd, name, LOOKUP_EMPTY, &path, NULL);
	if (error)
		return error;
	if (S_ISLNK(path.dentry->d_inode->i_mode))
		error = readlink_path(&path, buf, bufsiz);
	else
		error = empty ? -ENOENT : -EINVAL;
	path_put(&path);
	return error;
}

long __x64_sys_readlink(const char __user *path, char __user *buf, int bufsiz)
{
	return __x64_sys_readlinkat(AT_FDCWD, path, buf, bufsiz);
}
