/* SPDX-License-Identifier: MIT */
/*
 * Making and removing names: mkdir, mknod, symlink, link, unlink, rmdir. rename is in
 * namei_rename.c.
 *
 * A system call finds the directory and the last name (filename_parentat), takes write access to
 * the mount and the directory's i_mutex, looks the name up and calls vfs_*(), which checks the
 * rights and then calls the file system:
 *
 *	mkdirat --> start_create() --> vfs_mkdir() --> i_op->mkdir() --> done_path_create()
 *
 * Locks: the directory's i_mutex, then that of the object that is removed or linked.
 * Linux's twin: the third part of fs/namei.c.
 */
#include <vitrix/cred.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include "internal.h"
#include <generated/syscalls.h>

/* ---------------------------------------------------------------- rights */

int may_create(struct inode *dir, struct dentry *child)
{
	if (child->d_inode)
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory: only what is one's own, or all of it if the directory is. */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
	if (!(dir->i_mode & S_ISVTX))
		return false;
	if (inode->i_uid == current_fsuid() || dir->i_uid == current_fsuid())
		return false;
	return !capable(CAP_FOWNER);
}

/* is_dir: what the caller is about to remove must be a directory (1) or must not (0). */
int may_delete(struct inode *dir, struct dentry *victim, bool is_dir)
{
	struct inode *inode = victim->d_inode;
	int error;

	if (!inode)
		return -ENOENT;
	ASSERT(victim->d_parent->d_inode == dir);
	error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (error)
		return error;
	if (IS_APPEND(dir) || sticky_forbids(dir, inode) || IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	if (is_dir) {
		if (!S_ISDIR(inode->i_mode))
			return -ENOTDIR;
		if (victim->d_parent == victim)
			return -EBUSY;
	} else if (S_ISDIR(inode->i_mode)) {
		return -EISDIR;
	}
	return IS_DEADDIR(dir) ? -ENOENT : 0;
}

/* ---------------------------------------------------------------- with kernel objects */

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->create)
		return -EACCES;
	return dir->i_op->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG, excl);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->mkdir)
		return -EPERM;
	return dir->i_op->mkdir(dir, dentry, mode & (0777 | S_ISVTX));
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	/* Device 0:0 stands for "removed" in overlays and is harmless. */
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !(S_ISCHR(mode) && !dev) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	return dir->i_op->mknod(dir, dentry, mode, dev);
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->symlink)
		return -EPERM;
	return dir->i_op->symlink(dir, dentry, target);
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int error;

	if (!inode)
		return -ENOENT;
	error = may_create(dir, dentry);
	if (error)
		return error;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode) || !dir->i_op->link || S_ISDIR(inode->i_mode))
		return -EPERM;
	inode_lock(inode);
	/* A file without a name is gone, unless it was born so (O_TMPFILE) and may get one. */
	if (!inode->i_nlink && !(inode->i_flags & S_LINKABLE_FLAG))
		error = -ENOENT;
	else
		error = dir->i_op->link(old, dir, dentry);
	if (!error)
		inode->i_flags &= ~S_LINKABLE_FLAG;
	inode_unlock(inode);
	return error;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int error = may_delete(dir, dentry, false);

	if (error)
		return error;
	if (!dir->i_op->unlink)
		return -EPERM;
	/* held over d_delete(), which may drop the dentry's reference */
	ihold(inode);
	inode_lock(inode);
	if (dentry->d_flags & DCACHE_MOUNTED)
		error = -EBUSY;
	else
		error = dir->i_op->unlink(dir, dentry);
	/* lock_mount() looks under the same lock whether the name is still there */
	if (!error)
		d_delete(dentry);
	inode_unlock(inode);
	iput(inode);
	return error;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int error = may_delete(dir, dentry, true);

	if (error)
		return error;
	if (!dir->i_op->rmdir)
		return -EPERM;
	ihold(inode);
	inode_lock(inode);
	if (dentry->d_flags & DCACHE_MOUNTED)
		error = -EBUSY;
	else
		error = dir->i_op->rmdir(dir, dentry);
	if (!error) {
		inode->i_flags |= S_DEAD_FLAG;
		shrink_dcache_parent(dentry);	/* negative children would keep it */
	}
	inode_unlock(inode);
	if (!error)
		d_delete(dentry);
	iput(inode);
	return error;
}

/* ---------------------------------------------------------------- creating, from a path */

/*
 * A negative dentry for the last component of name, its directory locked and in *parent, write
 * access taken. dir: a directory is to be made, so a slash at the end is welcome.
 * done_path_create() undoes.
 */
static struct dentry *start_create(int dfd, struct filename *name, struct path *parent, bool dir)
{
	struct dentry *d;
	struct qstr last;
	int error, type, ro;
	bool slash;

	error = filename_parentat(dfd, name, parent, &last, &type, &slash);
	if (error)
		return ERR_PTR(error);
	if (type != LAST_NORM) {
		path_put(parent);
		return ERR_PTR(-EEXIST);
	}
	ro = mnt_want_write(parent->mnt);
	inode_lock(parent->dentry->d_inode);
	error = -ENAMETOOLONG;
	if (last.len > NAME_MAX)
		goto fail;
	last.hash = full_name_hash(parent->dentry, last.name, last.len);
	d = lookup_locked(parent->dentry, &last, LOOKUP_CREATE | LOOKUP_EXCL);
	error = PTR_ERR(d);
	if (IS_ERR(d))
		goto fail;
	if (d->d_inode)
		error = -EEXIST;
	else if (slash && !dir)
		error = -ENOENT;
	else
		error = ro;
	if (!error)
		return d;
	dput(d);
fail:
	inode_unlock(parent->dentry->d_inode);
	if (!ro)
		mnt_drop_write(parent->mnt);
	path_put(parent);
	return ERR_PTR(error);
}

void done_path_create(struct path *parent, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(parent->dentry->d_inode);
	mnt_drop_write(parent->mnt);
	path_put(parent);
}

struct dentry *kern_path_create(const char *name, struct path *parent, unsigned int flags)
{
	struct filename *fn = getname_kernel(name);
	struct dentry *d;

	if (IS_ERR(fn))
		return ERR_CAST(fn);
	d = start_create(AT_FDCWD, fn, parent, flags & LOOKUP_DIRECTORY);
	putname(fn);
	return d;
}

long __x64_sys_mknodat(int dfd, const char __user *filename, umode_t mode, unsigned int dev)
{
	struct filename *name;
	struct path parent;
	struct dentry *d;
	struct inode *dir;
	int error = 0;

	switch (mode & S_IFMT) {
	case 0: case S_IFREG: case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	name = getname(filename);
	if (IS_ERR(name))
		return PTR_ERR(name);
	d = start_create(dfd, name, &parent, false);
	if (IS_ERR(d)) {
		error = PTR_ERR(d);
		goto out;
	}
	dir = parent.dentry->d_inode;
	mode &= ~current_umask();
	switch (mode & S_IFMT) {
	case 0: case S_IFREG:
		error = vfs_create(dir, d, mode, true);
		break;
	case S_IFCHR: case S_IFBLK:
		error = vfs_mknod(dir, d, mode, new_decode_dev(dev));
		break;
	default:
		error = vfs_mknod(dir, d, mode, 0);
		break;
	}
	done_path_create(&parent, d);
out:
	putname(name);
	return error;
}

long __x64_sys_mknod(const char __user *filename, umode_t mode, unsigned int dev)
{
	return __x64_sys_mknodat(AT_FDCWD, filename, mode, dev);
}

long __x64_sys_mkdirat(int dfd, const char __user *pathname, umode_t mode)
{
	struct filename *name = getname(pathname);
	struct path parent;
	struct dentry *d;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	d = start_create(dfd, name, &parent, true);
	error = PTR_ERR(d);
	if (!IS_ERR(d)) {
		error = vfs_mkdir(parent.dentry->d_inode, d, mode & ~current_umask());
		done_path_create(&parent, d);
	}
	putname(name);
	return error;
}

long __x64_sys_mkdir(const char __user *pathname, umode_t mode)
{
	return __x64_sys_mkdirat(AT_FDCWD, pathname, mode);
}

long __x64_sys_symlinkat(const char __user *oldname, int newdfd, const char __user *newname)
{
	struct filename *target = getname(oldname), *name;
	struct path parent;
	struct dentry *d;
	int error;

	if (IS_ERR(target))
		return PTR_ERR(target);
	name = getname(newname);
	error = PTR_ERR(name);
	if (IS_ERR(name))
		goto out;
	d = start_create(newdfd, name, &parent, false);
	error = PTR_ERR(d);
	if (!IS_ERR(d)) {
		error = vfs_symlink(parent.dentry->d_inode, d, target->name);
		done_path_create(&parent, d);
	}
	putname(name);
out:
	putname(target);
	return error;
}

long __x64_sys_symlink(const char __user *oldname, const char __user *newname)
{
	return __x64_sys_symlinkat(oldname, AT_FDCWD, newname);
}

long __x64_sys_linkat(int olddfd, const char __user *oldname, int newdfd,
		      const char __user *newname,
		      int flags)
{
	unsigned int how = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct path old, parent;
	struct filename *name;
	struct dentry *d;
	int error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		/* a descriptor would be a way around the search permission of its path */
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		how |= LOOKUP_EMPTY;
	}
	error = user_path_at(olddfd, oldname, how, &old);
	if (error)
		return error;
	name = getname(newname);
	error = PTR_ERR(name);
	if (IS_ERR(name))
		goto out;
	d = start_create(newdfd, name, &parent, false);
	error = PTR_ERR(d);
	if (!IS_ERR(d)) {
		error = -EXDEV;
		if (old.mnt == parent.mnt)
			error = vfs_link(old.dentry, parent.dentry->d_inode, d);
		done_path_create(&parent, d);
	}
	putname(name);
out:
	path_put(&old);
	return error;
}

long __x64_sys_link(const char __user *oldname, const char __user *newname)
{
	return __x64_sys_linkat(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

/* ---------------------------------------------------------------- removing, from a path */

static int remove_last(struct path *parent, struct qstr *last, bool slash, bool is_dir)
{
	struct inode *dir = parent->dentry->d_inode;
	struct dentry *d;
	int error;

	error = mnt_want_write(parent->mnt);
	if (error)
		return error;
	inode_lock(dir);
	error = -ENAMETOOLONG;
	if (last->len > NAME_MAX)
		goto out;
	last->hash = full_name_hash(parent->dentry, last->name, last->len);
	d = lookup_locked(parent->dentry, last, 0);
	error = PTR_ERR(d);
	if (IS_ERR(d))
		goto out;
	if (!d->d_inode)
		error = -ENOENT;
	else if (is_dir)
		error = vfs_rmdir(dir, d);
	else if (slash)
		error = S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
	else
		error = vfs_unlink(dir, d);
	dput(d);
out:
	inode_unlock(dir);
	mnt_drop_write(parent->mnt);
	return error;
}

static long do_remove(int dfd, const char __user *pathname, bool is_dir)
{
	struct filename *name = getname(pathname);
	struct path parent;
	struct qstr last;
	int error, type;
	bool slash;

	if (IS_ERR(name))
		return PTR_ERR(name);
	error = filename_parentat(dfd, name, &parent, &last, &type, &slash);
	if (error)
		goto out;
	if (type == LAST_NORM)
		error = remove_last(&parent, &last, slash, is_dir);
	else if (!is_dir)
		error = -EISDIR;
	else
		error = type == LAST_DOTDOT ? -ENOTEMPTY : type == LAST_DOT ? -EINVAL : -EBUSY;
	path_put(&parent);
out:
	putname(name);
	return error;
}

long __x64_sys_unlinkat(int dfd, const char __user *pathname, int flag)
{
	if (flag & ~AT_REMOVEDIR)
		return -EINVAL;
	return do_remove(dfd, pathname, flag & AT_REMOVEDIR);
}

long __x64_sys_unlink(const char __user *pathname)
{
	return do_remove(AT_FDCWD, pathname, false);
}

long __x64_sys_rmdir(const char __user *pathname)
{
	return do_remove(AT_FDCWD, pathname, true);
}
