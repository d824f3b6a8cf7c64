/* SPDX-License-Identifier: MIT */
/*
 * Inodes: the objects that names lead to.
 *
 *	new_inode()               iget_locked()
 *	    |                         | first: I_NEW, hashed      unlock_new_inode() wakes those
 *	    v                         v                           who asked for the same number
 *	+------------------- i_count > 0 ------------------+
 *	| held by: each positive dentry, each open file    |
 *	| (through its dentry), each temporary user        |
 *	+--------------------------------------------------+
 *	                              | last iput()
 *	                              v
 *	     I_FREEING: evict_inode() (nlink 0: deletes), off all lists, freed after a grace period
 *
 * There is no cache of unused inodes beside the dentry cache: an inode stays as long as a cached
 * name leads to it.
 *
 * i_state and the step of i_count to 0 are under i_lock, so igrab() and iget_locked() either get a
 * living inode or see I_FREEING. Lock order: inode_hash_lock, s_inode_list_lock, i_lock.
 * Linux's twin: fs/inode.c.
 */
#include <vitrix/slab.h>
#include <vitrix/rcu.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include <vitrix/cred.h>
#include <vitrix/mm.h>
#include "internal.h"

#define INODE_HASH_BITS 12

static struct kmem_cache *inode_cachep;
static struct hlist_head inode_hashtable[1 << INODE_HASH_BITS];
static DEFINE_SPINLOCK(inode_hash_lock, LC_INODE_HASH);
/* Sleepers for I_NEW to clear and for I_FREEING inodes to leave the table: all inodes share it. */
static DECLARE_WAIT_QUEUE_HEAD(inode_wait);

static const struct inode_operations empty_iops;

static int no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations no_open_fops = { .open = no_open };

/* ---------------------------------------------------------------- coming into being */

/* For file systems whose own structure holds the inode: the part that needs no super block. */
void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	INIT_LIST_HEAD(&inode->i_sb_list);
	spin_lock_init(&inode->i_lock, LC_I_LOCK);
	mutex_init(&inode->i_mutex, LC_INODE);
}

static struct inode *alloc_inode(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op && sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kmem_cache_alloc(inode_cachep, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode_init_once(inode);
	inode->i_sb = sb;
	inode->i_blkbits = sb->s_blocksize_bits;
	inode->i_op = &empty_iops;
	inode->i_fop = &no_open_fops;
	inode->i_nlink = 1;
	atomic_set(&inode->i_count, 1);
	address_space_init(&inode->i_data, inode);
	inode->i_mapping = &inode->i_data;
	return inode;
}

static void add_to_sb(struct inode *inode)
{
	spin_lock(&inode->i_sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &inode->i_sb->s_inodes);
	spin_unlock(&inode->i_sb->s_inode_list_lock);
}

/* One reference, on the super block's list, not hashed. NULL without memory. May sleep. */
struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = alloc_inode(sb);

	if (inode)
		add_to_sb(inode);
	return inode;
}

/* An inode of a bare super block (pipes, anonymous files): nobody ever looks it up. */
struct inode *alloc_anon_inode(struct super_block *sb)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_flags |= S_PRIVATE_FLAG;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

/* Numbers for file systems without their own. 0 means "no inode" to some programs. */
ino_t get_next_ino(void)
{
	static atomic_t last;
	unsigned int ino;

	do
		ino = atomic_inc_return(&last);
	while (unlikely(!ino));
	return ino;
}

/* Owner and mode of what a task creates in dir (NULL: nowhere), with the S_ISGID rules
 * of inode(7). */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	if (dir && (dir->i_mode & S_ISGID)) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
			 !in_group_p(inode->i_gid) && !capable(CAP_FSETID))
			mode &= ~S_ISGID;
	} else {
		inode->i_gid = current_fsgid();
	}
	inode->i_mode = mode;
}

/* ---------------------------------------------------------------- by number */

static struct hlist_head *inode_bucket(struct super_block *sb, ino_t ino)
{
	return &inode_hashtable[hash_long(ino ^ ((unsigned long)sb >> 4), INODE_HASH_BITS)];
}

/* inode_hash_lock held; NULL or a referenced inode; -EAGAIN: it is being freed, wait and
 * ask again. */
static struct inode *find_inode(struct super_block *sb, ino_t ino)
{
	struct inode *inode;

	hlist_for_each_entry(inode, inode_bucket(sb, ino), i_hash) {
		if (inode->i_ino != ino || inode->i_sb != sb)
			continue;
		spin_lock(&inode->i_lock);
		if (inode->i_state & I_FREEING) {
			spin_unlock(&inode->i_lock);
			return ERR_PTR(-EAGAIN);
		}
		ihold(inode);
		spin_unlock(&inode->i_lock);
		return inode;
	}
	return NULL;
}

static bool inode_is_freeing(struct super_block *sb, ino_t ino)
{
	struct inode *inode;
	bool freeing = false;

	spin_lock(&inode_hash_lock);
	hlist_for_each_entry(inode, inode_bucket(sb, ino), i_hash)
		if (inode->i_ino == ino && inode->i_sb == sb)
			freeing = READ_ONCE(inode->i_state) & I_FREEING;
	spin_unlock(&inode_hash_lock);
	return freeing;
}

/*
 * The inode of that number, with a reference; NULL without memory. A fresh one has I_NEW set: the
 * caller fills it, then unlock_new_inode() or iget_failed(); others wait till then. May sleep.
 */
struct inode *iget_locked(struct super_block *sb, ino_t ino)
{
	struct inode *inode, *fresh = NULL;

	for (;;) {
		spin_lock(&inode_hash_lock);
		inode = find_inode(sb, ino);
		if (!inode && fresh) {
			fresh->i_ino = ino;
			fresh->i_state = I_NEW;
			hlist_add_head(&fresh->i_hash, inode_bucket(sb, ino));
			spin_unlock(&inode_hash_lock);
			add_to_sb(fresh);
			return fresh;
		}
		spin_unlock(&inode_hash_lock);
		if (inode == ERR_PTR(-EAGAIN)) {
			wait_event(&inode_wait, !inode_is_freeing(sb, ino));
			continue;
		}
		if (inode)
			break;
		fresh = alloc_inode(sb);
		if (!fresh)
			return NULL;
	}
	if (fresh)
		inode_free_rcu(fresh);
	if (READ_ONCE(inode->i_state) & I_NEW) {
		wait_event(&inode_wait, !(READ_ONCE(inode->i_state) & I_NEW));
		if (hlist_unhashed(&inode->i_hash)) {	/* iget_failed() */
			iput(inode);
			return iget_locked(sb, ino);
		}
	}
	return inode;
}

void unlock_new_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	ASSERT(inode->i_state & I_NEW);
	inode->i_state &= ~I_NEW;
	spin_unlock(&inode->i_lock);
	wake_up_all(&inode_wait);
}

static void unhash_inode(struct inode *inode)
{
	spin_lock(&inode_hash_lock);
	hlist_del_init(&inode->i_hash);
	spin_unlock(&inode_hash_lock);
}

void iget_failed(struct inode *inode)
{
	unhash_inode(inode);
	clear_nlink(inode);
	unlock_new_inode(inode);
	iput(inode);
}

/* ---------------------------------------------------------------- references */

/* A reference on an inode that is only known to be there; NULL if it is dying. */
struct inode *igrab(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	if (inode->i_state & I_FREEING) {
		spin_unlock(&inode->i_lock);
		return NULL;
	}
	ihold(inode);
	spin_unlock(&inode->i_lock);
	return inode;
}

static void inode_free_cb(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);
	void (*free_inode)(struct inode *) = (void *)inode->i_fop;

	if (free_inode)
		free_inode(inode);
	else
		kmem_cache_free(inode_cachep, inode);
}

/* Lookups may still look at i_mode and i_op. The super block may be gone by then, so what frees the
 * inode is kept in i_fop, which nobody without a reference reads. */
void inode_free_rcu(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	inode->i_fop = (void *)(op ? op->free_inode : NULL);
	call_rcu(&inode->i_rcu, inode_free_cb);
}

static void evict(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	ASSERT((inode->i_state & I_FREEING) && atomic_read(&inode->i_count) == 0);
	ASSERT(hlist_empty(&inode->i_dentry));
	if (inode->i_nlink && !inode->i_data.in_memory_only) {
		if (inode->i_data.nrpages)
			filemap_fdatawrite_wait(&inode->i_data);
		if ((inode->i_state & I_DIRTY) && op && op->write_inode)
			op->write_inode(inode, 0);
	}
	if (op && op->evict_inode)
		op->evict_inode(inode);
	if (inode->i_data.nrpages)
		truncate_inode_pages(&inode->i_data, 0);
	locks_free_lock_context(inode);
	spin_lock(&inode->i_sb->s_inode_list_lock);
	list_del_init(&inode->i_sb_list);
	spin_unlock(&inode->i_sb->s_inode_list_lock);
	if (!hlist_unhashed(&inode->i_hash)) {
		unhash_inode(inode);
		wake_up_all(&inode_wait);
	}
	inode_free_rcu(inode);
}

/* NULL is fine. May sleep: the last reference frees, and with no link left deletes. */
void iput(struct inode *inode)
{
	int c;

	if (!inode)
		return;
	c = atomic_read(&inode->i_count);
	while (c > 1)
		if (__atomic_compare_exchange_n(&inode->i_count.counter, &c, c - 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
	ASSERT(c == 1);
	spin_lock(&inode->i_lock);
	if (!refcount_dec_and_test(&inode->i_count)) {
		spin_unlock(&inode->i_lock);
		return;
	}
	inode->i_state |= I_FREEING;
	spin_unlock(&inode->i_lock);
	evict(inode);
}

/* At umount, after the dentries: none should be left. */
void evict_inodes(struct super_block *sb)
{
	struct inode *inode;
	int busy = 0;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list)
		busy += atomic_read(&inode->i_count) > 0;
	spin_unlock(&sb->s_inode_list_lock);
	WARN_ON(busy);
}

/* ---------------------------------------------------------------- link counts, sizes */

void clear_nlink(struct inode *inode)
{
	inode->i_nlink = 0;
}

void set_nlink(struct inode *inode, unsigned int n)
{
	inode->i_nlink = n;
}

void inc_nlink(struct inode *inode)
{
	inode->i_nlink++;
}

void drop_nlink(struct inode *inode)
{
	ASSERT(inode->i_nlink > 0);
	inode->i_nlink--;
}

void inode_add_bytes(struct inode *inode, loff_t bytes)
{
	spin_lock(&inode->i_lock);
	inode->i_blocks += bytes >> 9;
	spin_unlock(&inode->i_lock);
}

void inode_sub_bytes(struct inode *inode, loff_t bytes)
{
	spin_lock(&inode->i_lock);
	inode->i_blocks -= bytes >> 9;
	spin_unlock(&inode->i_lock);
}

/* Device, fifo and socket nodes: what they do does not depend on the file system they lie in. */
void init_special_inode(struct inode *inode, umode_t mode, dev_t dev)
{
	inode->i_mode = mode;
	if (S_ISCHR(mode)) {
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = dev;
	} else if (S_ISBLK(mode)) {
		inode->i_fop = &def_blk_fops;
		inode->i_rdev = dev;
	} else if (S_ISFIFO(mode)) {
		inode->i_fop = &pipefifo_fops;
	} else {
		ASSERT(S_ISSOCK(mode));
		inode->i_fop = &no_open_fops;
	}
}

/* ---------------------------------------------------------------- times */

/* The wall time of the last tick, in the steps that the file system can store. */
struct timespec64 current_time(struct inode *inode)
{
	struct timespec64 now = current_time_coarse();
	u32 gran = inode->i_sb->s_time_gran;

	if (gran > 1)
		now.tv_nsec -= gran >= NSEC_PER_SEC ? now.tv_nsec : now.tv_nsec % gran;
	return now;
}

static int timespec_cmp(const struct timespec64 *a, const struct timespec64 *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* relatime: a read is noted if it is the first since a change, or once a day. */
static bool relatime_need_update(struct vfsmount *mnt, struct inode *inode, struct timespec64 now)
{
	if (!(mnt->mnt_flags & MNT_RELATIME))
		return true;
	return timespec_cmp(&inode->i_mtime, &inode->i_atime) >= 0 ||
	       timespec_cmp(&inode->i_ctime, &inode->i_atime) >= 0 ||
	       now.tv_sec - inode->i_atime.tv_sec >= 24 * 60 * 60;
}

void touch_atime(const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;
	struct vfsmount *mnt = path->mnt;
	struct timespec64 now;

	if ((mnt->mnt_flags & MNT_NOATIME) || sb_rdonly(inode->i_sb) ||
	    (inode->i_flags & (S_PRIVATE_FLAG | S_NOATIME_FLAG)))
		return;
	if (S_ISDIR(inode->i_mode) && (mnt->mnt_flags & MNT_NODIRATIME))
		return;
	now = current_time(inode);
	if (!timespec_cmp(&inode->i_atime, &now) || !relatime_need_update(mnt, inode, now))
		return;
	if (mnt_want_write(mnt))
		return;
	inode->i_atime = now;
	if (inode->i_op->update_time)
		inode->i_op->update_time(inode);
	mnt_drop_write(mnt);
}

/* A write happens; i_mutex held. 0. */
int file_update_time(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct timespec64 now = current_time(inode);

	if (!timespec_cmp(&inode->i_mtime, &now) && !timespec_cmp(&inode->i_ctime, &now))
		return 0;
	inode->i_mtime = inode->i_ctime = now;
	if (inode->i_op->update_time)
		inode->i_op->update_time(inode);
	return 0;
}

void inode_cache_init(void)
{
	inode_cachep = kmem_cache_create("inode_cache", sizeof(struct inode),
					 __alignof__(struct inode), SLAB_PANIC);
}
