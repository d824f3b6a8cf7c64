/* SPDX-License-Identifier: MIT */
/*
 * Changing an inode's attributes: who may (inode(7), chmod(2), chown(2)), and doing it.
 *
 *	chmod, chown, utimes, truncate --> notify_change() --> i_op->setattr  (NULL: simple_setattr)
 *	                               setattr_prepare(): the permission rules
 *	                               setattr_copy():    no more errors
 *
 * Locks: notify_change() is called with the inode's i_mutex held.
 * Linux's twin: fs/attr.c, and chmod and chown of fs/open.c.
 */
#include <vitrix/cred.h>
#include <vitrix/signal.h>
#include "internal.h"
#include <generated/syscalls.h>

bool inode_owner_or_capable(const struct inode *inode)
{
	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER);
}

/* May the file become that long? 0, -EFBIG (with SIGXFSZ where RLIMIT_FSIZE says no). */
int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	if (size < 0)
		return -EINVAL;
	if (size <= inode->i_size)
		return 0;
	if ((unsigned long)size > rlimit(RLIMIT_FSIZE)) {
		send_sig(SIGXFSZ, current, 0);
		return -EFBIG;
	}
	return size > inode->i_sb->s_maxbytes ? -EFBIG : 0;
}

static bool chown_ok(const struct inode *inode, uid_t uid)
{
	return (current_fsuid() == inode->i_uid && uid == inode->i_uid) || capable(CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, gid_t gid)
{
	return (current_fsuid() == inode->i_uid && (in_group_p(gid) || gid == inode->i_gid)) ||
	       capable(CAP_CHOWN);
}

/* 0, -EPERM, -EFBIG. May take S_ISGID out of attr->ia_mode. */
int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int valid = attr->ia_valid;

	if (valid & ATTR_SIZE) {
		int error = inode_newsize_ok(inode, attr->ia_size);

		if (error)
			return error;
	}
	if (valid & ATTR_FORCE)
		return 0;
	if ((valid & ATTR_UID) && !chown_ok(inode, attr->ia_uid))
		return -EPERM;
	if ((valid & ATTR_GID) && !chgrp_ok(inode, attr->ia_gid))
		return -EPERM;
	if (valid & ATTR_MODE) {
		gid_t gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

		if (!inode_owner_or_capable(inode))
			return -EPERM;
		if (!in_group_p(gid) && !capable(CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if ((valid & (ATTR_MTIME_SET | ATTR_ATIME_SET)) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

/* All but the size. */
void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	if (valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	if (valid & ATTR_MODE) {
		umode_t mode = attr->ia_mode;

		if (!in_group_p(inode->i_gid) && !capable(CAP_FSETID))
			mode &= ~S_ISGID;
		inode->i_mode = mode;
	}
	if (inode->i_op->update_time)
		inode->i_op->update_time(inode);
}

/* What setuid and setgid bits must go when the file changes hands or contents: ATTR_KILL_* bits. */
static unsigned int privs_to_kill(const struct inode *inode)
{
	unsigned int kill = 0;

	if (!S_ISREG(inode->i_mode))
		return 0;
	if (inode->i_mode & S_ISUID)
		kill |= ATTR_KILL_SUID;
	if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		kill |= ATTR_KILL_SGID;
	return kill;
}

/* Turns ATTR_KILL_* into a mode. */
static void kill_privs(struct inode *inode, struct iattr *attr)
{
	unsigned int kill = attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID);
	umode_t mode = inode->i_mode;

	attr->ia_valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
	if (kill & ATTR_KILL_SUID)
		mode &= ~S_ISUID;
	if ((kill & ATTR_KILL_SGID) && (mode & S_IXGRP))
		mode &= ~S_ISGID;
	if (mode != inode->i_mode && !(attr->ia_valid & ATTR_MODE)) {
		attr->ia_valid |= ATTR_MODE;
		attr->ia_mode = mode;
	}
}

/* i_mutex held, write access to the mount taken. 0 or what i_op->setattr says. May sleep. */
int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int valid = attr->ia_valid;
	struct timespec64 now;

	ASSERT(mutex_is_locked(&inode->i_mutex));
	if ((valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_MTIME_SET | ATTR_ATIME_SET)) &&
	    (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	now = current_time(inode);
	attr->ia_ctime = now;
	if (!(valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	if (valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)) {
		kill_privs(inode, attr);
		if (!attr->ia_valid)
			return 0;
	}
	if (inode->i_op->setattr)
		return inode->i_op->setattr(dentry, attr);
	return simple_setattr(dentry, attr);
}

/* Before a write, i_mutex held: setuid and setgid bits go unless the writer has CAP_FSETID. */
int file_remove_privs(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct iattr attr;

	if (likely(!(inode->i_mode & (S_ISUID | S_ISGID))))
		return 0;
	attr.ia_valid = privs_to_kill(inode);
	if (!attr.ia_valid || capable(CAP_FSETID))
		return 0;
	attr.ia_valid |= ATTR_FORCE | ATTR_CTIME;
	return notify_change(file_dentry(file), &attr);
}

/* length >= 0. file: the open file that it came through, or NULL. Caller has write access. */
int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *file)
{
	struct inode *inode = dentry->d_inode;
	struct iattr attr = { .ia_valid = ATTR_SIZE | time_attrs, .ia_size = length };
	int error;

	if (length < 0)
		return -EINVAL;
	if (file) {
		attr.ia_file = file;
		attr.ia_valid |= ATTR_FILE;
	}
	inode_lock(inode);
	if (!capable(CAP_FSETID) && privs_to_kill(inode))
		attr.ia_valid |= privs_to_kill(inode) | ATTR_FORCE;
	error = notify_change(dentry, &attr);
	inode_unlock(inode);
	return error;
}

/* ---------------------------------------------------------------- chmod, chown */

static int chmod_common(const struct path *path, umode_t mode)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr;
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	inode_lock(inode);
	attr.ia_mode = (mode & S_IALLUGO) | (inode->i_mode & ~S_IALLUGO);
	attr.ia_valid = ATTR_MODE | ATTR_CTIME;
	error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

long __x64_sys_fchmod(unsigned int fd, umode_t mode)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = chmod_common(&f.file->f_path, mode);
		fdput(f);
	}
	return error;
}

long __x64_sys_fchmodat(int dfd, const char __user *filename, umode_t mode)
{
	struct path path;
	int error = user_path_at(dfd, filename, LOOKUP_FOLLOW, &path);

	if (!error) {
		error = chmod_common(&path, mode);
		path_put(&path);
	}
	return error;
}

long __x64_sys_chmod(const char __user *filename, umode_t mode)
{
	return __x64_sys_fchmodat(AT_FDCWD, filename, mode);
}

/* uid, gid -1: stay as they are. */
static int chown_common(const struct path *path, uid_t uid, gid_t gid)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = { .ia_valid = ATTR_CTIME, .ia_uid = uid, .ia_gid = gid };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	if (uid != (uid_t)-1)
		attr.ia_valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.ia_valid |= ATTR_GID;
	inode_lock(inode);
	if (!S_ISDIR(inode->i_mode))
		attr.ia_valid |= ATTR_KILL_SUID | ATTR_KILL_SGID;
	error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

long __x64_sys_fchownat(int dfd, const char __user *filename, uid_t user, gid_t group, int flag)
{
	unsigned int lookup = flag & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flag & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, filename, lookup, &path);
	if (!error) {
		error = chown_common(&path, user, group);
		path_put(&path);
	}
	return error;
}

long __x64_sys_chown(const char __user *filename, uid_t user, gid_t group)
{
	return __x64_sys_fchownat(AT_FDCWD, filename, user, group, 0);
}

long __x64_sys_lchown(const char __user *filename, uid_t user, gid_t group)
{
	return __x64_sys_fchownat(AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}

long __x64_sys_fchown(unsigned int fd, uid_t user, gid_t group)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = chown_common(&f.file->f_path, user, group);
		fdput(f);
	}
	return error;
}
