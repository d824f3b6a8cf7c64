/* SPDX-License-Identifier: MIT */
/* statfs(2), fstatfs(2), ustat(2): what a file system says of itself. Linux's twin: fs/statfs.c. */
#include <vitrix/string.h>
#include <asm/statfs.h>
#include <linux/mount.h>
#include "internal.h"
#include <generated/syscalls.h>

/* f_flags of statfs(2): 0x20 says that they are filled in; the rest are the mount flags' values. */
#define ST_VALID	0x0020
#define ST_NOATIME	0x0400
#define ST_NODIRATIME	0x0800
#define ST_RELATIME	0x1000

static long flags_of(const struct vfsmount *mnt)
{
	long f = ST_VALID;

	if ((mnt->mnt_flags & MNT_READONLY) || sb_rdonly(mnt->mnt_sb))
		f |= MS_RDONLY;
	if (mnt->mnt_flags & MNT_NOSUID)
		f |= MS_NOSUID;
	if (mnt->mnt_flags & MNT_NODEV)
		f |= MS_NODEV;
	if (mnt->mnt_flags & MNT_NOEXEC)
		f |= MS_NOEXEC;
	if (mnt->mnt_flags & MNT_NOATIME)
		f |= ST_NOATIME;
	if (mnt->mnt_flags & MNT_NODIRATIME)
		f |= ST_NODIRATIME;
	if (mnt->mnt_flags & MNT_RELATIME)
		f |= ST_RELATIME;
	return f;
}

static int statfs_sb(struct dentry *dentry, struct statfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	u64 id = new_encode_dev(sb->s_dev);

	memset(buf, 0, sizeof(*buf));
	buf->f_fsid.val[0] = (u32)id;
	buf->f_fsid.val[1] = (u32)(id >> 32);
	return sb->s_op->statfs ? sb->s_op->statfs(dentry, buf) : simple_statfs(dentry, buf);
}

int vfs_statfs(const struct path *path, struct statfs *buf)
{
	int error = statfs_sb(path->dentry, buf);

	if (!error) {
		if (!buf->f_frsize)
			buf->f_frsize = buf->f_bsize;
		buf->f_flags = flags_of(path->mnt);
	}
	return error;
}

int user_statfs(const char *upath, struct statfs *buf)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, upath, LOOKUP_FOLLOW, &path);

	if (error)
		return error;
	error = vfs_statfs(&path, buf);
	path_put(&path);
	return error;
}

int fd_statfs(unsigned int fd, struct statfs *buf)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = vfs_statfs(&f.file->f_path, buf);
	fdput(f);
	return error;
}

/* Of the file system on that device. */
int dev_statfs(unsigned int dev, struct statfs *buf)
{
	struct super_block *sb = user_get_super(new_decode_dev(dev));
	int error;

	if (!sb)
		return -EINVAL;
	error = statfs_sb(sb->s_root, buf);
	deactivate_super(sb);
	return error;
}

long __x64_sys_statfs(const char __user *upath, struct statfs __user *ubuf)
{
	struct statfs st;
	int error = user_statfs(upath, &st);

	if (!error && copy_to_user(ubuf, &st, sizeof(st)))
		error = -EFAULT;
	return error;
}

long __x64_sys_fstatfs(unsigned int fd, struct statfs __user *ubuf)
{
	struct statfs st;
	int error = fd_statfs(fd, &st);

	if (!error && copy_to_user(ubuf, &st, sizeof(st)))
		error = -EFAULT;
	return error;
}

struct ustat {
	__kernel_daddr_t f_tfree;
	unsigned long f_tinode;
	char f_fname[6], f_fpack[6];
};

long __x64_sys_ustat(unsigned int dev, struct ustat __user *ubuf)
{
	struct ustat u;
	struct statfs st;
	int error = dev_statfs(dev, &st);

	if (error)
		return error;
	memset(&u, 0, sizeof(u));
	u.f_tfree = st.f_bfree;
	u.f_tinode = st.f_ffree;
	return copy_to_user(ubuf, &u, sizeof(u)) ? -EFAULT : 0;
}
