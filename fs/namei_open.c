/* SPDX-License-Identifier: MIT */
/*
 * The last component, when it is to be opened: find or create it, check, open. Linux's twin: the
 * second half of fs/namei.c (path_openat).
 *
 *	do_filp_open
 *	  path_openat: link_path_walk, then until no link is left to follow:
 *	    open_last: in the cache, or under the directory's i_mutex: lookup, i_op->create
 *	  do_open: O_EXCL, O_DIRECTORY, may_open (rights), vfs_open (f_op->open), O_TRUNC
 *	O_PATH: only the walk.   O_TMPFILE: i_op->tmpfile in the directory that the path names
 */
#include <vitrix/cred.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include "internal.h"

/* The rights, and what can never be opened so. acc_mode: MAY_*. */
static int may_open(const struct path *path, int acc_mode, int flags)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (path->mnt->mnt_flags & MNT_NODEV)
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if ((acc_mode & MAY_EXEC) && path_noexec(path))
			return -EACCES;
		break;
	}
	error = inode_permission(inode, MAY_OPEN | acc_mode);
	if (error)
		return error;
	if (IS_APPEND(inode) && (((flags & O_ACCMODE) != O_RDONLY && !(flags & O_APPEND)) ||
				 (flags & O_TRUNC)))
		return -EPERM;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

static int truncate_opened(struct file *file)
{
	struct inode *inode = file_inode(file);
	int error;

	/* With O_RDONLY|O_TRUNC the file is not open for writing, but is written to. */
	error = get_write_access(inode);
	if (error)
		return error;
	error = do_truncate(file_dentry(file), 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, file);
	put_write_access(inode);
	return error;
}

static int do_open(struct nameidata *nd, struct file *file, const struct open_flags *op,
		   bool created)
{
	struct dentry *d = nd->path.dentry;
	struct vfsmount *mnt = nd->path.mnt;
	int flags = op->open_flag, acc_mode = op->acc_mode, error;
	bool truncate = false;

	if (flags & O_CREAT) {
		if ((flags & O_EXCL) && !created)
			return -EEXIST;
		if (d_is_dir(d))
			return -EISDIR;
	}
	error = complete_walk(nd);
	if (error)
		return error;
	if (created) {
		/* Whoever creates may open, whatever the mode says. */
		flags &= ~O_TRUNC;
		acc_mode = 0;
	} else if ((flags & O_TRUNC) && S_ISREG(d->d_inode->i_mode)) {
		error = mnt_want_write(mnt);
		if (error)
			return error;
		truncate = true;
	}
	error = may_open(&nd->path, acc_mode, flags);
	if (!error)
		error = vfs_open(&nd->path, file);
	if (!error && truncate)
		error = truncate_opened(file);
	if (truncate)
		mnt_drop_write(mnt);
	return error;
}

/* dir's i_mutex and write access held, dentry negative. */
static int create_file(struct inode *dir, struct dentry *dentry, const struct open_flags *op)
{
	int error = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (error)
		return error;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	if (!dir->i_op->create)
		return -EACCES;
	return dir->i_op->create(dir, dentry, op->mode & ~current_umask(), op->open_flag & O_EXCL);
}

/* With O_CREAT: nd->last under the directory's lock, created if it is not there. */
static struct dentry *lookup_or_create(struct nameidata *nd, const struct open_flags *op,
				       bool *created)
{
	struct dentry *parent = nd->path.dentry, *d;
	int ro = mnt_want_write(nd->path.mnt), error;

	inode_lock(parent->d_inode);
	d = lookup_locked(parent, &nd->last, nd->flags | LOOKUP_CREATE | LOOKUP_OPEN);
	if (!IS_ERR(d) && !d->d_inode) {
		error = ro ? ro : create_file(parent->d_inode, d, op);
		if (error) {
			dput(d);
			d = ERR_PTR(error);
		} else {
			*created = true;
		}
	}
	inode_unlock(parent->d_inode);
	if (!ro)
		mnt_drop_write(nd->path.mnt);
	return d;
}

/* NULL: nd->path is what to open; a link's text: walk that first; ERR_PTR. */
__bounded_frame
static const char *open_last(struct nameidata *nd, const struct open_flags *op, bool *created)
{
	struct dentry *d;
	struct path next;
	int error;

	if (nd->last_type != LAST_NORM)
		return handle_dots(nd);
	if (op->open_flag & O_CREAT) {
		if (nd->last.name[nd->last.len] == '/')
			return ERR_PTR(-EISDIR);
		if (nd->last.len > NAME_MAX)
			return ERR_PTR(-ENAMETOOLONG);
		nd->last.hash = full_name_hash(nd->path.dentry, nd->last.name, nd->last.len);
		d = lookup_fast(nd->path.dentry, &nd->last, nd->flags);
		if (IS_ERR(d))
			return ERR_CAST(d);
		if (!d || !d->d_inode) {
			dput(d);
			d = lookup_or_create(nd, op, created);
			if (IS_ERR(d))
				return ERR_CAST(d);
		}
		next.mnt = nd->path.mnt;
		next.dentry = d;
		if (*created) {
			dput(nd->path.dentry);
			nd->path.dentry = d;
			return NULL;
		}
		if (op->open_flag & O_EXCL) {
			dput(d);
			return ERR_PTR(-EEXIST);
		}
		follow_mounts(&next, nd->path.mnt);
	} else {
		error = lookup_component(nd, &next);
		if (error)
			return ERR_PTR(error);
	}
	return step_into(nd, &next, NULL, nd->flags & LOOKUP_FOLLOW);
}

/* nd: where the directory for the nameless file is. */
static int open_tmpfile(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	struct inode *dir = nd->path.dentry->d_inode;
	struct qstr name = { .name = "#tmpfile", .len = 8 };
	struct path path = { nd->path.mnt, NULL };
	int error;

	error = mnt_want_write(path.mnt);
	if (error)
		return error;
	error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (error)
		goto out;
	error = -EOPNOTSUPP;
	if (!dir->i_op->tmpfile)
		goto out;
	error = -ENOMEM;
	path.dentry = d_alloc(nd->path.dentry, &name);
	if (!path.dentry)
		goto out;
	error = dir->i_op->tmpfile(dir, path.dentry, op->mode & ~current_umask());
	if (!error) {
		ASSERT(path.dentry->d_inode);
		error = vfs_open(&path, file);
		if (!error && !(op->open_flag & O_EXCL))
			path.dentry->d_inode->i_flags |= S_LINKABLE_FLAG;
	}
	dput(path.dentry);
out:
	mnt_drop_write(path.mnt);
	return error;
}

static int walk_to_open(struct nameidata *nd, const struct open_flags *op, bool *created)
{
	const char *s = path_init(nd);
	int error;

	while (!(error = link_path_walk(s, nd))) {
		s = open_last(nd, op, created);
		if (!s)
			break;
	}
	return error;
}

/* Consumes nothing; the file is opened or an ERR_PTR. May sleep, for long (fifo, tty). */
__bounded_frame
struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op)
{
	struct open_flags plain;
	struct nameidata nd;
	struct file *file;
	bool created = false;
	int error;

	file = alloc_empty_file(op->open_flag, current_cred());
	if (IS_ERR(file))
		return file;
	nd_set(&nd, dfd, name, op->lookup_flags, NULL);
	if (unlikely((op->open_flag & __O_TMPFILE))) {
		plain = *op;
		plain.open_flag &= ~(O_CREAT | O_EXCL);
		error = walk_to_open(&nd, &plain, &created);
		if (!error)
			error = complete_walk(&nd);
		if (!error)
			error = open_tmpfile(&nd, file, op);
	} else {
		error = walk_to_open(&nd, op, &created);
		if (!error && unlikely(op->open_flag & O_PATH)) {
			error = complete_walk(&nd);
			if (!error)
				error = vfs_open(&nd.path, file);
		} else if (!error) {
			error = do_open(&nd, file, op, created);
		}
	}
	terminate_walk(&nd);
	if (likely(!error))
		return file;
	fput(file);
	return ERR_PTR(error);
}
