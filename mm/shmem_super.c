/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: mounts and inodes. These types share the code: "tmpfs" with limits (size=, nr_blocks=,
 * nr_inodes=; by default half of RAM); "rootfs", the first root, which is a tmpfs; "ramfs" without
 * limits, and with the option mode= only. A fourth, not registered, carries the files behind shared
 * anonymous memory and memfds.
 *
 * Linux's twin: mm/shmem.c, fs/ramfs/inode.c, init/do_mounts.c (rootfs). tmpfs(5) has the options.
 * Callers: mount(2), mm/memfd.c. Left out: swap, huge pages, quotas.
 */
#include "shmem.h"
#include <vitrix/kstrtox.h>
#include <vitrix/printf.h>
#include <vitrix/init.h>
#include <asm/statfs.h>
#include <linux/magic.h>

#define RAMFS_DEFAULT_MODE	0755

static struct kmem_cache *shmem_inode_cache;

/* ---- inodes ---- */

int shmem_reserve_inode(struct super_block *sb)
{
	struct shmem_sb_info *sbi = SHMEM_SB(sb);

	if ((unsigned long)atomic_long_add_return(1, &sbi->used_inodes) > sbi->max_inodes &&
	    sbi->max_inodes) {
		atomic_long_dec(&sbi->used_inodes);
		return -ENOSPC;
	}
	return 0;
}

void shmem_unreserve_inode(struct super_block *sb)
{
	atomic_long_dec(&SHMEM_SB(sb)->used_inodes);
}

struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev)
{
	struct inode *inode;

	if (shmem_reserve_inode(sb))
		return NULL;
	inode = new_inode(sb);
	if (!inode) {
		shmem_unreserve_inode(sb);
		return NULL;
	}
	inode->i_ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	shmem_inherit_fileattr(inode, dir);
	inode->i_atime = inode->i_mtime = inode->i_ctime = inode->i_btime = current_time(inode);
	inode->i_mapping->in_memory_only = true;
	SHMEM_I(inode)->seals = F_SEAL_SEAL;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &shmem_file_inode_operations;
		inode->i_fop = &shmem_file_operations;
		inode->i_mapping->a_ops = &shmem_aops;
		break;
	case S_IFDIR:
		inc_nlink(inode);
		inode->i_size = 2 * BOGO_DIRENT_SIZE;
		inode->i_op = &shmem_dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		break;
	case S_IFLNK:
		inode->i_op = &shmem_symlink_inode_operations;
		break;
	default:
		inode->i_op = &shmem_special_inode_operations;
		init_special_inode(inode, inode->i_mode, dev);
	}
	return inode;
}

static struct inode *shmem_alloc_inode(struct super_block *sb)
{
	struct shmem_inode_info *info = kmem_cache_alloc(shmem_inode_cache, GFP_KERNEL);

	if (!info)
		return NULL;
	info->seals = 0;
	info->committed = 0;
	return &info->vfs_inode;
}

/* After a grace period: a path walk may have been looking at a symlink's text. */
static void shmem_free_inode(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	if (S_ISLNK(inode->i_mode) && inode->i_private != info->inline_link)
		kfree(inode->i_private);
	kmem_cache_free(shmem_inode_cache, info);
}

static void shmem_evict_inode(struct inode *inode)
{
	shmem_drop_pages(inode);
	vm_unacct_memory(SHMEM_I(inode)->committed);
	shmem_unreserve_inode(inode->i_sb);
}

/* ---- options ---- */

static unsigned long default_blocks(void)
{
	return max(totalram_pages / 2, 1UL);
}

/* "50%" of RAM, or bytes with a suffix. Pages; 0: no limit. */
static int parse_size(const char *val, unsigned long *pages)
{
	char *end;
	unsigned long long n = memparse(val, &end);

	if (end == val)
		return -EINVAL;
	if (*end == '%') {
		n = n * totalram_pages / 100;
		end++;
	} else {
		n = (n + PAGE_SIZE - 1) >> PAGE_SHIFT;
	}
	if (*end)
		return -EINVAL;
	*pages = n;
	return 0;
}

static int parse_count(const char *val, unsigned long *count)
{
	char *end;

	*count = memparse(val, &end);
	return end == val || *end ? -EINVAL : 0;
}

static int parse_option(struct shmem_sb_info *sbi, const char *name, const char *val)
{
	unsigned int n;

	if (!strcmp(name, "inode32") || !strcmp(name, "inode64"))
		return 0;		/* numbers count up from 1: they fit either way */
	if (!val)
		return -EINVAL;
	if (!strcmp(name, "size"))
		return parse_size(val, &sbi->max_blocks);
	if (!strcmp(name, "nr_blocks"))
		return parse_count(val, &sbi->max_blocks);
	if (!strcmp(name, "nr_inodes"))
		return parse_count(val, &sbi->max_inodes);
	if (!strcmp(name, "mode")) {
		if (kstrtouint(val, 8, &n))
			return -EINVAL;
		sbi->mode = n & 07777;
		return 0;
	}
	if (!strcmp(name, "uid"))
		return kstrtouint(val, 0, &sbi->uid) ? -EINVAL : 0;
	if (!strcmp(name, "gid"))
		return kstrtouint(val, 0, &sbi->gid) ? -EINVAL : 0;
	return -EINVAL;
}

/* data: "name=value,name,..." or NULL; cut up in place. */
static int parse_options(struct shmem_sb_info *sbi, char *data)
{
	char *opt;

	while ((opt = strsep(&data, ","))) {
		char *val = strchr(opt, '=');
		int err;

		if (!*opt)
			continue;
		if (val)
			*val++ = 0;
		err = parse_option(sbi, opt, val);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the super block ---- */

static int shmem_statfs(struct dentry *dentry, struct statfs *buf)
{
	struct shmem_sb_info *sbi = SHMEM_SB(dentry->d_sb);

	memset(buf, 0, sizeof(*buf));
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	if (sbi->max_blocks) {
		buf->f_blocks = sbi->max_blocks;
		buf->f_bfree = buf->f_bavail =
			sbi->max_blocks - atomic_long_read(&sbi->used_blocks);
	}
	if (sbi->max_inodes) {
		buf->f_files = sbi->max_inodes;
		buf->f_ffree = sbi->max_inodes - atomic_long_read(&sbi->used_inodes);
	}
	return 0;
}

/* A limit may be moved, not introduced, and not below what is in use. */
static bool limit_ok(unsigned long old, unsigned long new, unsigned long used)
{
	return new == old || !new || (old && used <= new);
}

/* s_umount held. */
static int shmem_remount(struct super_block *sb, int *flags, char *data)
{
	struct shmem_sb_info *sbi = SHMEM_SB(sb), new;
	int err;

	new.max_blocks = sbi->max_blocks;
	new.max_inodes = sbi->max_inodes;
	new.mode = sbi->mode;
	new.uid = sbi->uid;
	new.gid = sbi->gid;
	err = data ? parse_options(&new, data) : 0;
	if (err)
		return err;
	if (!limit_ok(sbi->max_blocks, new.max_blocks, atomic_long_read(&sbi->used_blocks)) ||
	    !limit_ok(sbi->max_inodes, new.max_inodes, atomic_long_read(&sbi->used_inodes)))
		return -EINVAL;
	sbi->max_blocks = new.max_blocks;
	sbi->max_inodes = new.max_inodes;
	return 0;
}

static int shmem_show_options(struct seq_file *m, struct dentry *root)
{
	struct shmem_sb_info *sbi = SHMEM_SB(root->d_sb);

	if (sbi->max_blocks != default_blocks())
		seq_printf(m, ",size=%luk", sbi->max_blocks << (PAGE_SHIFT - 10));
	if (sbi->max_inodes != default_blocks())
		seq_printf(m, ",nr_inodes=%lu", sbi->max_inodes);
	if (sbi->mode != 01777)
		seq_printf(m, ",mode=%03o", sbi->mode);
	if (sbi->uid)
		seq_printf(m, ",uid=%u", sbi->uid);
	if (sbi->gid)
		seq_printf(m, ",gid=%u", sbi->gid);
	return 0;
}

static int ramfs_show_options(struct seq_file *m, struct dentry *root)
{
	umode_t mode = SHMEM_SB(root->d_sb)->mode;

	if (mode != RAMFS_DEFAULT_MODE)
		seq_printf(m, ",mode=%o", mode);
	return 0;
}

static int ramfs_remount(struct super_block *sb, int *flags, char *data)
{
	return 0;		/* its one option is for the root directory, which is made */
}

static void shmem_put_super(struct super_block *sb)
{
	kfree(sb->s_fs_info);
	sb->s_fs_info = NULL;
}

static const struct super_operations shmem_ops = {
	.alloc_inode = shmem_alloc_inode,
	.free_inode = shmem_free_inode,
	.evict_inode = shmem_evict_inode,
	.put_super = shmem_put_super,
	.statfs = shmem_statfs,
	.remount_fs = shmem_remount,
	.show_options = shmem_show_options,
};

static const struct super_operations ramfs_ops = {
	.alloc_inode = shmem_alloc_inode,
	.free_inode = shmem_free_inode,
	.evict_inode = shmem_evict_inode,
	.put_super = shmem_put_super,
	.statfs = shmem_statfs,
	.remount_fs = ramfs_remount,
	.show_options = ramfs_show_options,
};

/* What the types differ in. */
struct shmem_kind {
	const struct super_operations *ops;
	unsigned long magic;
	umode_t mode;
	bool limited;			/* by default to half of RAM */
	int (*parse)(struct shmem_sb_info *sbi, char *data);
	unsigned int iflags;
};

/* As on Linux, options that it does not know are passed over. */
static int ramfs_parse_options(struct shmem_sb_info *sbi, char *data)
{
	char *opt;
	int err = 0;

	while (!err && (opt = strsep(&data, ",")))
		if (!strncmp(opt, "mode=", 5))
			err = parse_option(sbi, "mode", opt + 5);
	return err;
}

static int fill_super(struct super_block *sb, const struct shmem_kind *kind, char *data)
{
	struct shmem_sb_info *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	struct inode *inode;
	int err;

	if (!sbi)
		return -ENOMEM;
	if (kind->limited)
		sbi->max_blocks = sbi->max_inodes = default_blocks();
	sbi->mode = kind->mode;
	sbi->uid = current_fsuid();
	sbi->gid = current_fsgid();
	err = kind->parse(sbi, data);
	if (err) {
		kfree(sbi);
		return err;
	}
	/* Consumed from here on: put_super frees it. */
	sb->s_fs_info = sbi;
	sb->s_op = kind->ops;
	sb->s_magic = kind->magic;
	sb->s_iflags |= kind->iflags;
	inode = shmem_get_inode(sb, NULL, sbi->mode | S_IFDIR, 0);
	if (!inode)
		return -ENOMEM;
	inode->i_uid = sbi->uid;
	inode->i_gid = sbi->gid;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int shmem_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	static const struct shmem_kind tmpfs = { &shmem_ops, TMPFS_MAGIC, 01777, true,
						 parse_options, 0 };

	return fill_super(sb, &tmpfs, data);
}

static int ramfs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	static const struct shmem_kind ramfs = { &ramfs_ops, RAMFS_MAGIC, RAMFS_DEFAULT_MODE, false,
						 ramfs_parse_options, SB_I_NO_FILEATTR };

	return fill_super(sb, &ramfs, data);
}

int shmem_fill_unlimited(struct super_block *sb)
{
	static const struct shmem_kind unlimited = { &shmem_ops, TMPFS_MAGIC, 0, false,
						     parse_options, 0 };

	return fill_super(sb, &unlimited, NULL);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs",
	.fs_flags = FS_USERNS_MOUNT,
	.fill_super = shmem_fill_super,
};

static struct file_system_type rootfs_type = {
	.name = "rootfs",
	.fill_super = shmem_fill_super,
};

static struct file_system_type ramfs_type = {
	.name = "ramfs",
	.fs_flags = FS_USERNS_MOUNT,
	.fill_super = ramfs_fill_super,
};

void __init shmem_init(void)
{
	shmem_inode_cache = KMEM_CACHE(shmem_inode_info, SLAB_PANIC);
	BUG_ON(register_filesystem(&tmpfs_type));
	BUG_ON(register_filesystem(&rootfs_type));
	BUG_ON(register_filesystem(&ramfs_type));
}
