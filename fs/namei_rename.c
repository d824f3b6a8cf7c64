/* SPDX-License-Identifier: MIT */
/*
 * rename(2), renameat2(2): a name moves, within a directory or from one to another.
 *
 * A directory that moves may not land below itself. Whether it would depends on the whole tree
 * above, so renames between directories are one at a time in a file system (s_rename_mutex). Then
 * the two directories are locked, the one higher in the tree first:
 *
 *	lock_rename(p1, p2):   p1 above p2:  p1, p2     p2 above p1:  p2, p1     neither: by address
 *
 * and if one is above the other, the child through which it is (the trap) may not be renamed
 * itself. Linux's twin: the last part of fs/namei.c. Left out: RENAME_WHITEOUT.
 */
#include <vitrix/cred.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include <linux/fs.h>
#include "internal.h"
#include <generated/syscalls.h>

/* Returns the trap or NULL. */
static struct dentry *lock_rename(struct dentry *p1, struct dentry *p2)
{
	struct dentry *trap;

	if (p1 == p2) {
		inode_lock(p1->d_inode);
		return NULL;
	}
	mutex_lock(&p1->d_sb->s_rename_mutex);
	trap = d_ancestor(p2, p1);
	if (trap) {
		inode_lock(p2->d_inode);
		inode_lock(p1->d_inode);
		return trap;
	}
	trap = d_ancestor(p1, p2);
	if (!trap && p2 < p1)
		swap(p1, p2);
	inode_lock(p1->d_inode);
	inode_lock(p2->d_inode);
	return trap;
}

static void unlock_rename(struct dentry *p1, struct dentry *p2)
{
	inode_unlock(p1->d_inode);
	if (p1 != p2) {
		inode_unlock(p2->d_inode);
		mutex_unlock(&p1->d_sb->s_rename_mutex);
	}
}

static int rename_rights(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			 struct dentry *new, unsigned int flags)
{
	bool is_dir = d_is_dir(old);
	int error = may_delete(old_dir, old, is_dir);

	if (error)
		return error;
	if (!new->d_inode)
		error = may_create(new_dir, new);
	else
		error = may_delete(new_dir, new, flags & RENAME_EXCHANGE ? d_is_dir(new) : is_dir);
	if (error)
		return error;
	if (!old_dir->i_op->rename)
		return -EPERM;
	/* A directory that changes its parent has its ".." written to. */
	if (new_dir != old_dir) {
		if (is_dir)
			error = inode_permission(old->d_inode, MAY_WRITE);
		if (!error && (flags & RENAME_EXCHANGE) && d_is_dir(new))
			error = inode_permission(new->d_inode, MAY_WRITE);
	}
	return error;
}

/* Both directories are locked. 0 or -errno. */
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
	       unsigned int flags)
{
	struct inode *source = old->d_inode, *target = new->d_inode;
	int error;

	if (source == target)	/* two names of one file: nothing happens, and both stay */
		return 0;
	error = rename_rights(old_dir, old, new_dir, new, flags);
	if (error)
		return error;
	/* Only what is replaced needs its lock: its link count goes down. */
	if (target) {
		ihold(target);
		inode_lock(target);
	}
	if ((old->d_flags | new->d_flags) & DCACHE_MOUNTED)
		error = -EBUSY;
	else
		error = old_dir->i_op->rename(old_dir, old, new_dir, new, flags);
	if (!error && target && !(flags & RENAME_EXCHANGE) && S_ISDIR(target->i_mode)) {
		target->i_flags |= S_DEAD_FLAG;
		shrink_dcache_parent(new);
	}
	if (!error) {
		if (flags & RENAME_EXCHANGE)
			d_exchange(old, new);
		else
			d_move(old, new);
	}
	if (target) {
		inode_unlock(target);
		iput(target);
	}
	return error;
}

struct rename_side {
	struct path parent;
	struct qstr last;
	int type;
	bool slash;
	struct dentry *dentry;
};

static int find_side(struct rename_side *side, unsigned int flags)
{
	struct dentry *d;

	if (side->last.len > NAME_MAX)
		return -ENAMETOOLONG;
	side->last.hash = full_name_hash(side->parent.dentry, side->last.name, side->last.len);
	d = lookup_locked(side->parent.dentry, &side->last, flags);
	if (IS_ERR(d))
		return PTR_ERR(d);
	side->dentry = d;
	return 0;
}

/* Locked, both names looked up: is this a rename that makes sense? */
static int check_rename(struct rename_side *old, struct rename_side *new, struct dentry *trap,
			unsigned int flags)
{
	if (!old->dentry->d_inode)
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && new->dentry->d_inode)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (!new->dentry->d_inode)
			return -ENOENT;
		if (!d_is_dir(new->dentry) && new->slash)
			return -ENOTDIR;
	}
	if (!d_is_dir(old->dentry)) {
		if (old->slash || (!(flags & RENAME_EXCHANGE) && new->slash))
			return -ENOTDIR;
	}
	if (old->dentry == trap)
		return -EINVAL;
	if (new->dentry == trap)
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_sides(struct rename_side *old, struct rename_side *new, unsigned int flags)
{
	struct dentry *trap;
	int error;

	if (old->parent.mnt != new->parent.mnt)
		return -EXDEV;
	if (old->type != LAST_NORM)
		return -EBUSY;
	if (new->type != LAST_NORM)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	error = mnt_want_write(old->parent.mnt);
	if (error)
		return error;
	trap = lock_rename(old->parent.dentry, new->parent.dentry);
	error = find_side(old, 0);
	if (!error && !old->dentry->d_inode)
		error = -ENOENT;
	if (!error)
		error = find_side(new, LOOKUP_RENAME_TARGET);
	if (!error)
		error = check_rename(old, new, trap, flags);
	if (!error)
		error = vfs_rename(old->parent.dentry->d_inode, old->dentry,
				   new->parent.dentry->d_inode, new->dentry, flags);
	dput(new->dentry);
	dput(old->dentry);
	unlock_rename(old->parent.dentry, new->parent.dentry);
	mnt_drop_write(old->parent.mnt);
	return error;
}

long __x64_sys_renameat2(int olddfd, const char __user *oldname, int newdfd,
			 const char __user *newname, unsigned int flags)
{
	struct rename_side old = { .dentry = NULL }, new = { .dentry = NULL };
	struct filename *from, *to;
	int error;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	from = getname(oldname);
	if (IS_ERR(from))
		return PTR_ERR(from);
	to = getname(newname);
	error = PTR_ERR(to);
	if (IS_ERR(to))
		goto out_from;
	error = filename_parentat(olddfd, from, &old.parent, &old.last, &old.type, &old.slash);
	if (error)
		goto out_to;
	error = filename_parentat(newdfd, to, &new.parent, &new.last, &new.type, &new.slash);
	if (!error) {
		error = rename_sides(&old, &new, flags);
		path_put(&new.parent);
	}
	path_put(&old.parent);
out_to:
	putname(to);
out_from:
	putname(from);
	return error;
}

long __x64_sys_renameat(int olddfd, const char __user *oldname, int newdfd,
			const char __user *newname)
{
	return __x64_sys_renameat2(olddfd, oldname, newdfd, newname, 0);
}

long __x64_sys_rename(const char __user *oldname, const char __user *newname)
{
	return __x64_sys_renameat2(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}
