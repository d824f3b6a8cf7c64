/* SPDX-License-Identifier: MIT */
/*
 * The four ioctls of ioctl_iflags(2) and ioctl_xfs_fsgetxattr(2): what chattr(1) and lsattr(1) use.
 *
 *	FS_IOC_SETFLAGS    FS_*_FL ----\
 *	                                >-- struct fileattr --> may he? --> i_op->fileattr_set
 *	FS_IOC_FSSETXATTR  FS_XFLAG_* -/
 *
 * What one interface cannot say stays as it is. What the attributes forbid is looked at where it is
 * done: IS_IMMUTABLE(), IS_APPEND().
 *
 * Locks: the inode's i_mutex over the look at the old ones and the change. Linux's twin:
 * fs/ioctl.c. Called from there. Left out: encryption, project quotas.
 */
#include <vitrix/cred.h>
#include <vitrix/fileattr.h>
#include <vitrix/string.h>
#include "internal.h"

static const struct { u32 flag, xflag; } common[] = {
	{ FS_SYNC_FL, FS_XFLAG_SYNC },
	{ FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE },
	{ FS_APPEND_FL, FS_XFLAG_APPEND },
	{ FS_NODUMP_FL, FS_XFLAG_NODUMP },
	{ FS_NOATIME_FL, FS_XFLAG_NOATIME },
	{ FS_DAX_FL, FS_XFLAG_DAX },
	{ FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT },
};

static u32 common_flags(void)
{
	u32 all = 0;

	for (int i = 0; i < ARRAY_SIZE(common); i++)
		all |= common[i].flag;
	return all;
}

static u32 to_xflags(u32 flags)
{
	u32 xflags = 0;

	for (int i = 0; i < ARRAY_SIZE(common); i++)
		xflags |= flags & common[i].flag ? common[i].xflag : 0;
	return xflags;
}

static u32 from_xflags(u32 xflags)
{
	u32 flags = 0;

	for (int i = 0; i < ARRAY_SIZE(common); i++)
		flags |= xflags & common[i].xflag ? common[i].flag : 0;
	return flags;
}

/* ---------------------------------------------------------------- for file systems */

void fileattr_fill_flags(struct fileattr *fa, u32 flags)
{
	memset(fa, 0, sizeof(*fa));
	fa->flags = flags;
	fa->fsx.fsx_xflags = to_xflags(flags);
}

bool fileattr_has_fsx(const struct fileattr *fa)
{
	return (fa->fsx.fsx_xflags & ~to_xflags(common_flags())) || fa->fsx.fsx_extsize ||
	       fa->fsx.fsx_projid || fa->fsx.fsx_cowextsize;
}

static const struct { u32 flag; u16 i_flag; } kept[] = {
	{ FS_IMMUTABLE_FL, S_IMMUTABLE_FLAG },
	{ FS_APPEND_FL, S_APPEND_FLAG },
	{ FS_NODUMP_FL, S_NODUMP_FLAG },
	{ FS_NOATIME_FL, S_NOATIME_FLAG },
};

u32 inode_get_fileattr(const struct inode *inode)
{
	u16 i_flags = READ_ONCE(inode->i_flags);
	u32 flags = 0;

	for (int i = 0; i < ARRAY_SIZE(kept); i++)
		flags |= i_flags & kept[i].i_flag ? kept[i].flag : 0;
	return flags;
}

void inode_set_fileattr(struct inode *inode, u32 flags)
{
	u16 i_flags = inode->i_flags;

	for (int i = 0; i < ARRAY_SIZE(kept); i++)
		if (flags & kept[i].flag)
			i_flags |= kept[i].i_flag;
		else
			i_flags &= ~kept[i].i_flag;
	WRITE_ONCE(inode->i_flags, i_flags);
}

/* ---------------------------------------------------------------- may he? */

/* A hint without its number says nothing. */
static void drop_empty_hints(struct fsxattr *x)
{
	if (!x->fsx_extsize)
		x->fsx_xflags &= ~(FS_XFLAG_EXTSIZE | FS_XFLAG_EXTSZINHERIT);
	if (!x->fsx_cowextsize)
		x->fsx_xflags &= ~FS_XFLAG_COWEXTSIZE;
}

static int fileattr_set_prepare(struct inode *inode, const struct fileattr *old,
				struct fileattr *new)
{
	umode_t mode = inode->i_mode;
	u32 xflags = new->fsx.fsx_xflags;

	if (((old->flags ^ new->flags) & (FS_IMMUTABLE_FL | FS_APPEND_FL)) &&
	    !capable(CAP_LINUX_IMMUTABLE))
		return -EPERM;
	if (((xflags & FS_XFLAG_EXTSIZE) && !S_ISREG(mode)) ||
	    ((xflags & FS_XFLAG_EXTSZINHERIT) && !S_ISDIR(mode)) ||
	    ((xflags & (FS_XFLAG_COWEXTSIZE | FS_XFLAG_DAX)) && !S_ISREG(mode) && !S_ISDIR(mode)))
		return -EINVAL;
	drop_empty_hints(&new->fsx);
	return 0;
}

/* new: by_flags, its flags are what counts, and the rest stays; else the other way round. */
static int vfs_fileattr_set(const struct path *path, struct fileattr *new, bool by_flags)
{
	struct dentry *dentry = path->dentry;
	struct inode *inode = dentry->d_inode;
	struct fileattr old;
	int error;

	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	error = -EPERM;
	if (!inode_owner_or_capable(inode))
		goto out;
	inode_lock(inode);
	error = inode->i_op->fileattr_get(dentry, &old);
	if (error)
		goto out_unlock;
	if (by_flags) {
		u32 xflags = new->fsx.fsx_xflags;

		new->fsx = old.fsx;
		new->fsx.fsx_xflags &= ~to_xflags(common_flags());
		new->fsx.fsx_xflags |= xflags;
	} else {
		new->flags |= old.flags & ~common_flags();
	}
	error = fileattr_set_prepare(inode, &old, new);
	if (!error)
		error = inode->i_op->fileattr_set(dentry, new);
out_unlock:
	inode_unlock(inode);
out:
	mnt_drop_write(path->mnt);
	return error;
}

/* ---------------------------------------------------------------- the ioctls */

static long ioctl_get(const struct path *path, unsigned int cmd, void __user *arg)
{
	struct fileattr fa;
	int error = path->dentry->d_inode->i_op->fileattr_get(path->dentry, &fa);

	if (error)
		return error;
	if (cmd == FS_IOC_GETFLAGS)
		return put_user(fa.flags, (u32 __user *)arg);
	return copy_to_user(arg, &fa.fsx, sizeof(fa.fsx)) ? -EFAULT : 0;
}

static long ioctl_setflags(const struct path *path, const u32 __user *arg)
{
	struct fileattr fa;
	u32 flags;

	if (get_user(flags, arg))
		return -EFAULT;
	fileattr_fill_flags(&fa, flags);
	return vfs_fileattr_set(path, &fa, true);
}

static long ioctl_fssetxattr(const struct path *path, const void __user *arg)
{
	struct fileattr fa;

	if (copy_from_user(&fa.fsx, arg, sizeof(fa.fsx)))
		return -EFAULT;
	fa.flags = from_xflags(fa.fsx.fsx_xflags);
	return vfs_fileattr_set(path, &fa, false);
}

bool has_fileattr(const struct inode *inode)
{
	return inode->i_op->fileattr_get && !(inode->i_sb->s_iflags & SB_I_NO_FILEATTR);
}

/* One of the four. -ENOIOCTLCMD: the file system has no attributes. */
long ioctl_fileattr(struct file *file, unsigned int cmd, void __user *arg)
{
	if (!has_fileattr(file_inode(file)))
		return -ENOIOCTLCMD;
	switch (cmd) {
	case FS_IOC_SETFLAGS:
		return ioctl_setflags(&file->f_path, arg);
	case FS_IOC_FSSETXATTR:
		return ioctl_fssetxattr(&file->f_path, arg);
	default:
		return ioctl_get(&file->f_path, cmd, arg);
	}
}
