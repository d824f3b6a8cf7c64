/* SPDX-License-Identifier: MIT */
/*
 * Super blocks: one file system instance, whatever number of places it is mounted at.
 *
 *	mount --mnt_sb, one s_active--> super_block --s_root, one reference--> root dentry
 *	                                     |--s_inodes--> its inodes (no reference)
 *	super_blocks --> all of them (sb_lock)
 *
 * The last mount's deactivate_super() takes it down: dentries, inodes, then the file system's own
 * part. A type with `single` set (proc, devtmpfs) has one super block for all its mounts; it lives
 * for ever, since type->single_sb keeps an s_active of its own.
 *
 * Locks: sb_create_mutex while one is being filled; sb_lock for the list.
 * Linux's twin: fs/super.c.
 */
#include <vitrix/slab.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include <vitrix/printf.h>
#include <vitrix/mm.h>
#include <linux/mount.h>
#include "internal.h"

static LIST_HEAD(super_blocks);
static DEFINE_SPINLOCK(sb_lock, LC_MISC_SPIN);
static DEFINE_MUTEX(sb_create_mutex, LC_SB_CREATE);
static unsigned long anon_dev_map[16];		/* minors of major 0 in use; sb_lock */

#define MAX_LFS_FILESIZE 0x7fffffffffffffffL

static const struct super_operations default_ops;

/* A device number for a file system without a device. 0 if there is none left. */
dev_t get_anon_dev(void)
{
	dev_t dev = 0;

	spin_lock(&sb_lock);
	for (unsigned int i = 1; i < ARRAY_SIZE(anon_dev_map) * 64; i++)
		if (!test_bit(i, anon_dev_map)) {
			__set_bit(i, anon_dev_map);
			dev = MKDEV(0, i);
			break;
		}
	spin_unlock(&sb_lock);
	return dev;
}

static void free_anon_dev(dev_t dev)
{
	if (MAJOR(dev) || MINOR(dev) >= ARRAY_SIZE(anon_dev_map) * 64)
		return;
	spin_lock(&sb_lock);
	__clear_bit(MINOR(dev), anon_dev_map);
	spin_unlock(&sb_lock);
}

static struct super_block *alloc_super(struct file_system_type *type, unsigned long flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->s_dev = get_anon_dev();
	if (!sb->s_dev) {
		kfree(sb);
		return NULL;
	}
	sb->s_type = type;
	sb->s_flags = flags;
	sb->s_op = &default_ops;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	atomic_set(&sb->s_active, 1);
	INIT_LIST_HEAD(&sb->s_list);
	INIT_LIST_HEAD(&sb->s_inodes);
	INIT_LIST_HEAD(&sb->s_mounts);
	spin_lock_init(&sb->s_inode_list_lock, LC_SB_INODES);
	init_rwsem(&sb->s_umount, LC_SB_UMOUNT);
	mutex_init(&sb->s_rename_mutex, LC_RENAME_MUTEX);
	strscpy(sb->s_id, type->name, sizeof(sb->s_id));
	return sb;
}

static int sync_one_super(struct super_block *sb)
{
	if (sb->s_op->sync_fs && !sb_rdonly(sb))
		return sb->s_op->sync_fs(sb, 1);
	return 0;
}

/* No mount is left, or filling failed. May sleep. */
static void destroy_super(struct super_block *sb)
{
	dev_t dev = sb->s_dev;

	spin_lock(&sb_lock);
	list_del_init(&sb->s_list);
	spin_unlock(&sb_lock);
	if (sb->s_type->kill_sb)
		sb->s_type->kill_sb(sb);
	if (sb->s_root) {
		sync_one_super(sb);
		shrink_dcache_for_umount(sb);
		/* unhashed: gone with this reference, not kept on the LRU */
		dput(sb->s_root);
		sb->s_root = NULL;
	}
	evict_inodes(sb);
	if (sb->s_op->put_super)
		sb->s_op->put_super(sb);
	/* Lookups without references may still be looking at its dentries and inodes. */
	synchronize_rcu_expedited();
	free_anon_dev(dev);
	if (list_empty(&sb->s_inodes))
		kfree(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (refcount_dec_and_test(&sb->s_active))
		destroy_super(sb);
}

/* A filled super block with one s_active for the caller, or ERR_PTR. data: options, may be NULL. */
struct super_block *sget_for_mount(struct file_system_type *type, int flags, const char *source,
				   void *data)
{
	struct super_block *sb;
	dev_t dev;
	int error;

	mutex_lock(&sb_create_mutex);
	sb = type->single ? type->single_sb : NULL;
	if (sb) {
		refcount_inc(&sb->s_active);
		goto out;
	}
	sb = alloc_super(type, flags & (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC |
					MS_SILENT | MS_LAZYTIME));
	if (!sb) {
		sb = ERR_PTR(-ENOMEM);
		goto out;
	}
	dev = sb->s_dev;
	error = type->fill_super(sb, source, data, !!(flags & MS_SILENT));
	if (sb->s_dev != dev)		/* the file system brought its own number */
		free_anon_dev(dev);
	if (error) {
		destroy_super(sb);
		sb = ERR_PTR(error);
		goto out;
	}
	ASSERT(sb->s_root && sb->s_root->d_sb == sb);
	spin_lock(&sb_lock);
	list_add_tail(&sb->s_list, &super_blocks);
	spin_unlock(&sb_lock);
	if (type->single) {
		refcount_inc(&sb->s_active);
		type->single_sb = sb;
	}
out:
	mutex_unlock(&sb_create_mutex);
	return sb;
}

/* By device number, with an s_active; NULL if nothing such is mounted. */
struct super_block *user_get_super(dev_t dev)
{
	struct super_block *sb, *found = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list)
		if (sb->s_dev == dev && refcount_inc_not_zero(&sb->s_active)) {
			found = sb;
			break;
		}
	spin_unlock(&sb_lock);
	return found;
}

/* Calls fn for each super block; fn may sleep. */
void iterate_supers(void (*fn)(struct super_block *sb))
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (!refcount_inc_not_zero(&sb->s_active))
			continue;
		spin_unlock(&sb_lock);
		if (prev)
			deactivate_super(prev);
		fn(sb);
		prev = sb;	/* its reference keeps it, and so our place, on the list */
		spin_lock(&sb_lock);
	}
	spin_unlock(&sb_lock);
	if (prev)
		deactivate_super(prev);
}

/* mount -o remount: 0, -EBUSY if files are open for writing, or what the file system says. */
int super_remount(struct super_block *sb, unsigned long sb_flags, void *data)
{
	int flags = (sb->s_flags & ~MS_RDONLY) | (sb_flags & MS_RDONLY);
	unsigned long old = sb->s_flags;
	int error = 0;

	down_write(&sb->s_umount);
	if ((sb_flags & MS_RDONLY) && !sb_rdonly(sb)) {
		/* no new writers from here on; then look for those that came before */
		WRITE_ONCE(sb->s_flags, old | MS_RDONLY);
		smp_mb();
		if (sb_has_writers(sb))
			error = -EBUSY;
		else if (sb->s_op->sync_fs)
			error = sb->s_op->sync_fs(sb, 1);
	}
	if (!error && sb->s_op->remount_fs)
		error = sb->s_op->remount_fs(sb, &flags, data);
	else if (!error && data && *(char *)data)
		error = -EINVAL;
	WRITE_ONCE(sb->s_flags, error ? old : (old & ~MS_RDONLY) | (flags & MS_RDONLY));
	up_write(&sb->s_umount);
	return error;
}
