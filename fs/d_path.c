/* SPDX-License-Identifier: MIT */
/*
 * From a dentry back to its name: getcwd(2), /proc/PID/fd, /proc/PID/maps, /proc/mounts.
 *
 * Names are written from the end of the buffer to its front, one directory at a time, over mount
 * points:
 *
 *	buf [..............................|/usr|/bin|/true]
 *	                                    ^p moves left
 *
 * mount_lock and rename_lock are held meanwhile, so neither mounts nor names move.
 * Linux's twin: fs/d_path.c.
 */
#include <vitrix/string.h>
#include <vitrix/slab.h>
#include <vitrix/printf.h>
#include "internal.h"
#include <generated/syscalls.h>

static int prepend(const char *buf, char **p, const char *s, size_t len)
{
	if (*p - buf < len)
		return -ENAMETOOLONG;
	*p -= len;
	memcpy(*p, s, len);
	return 0;
}

static int prepend_name(const char *buf, char **p, const struct dentry *d)
{
	if (prepend(buf, p, d->d_name.name, d->d_name.len))
		return -ENAMETOOLONG;
	return prepend(buf, p, "/", 1);
}

static bool d_unlinked(const struct dentry *d)
{
	return d_unhashed(d) && d->d_parent != d;
}

int prepend_path(const struct path *path, const struct path *root, const char *buf, char **p)
{
	struct dentry *d = path->dentry;
	struct vfsmount *mnt = path->mnt;
	char *end = *p;
	int ret = 0;

	spin_lock(&mount_lock);
	spin_lock(&rename_lock);
	if (d_unlinked(d))
		ret |= PATH_DELETED;
	while (d != root->dentry || mnt != root->mnt) {
		if (d == mnt->mnt_root) {
			if (mnt->mnt_parent == mnt) {
				/* Out of the tree, or above the root: "/" of a chroot is not on the
				 * way. */
				ret |= PATH_UNREACHABLE;
				break;
			}
			d = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		if (d == d->d_parent) {
			ret |= PATH_UNREACHABLE;
			break;
		}
		if (prepend_name(buf, p, d)) {
			ret = -ENAMETOOLONG;
			break;
		}
		d = d->d_parent;
	}
	spin_unlock(&rename_lock);
	spin_unlock(&mount_lock);
	if (ret >= 0 && *p == end && prepend(buf, p, "/", 1))
		ret = -ENAMETOOLONG;
	return ret;
}

char *d_path(const struct path *path, char *buf, int buflen)
{
	struct dentry *d = path->dentry;
	char *p = buf + buflen;
	struct path root;
	int ret;

	if (d->d_op && d->d_op->d_dname && (d->d_parent != d || d != path->mnt->mnt_root))
		return d->d_op->d_dname(d, buf, buflen);
	if (prepend(buf, &p, "", 1))
		return ERR_PTR(-ENAMETOOLONG);
	if (unlikely(d_unlinked(d)) && prepend(buf, &p, " (deleted)", 10))
		return ERR_PTR(-ENAMETOOLONG);
	if (current->fs)
		get_fs_root(current->fs, &root);
	else
		get_fs_root(&init_fs, &root);
	ret = prepend_path(path, &root, buf, &p);
	path_put(&root);
	return ret < 0 ? ERR_PTR(ret) : p;
}

/* From the root of its file system. */
char *dentry_path_raw(struct dentry *dentry, char *buf, int buflen)
{
	char *p = buf + buflen, *end;
	int error = prepend(buf, &p, "", 1);

	end = p;
	spin_lock(&rename_lock);
	for (; !error && dentry->d_parent != dentry; dentry = dentry->d_parent)
		error = prepend_name(buf, &p, dentry);
	spin_unlock(&rename_lock);
	if (!error && p == end)
		error = prepend(buf, &p, "/", 1);
	return error ? ERR_PTR(error) : p;
}

/* The length with the NUL. */
long __x64_sys_getcwd(char __user *ubuf, unsigned long size)
{
	struct path pwd, root;
	char *buf, *p;
	long ret;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	p = buf + PATH_MAX;
	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	ret = -ENOENT;
	if (d_unlinked(pwd.dentry))
		goto out;
	prepend(buf, &p, "", 1);
	ret = prepend_path(&pwd, &root, buf, &p);
	if (ret > 0 && (ret & PATH_UNREACHABLE))
		ret = prepend(buf, &p, "(unreachable)", 13);
	if (ret < 0)
		goto out;
	ret = buf + PATH_MAX - p;
	if (ret > size)
		ret = -ERANGE;
	else if (copy_to_user(ubuf, p, ret))
		ret = -EFAULT;
out:
	path_put(&pwd);
	path_put(&root);
	kfree(buf);
	return ret;
}
