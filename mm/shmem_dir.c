/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: names. There is no directory on any medium; the dentry cache is the directory. So each
 * name that exists holds an extra reference on its dentry (the pin), which keeps it in the cache,
 * until the name is removed.
 *
 * Linux's twin: mm/shmem.c. Locks: the VFS holds the i_mutex of each directory involved; the pin is
 * the dget() of who makes the name, undone by who removes it.
 */
#include "shmem.h"
#include <linux/fs.h>

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time(dir);
}

/* The name comes to be. Consumes the inode's reference. */
static void pin_name(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	dir->i_size += BOGO_DIRENT_SIZE;
	touch_dir(dir);
	d_instantiate(dentry, inode);
	dget(dentry);
}

static int shmem_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOSPC;
	pin_name(dir, dentry, inode);
	return 0;
}

static int shmem_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return shmem_mknod(dir, dentry, mode | S_IFREG, 0);
}

static int shmem_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = shmem_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);
	return err;
}

/* Without a name; linkat(2) may give it one. */
static int shmem_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, mode | S_IFREG, 0);

	if (!inode)
		return -ENOSPC;
	clear_nlink(inode);
	d_instantiate(dentry, inode);
	return 0;
}

static int shmem_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int err = 0;

	/* Each name but the first takes a place among the inodes: names cost memory too. */
	if (inode->i_nlink)
		err = shmem_reserve_inode(inode->i_sb);
	if (err)
		return err;
	inode->i_ctime = current_time(inode);
	inc_nlink(inode);
	ihold(inode);
	pin_name(dir, dentry, inode);
	return 0;
}

static int shmem_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (inode->i_nlink > 1 && !S_ISDIR(inode->i_mode))
		shmem_unreserve_inode(inode->i_sb);
	dir->i_size -= BOGO_DIRENT_SIZE;
	touch_dir(dir);
	inode->i_ctime = dir->i_ctime;
	drop_nlink(inode);
	dput(dentry);		/* the pin */
	return 0;
}

static int shmem_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(dentry->d_inode);
	drop_nlink(dir);
	return shmem_unlink(dir, dentry);
}

static int shmem_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	size_t len = strlen(target) + 1;
	struct inode *inode;
	char *text;

	if (len > PAGE_SIZE)
		return -ENAMETOOLONG;
	inode = shmem_get_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);
	if (!inode)
		return -ENOSPC;
	text = SHMEM_I(inode)->inline_link;
	if (len > SHMEM_INLINE_LINK)
		text = kmalloc(len, GFP_KERNEL);
	if (!text) {
		iput(inode);
		return -ENOMEM;
	}
	memcpy(text, target, len);
	inode->i_private = text;
	inode->i_size = len - 1;
	pin_name(dir, dentry, inode);
	return 0;
}

static void exchange_names(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			   struct dentry *new)
{
	bool old_is_dir = d_is_dir(old), new_is_dir = d_is_dir(new);

	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		if (old_is_dir) {
			drop_nlink(old_dir);
			inc_nlink(new_dir);
		} else {
			drop_nlink(new_dir);
			inc_nlink(old_dir);
		}
	}
	new->d_inode->i_ctime = current_time(new_dir);
}

/* The dentries are swapped or moved by the caller. */
static int shmem_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned int flags)
{
	struct inode *inode = old->d_inode;
	bool is_dir = S_ISDIR(inode->i_mode);

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags & RENAME_EXCHANGE) {
		exchange_names(old_dir, old, new_dir, new);
		goto touch;
	}
	if (new->d_inode) {
		if (S_ISDIR(new->d_inode->i_mode)) {
			if (!simple_empty(new))
				return -ENOTEMPTY;
			drop_nlink(new->d_inode);
			drop_nlink(new_dir);
		}
		shmem_unlink(new_dir, new);
	}
	old_dir->i_size -= BOGO_DIRENT_SIZE;
	new_dir->i_size += BOGO_DIRENT_SIZE;
	if (is_dir) {
		drop_nlink(old_dir);
		inc_nlink(new_dir);
	}
touch:
	touch_dir(old_dir);
	touch_dir(new_dir);
	inode->i_ctime = old_dir->i_ctime;
	return 0;
}

const struct inode_operations shmem_dir_inode_operations = {
	.lookup = simple_lookup,
	.create = shmem_create,
	.link = shmem_link,
	.unlink = shmem_unlink,
	.symlink = shmem_symlink,
	.mkdir = shmem_mkdir,
	.rmdir = shmem_rmdir,
	.mknod = shmem_mknod,
	.rename = shmem_rename,
	.tmpfile = shmem_tmpfile,
	.setattr = shmem_setattr,
	.fileattr_get = shmem_fileattr_get,
	.fileattr_set = shmem_fileattr_set,
};

const struct inode_operations shmem_symlink_inode_operations = {
	.get_link = simple_get_link,
	.setattr = shmem_setattr,
};

const struct inode_operations shmem_special_inode_operations = {
	.setattr = shmem_setattr,
};
