/* SPDX-License-Identifier: MIT */
/*
 * mount(2) and umount2(2): decoding the flags, checking rights, then one of new mount, remount,
 * bind, move. The tree itself is namespace.c's. Linux's twin: the system calls of fs/namespace.c.
 *
 * All mounts are private: making one private or a slave is therefore nothing to do; MS_SHARED is
 * refused. Left out: MNT_EXPIRE, the fsopen(2) family, mount namespaces.
 */
#include <vitrix/cred.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <linux/mount.h>
#include "internal.h"
#include <generated/syscalls.h>

#define MNT_USER_MASK	(MNT_NOSUID | MNT_NODEV | MNT_NOEXEC | MNT_NOATIME | MNT_NODIRATIME | \
			 MNT_RELATIME | MNT_READONLY)
#define MS_ATIME_MASK	(MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

static int mnt_flags_of(unsigned long flags)
{
	int mnt = flags & (MS_NOATIME | MS_STRICTATIME) ? 0 : MNT_RELATIME;

	if (flags & MS_NOSUID)
		mnt |= MNT_NOSUID;
	if (flags & MS_NODEV)
		mnt |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		mnt |= MNT_NOEXEC;
	if (flags & MS_NOATIME)
		mnt |= MNT_NOATIME;
	if (flags & MS_NODIRATIME)
		mnt |= MNT_NODIRATIME;
	if (flags & MS_RDONLY)
		mnt |= MNT_READONLY;
	return mnt;
}

/* 0 or -EBUSY: read-only is refused while somebody writes through this mount. */
static int change_mnt_flags(struct vfsmount *mnt, int flags)
{
	int old = mnt->mnt_flags, error = 0;

	down_write(&namespace_sem);
	WRITE_ONCE(mnt->mnt_flags, (old & ~MNT_USER_MASK) | flags);
	smp_mb();	/* pairs with mnt_want_write() */
	if ((flags & ~old & MNT_READONLY) && atomic_read(&mnt->mnt_writers) > 0) {
		WRITE_ONCE(mnt->mnt_flags, old);
		error = -EBUSY;
	}
	up_write(&namespace_sem);
	return error;
}

static int do_remount(const struct path *path, unsigned long flags, void *data)
{
	struct vfsmount *mnt = path->mnt;
	int mnt_flags = mnt_flags_of(flags), error;

	if (!mnt_is_mounted(mnt) || path->dentry != mnt->mnt_root)
		return -EINVAL;
	if (!(flags & MS_ATIME_MASK)) {
		mnt_flags &= ~MNT_RELATIME;
		mnt_flags |= mnt->mnt_flags & (MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME);
	}
	if (!(flags & MS_BIND)) {
		error = super_remount(mnt->mnt_sb, flags, data);
		if (error)
			return error;
	}
	error = change_mnt_flags(mnt, mnt_flags);
	if (!error)
		touch_mounts();
	return error;
}

static int do_bind(struct path *path, const char *source, unsigned long flags)
{
	struct path old;
	struct vfsmount *mnt;
	int error;

	if (!source || !*source)
		return -EINVAL;
	error = kern_path(source, LOOKUP_FOLLOW, &old);
	if (error)
		return error;
	error = lock_mount(path);
	if (error)
		goto out;
	error = -EINVAL;
	if (!mnt_is_mounted(old.mnt) || (old.mnt->mnt_flags & MNT_UNBINDABLE))
		goto unlock;
	mnt = flags & MS_REC ? copy_mount_tree(old.mnt, old.dentry) : clone_mnt(old.mnt,
										old.dentry);
	if (IS_ERR_OR_NULL(mnt)) {
		error = mnt ? PTR_ERR(mnt) : -ENOMEM;
		goto unlock;
	}
	error = attach_mount(mnt, path);
	if (error)
		put_mount_tree(mnt);
unlock:
	unlock_mount(path);
out:
	path_put(&old);
	return error;
}

static int do_move(struct path *path, const char *source)
{
	struct path old;
	int error;

	if (!source || !*source)
		return -EINVAL;
	error = kern_path(source, LOOKUP_FOLLOW, &old);
	if (error)
		return error;
	error = lock_mount(path);
	if (!error) {
		error = old.dentry == old.mnt->mnt_root ? move_mount(old.mnt, path) : -EINVAL;
		unlock_mount(path);
	}
	path_put(&old);
	return error;
}

static int do_new_mount(struct path *path, const char *type_name, unsigned long flags,
			const char *source, void *data)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	int error;

	if (!type_name)
		return -EINVAL;
	type = get_fs_type(type_name);
	if (!type)
		return -ENODEV;
	mnt = vfs_kern_mount(type, flags, source, data);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mnt->mnt_flags = mnt_flags_of(flags);
	error = lock_mount(path);
	if (!error) {
		/* the same file system twice on one place: nobody wants that */
		if (path->mnt->mnt_sb == mnt->mnt_sb && path->mnt->mnt_root == path->dentry)
			error = -EBUSY;
		else
			error = attach_mount(mnt, path);
		unlock_mount(path);
	}
	if (error)
		mntput(mnt);
	return error;
}

static int do_change_type(const struct path *path, unsigned long flags)
{
	if (path->dentry != path->mnt->mnt_root || (flags & MS_SHARED))
		return -EINVAL;
	down_write(&namespace_sem);
	if (flags & MS_UNBINDABLE)
		path->mnt->mnt_flags |= MNT_UNBINDABLE;
	else
		path->mnt->mnt_flags &= ~MNT_UNBINDABLE;
	up_write(&namespace_sem);
	return 0;
}

/* All strings are the kernel's. May sleep. */
static int path_mount(const char *source, struct path *path, const char *type, unsigned long flags,
		      void *data)
{
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & MS_REMOUNT)
		return do_remount(path, flags, data);
	if (flags & MS_BIND)
		return do_bind(path, source, flags);
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return do_change_type(path, flags);
	if (flags & MS_MOVE)
		return do_move(path, source);
	return do_new_mount(path, type, flags, source, data);
}

/* NULL stays NULL; ERR_PTR(-EFAULT, -EINVAL: too long, -ENOMEM). kfree() it. */
static char *copy_string(const char __user *str)
{
	char *s;
	long len;

	if (!str)
		return NULL;
	s = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(s, str, PATH_MAX);
	if (len >= 0 && len < PATH_MAX)
		return s;
	kfree(s);
	return ERR_PTR(len < 0 ? len : -EINVAL);
}

/* Up to a page of whatever the file system understands; it may end at unmapped memory. */
static char *copy_options(const void __user *data)
{
	char *s;
	size_t left;

	if (!data)
		return NULL;
	s = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	left = PAGE_SIZE;
	if ((unsigned long)data < TASK_SIZE_MAX)
		left = min(left, TASK_SIZE_MAX - (unsigned long)data);
	if (copy_from_user(s, data, left) >= left) {
		kfree(s);
		return ERR_PTR(-EFAULT);
	}
	s[PAGE_SIZE - 1] = '\0';
	return s;
}

long __x64_sys_mount(char __user *dev_name, char __user *dir_name, char __user *type,
		     unsigned long flags, void __user *data)
{
	char *ktype = copy_string(type), *source, *options;
	struct path path;
	long error;

	if (IS_ERR(ktype))
		return PTR_ERR(ktype);
	source = copy_string(dev_name);
	if (IS_ERR(source)) {
		error = PTR_ERR(source);
		goto out_type;
	}
	options = copy_options(data);
	if (IS_ERR(options)) {
		error = PTR_ERR(options);
		goto out_source;
	}
	error = user_path_at(AT_FDCWD, dir_name, LOOKUP_FOLLOW, &path);
	if (!error) {
		error = path_mount(source, &path, ktype, flags, options);
		path_put(&path);
	}
	kfree(options);
out_source:
	kfree(source);
out_type:
	kfree(ktype);
	return error;
}

/* umount("/"): the root cannot go, but it can be made safe to switch off. */
static int umount_root(struct super_block *sb)
{
	return sb_rdonly(sb) ? 0 : super_remount(sb, MS_RDONLY, NULL);
}

long __x64_sys_umount(char __user *name, int flags)
{
	struct path path;
	struct vfsmount *mnt;
	bool root;
	int error;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	error = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	mnt = path.mnt;
	root = mnt == READ_ONCE(current->fs->root.mnt) && !(flags & MNT_DETACH);
	if (!capable(CAP_SYS_ADMIN))
		error = -EPERM;
	else if (path.dentry != mnt->mnt_root || !mnt_is_mounted(mnt) || (flags & MNT_EXPIRE))
		error = -EINVAL;
	else if (root)
		error = umount_root(mnt->mnt_sb);
	dput(path.dentry);	/* before the references are counted */
	if (!error && !root)
		error = do_umount(mnt, flags);
	mntput(mnt);
	return error;
}
