/* SPDX-License-Identifier: MIT */
/*
 * May this task do that to this inode: path_resolution(7), capabilities(7). And access(2), which
 * asks with the real ids instead of the effective ones.
 *
 *	inode_permission --> read-only? immutable? --> i_op->permission or generic_permission
 *	generic_permission: owner, else group, else others; then the CAP_DAC_* capabilities
 *
 * Linux's twin: the permission functions of fs/namei.c, access of fs/open.c. Left out: ACLs.
 */
#include <vitrix/cred.h>
#include <linux/securebits.h>
#include "internal.h"
#include <generated/syscalls.h>

int generic_permission(struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	if (current_fsuid() == inode->i_uid)
		mode >>= 6;
	else if (in_group_p(inode->i_gid))
		mode >>= 3;
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (likely(!(mask & ~mode)))
		return 0;
	if (S_ISDIR(inode->i_mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	/* Executing needs at least one x bit, whoever asks. */
	if ((!(mask & MAY_EXEC) || (inode->i_mode & 0111)) && capable(CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

/* mask: MAY_*. 0, -EACCES, -EROFS, -EPERM. */
int inode_permission(struct inode *inode, int mask)
{
	if (mask & MAY_WRITE) {
		umode_t mode = inode->i_mode;

		if (sb_rdonly(inode->i_sb) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
	}
	if (inode->i_op->permission)
		return inode->i_op->permission(inode, mask);
	return generic_permission(inode, mask);
}

bool path_noexec(const struct path *path)
{
	return (path->mnt->mnt_flags & MNT_NOEXEC) || (path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC);
}

/* Credentials that act by the real ids; NULL: the current ones already do; ERR_PTR(-ENOMEM). */
static struct cred *real_creds(void)
{
	const struct cred *old = current_cred();
	struct cred *new;
	u64 caps = old->cap_effective;

	if (!(old->securebits & issecure_mask(SECURE_NO_SETUID_FIXUP)))
		caps = old->uid ? 0 : old->cap_permitted;
	if (old->fsuid == old->uid && old->fsgid == old->gid && old->cap_effective == caps)
		return NULL;
	new = prepare_creds();
	if (!new)
		return ERR_PTR(-ENOMEM);
	new->fsuid = new->uid;
	new->fsgid = new->gid;
	new->cap_effective = caps;
	return new;
}

static int access_path(const struct path *path, int mode)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	if ((mode & MAY_EXEC) && S_ISREG(inode->i_mode) && path_noexec(path))
		return -EACCES;
	error = inode_permission(inode, mode | MAY_ACCESS);
	if (error || !(mode & MAY_WRITE) || special_file(inode->i_mode))
		return error;
	return path->mnt->mnt_flags & MNT_READONLY ? -EROFS : 0;
}

static long do_faccessat(int dfd, const char __user *filename, int mode, int flags)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	const struct cred *old = current_cred();
	struct cred *new = NULL;
	struct path path;
	int error;

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if (!(flags & AT_EACCESS)) {
		new = real_creds();
		if (IS_ERR(new))
			return PTR_ERR(new);
		if (new)	/* only we look at current->cred; real_cred stays what others see */
			current->cred = new;
	}
	error = user_path_at(dfd, filename, lookup, &path);
	if (!error) {
		error = access_path(&path, mode);
		path_put(&path);
	}
	if (new) {
		current->cred = old;
		put_cred(new);
	}
	return error;
}

long __x64_sys_faccessat2(int dfd, const char __user *filename, int mode, int flags)
{
	return do_faccessat(dfd, filename, mode, flags);
}

long __x64_sys_faccessat(int dfd, const char __user *filename, int mode)
{
	return do_faccessat(dfd, filename, mode, 0);
}

long __x64_sys_access(const char __user *filename, int mode)
{
	return do_faccessat(AT_FDCWD, filename, mode, 0);
}
