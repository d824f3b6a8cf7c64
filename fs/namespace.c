/* SPDX-License-Identifier: MIT */
/*
 * The tree of mounts: which file system covers which directory. mount(2) and umount(2) themselves
 * are in mount.c.
 *
 *	vfsmount "/"                        mnt_parent, mnt_mountpoint: one reference each
 *	   ^   covers: itself
 *	   |
 *	vfsmount "/proc"  --mnt_mountpoint--> dentry "proc" of "/" (DCACHE_MOUNTED)
 *	   |
 *	   +--mnt_root--> root dentry of proc        +--mnt_sb (one s_active)--> super block
 *
 * mnt_count: one for being in the tree, one for each child mount, each struct path, each open file.
 * So a mount is busy if it has children or more than the tree's and the caller's reference. A mount
 * taken out of the tree lives on until its last user is gone (MNT_DETACH).
 *
 * Locks: namespace_sem (write) to change the tree, mount_lock for the moment of the change and for
 * the lookups of path walks. There is one namespace, and propagation is always private.
 * Linux's twin: fs/namespace.c.
 */
#include <vitrix/slab.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include <vitrix/init.h>
#include <linux/mount.h>
#include "internal.h"

#define MNT_HASH_BITS 8

DEFINE_SPINLOCK(mount_lock, LC_MOUNT);
DECLARE_RWSEM(namespace_sem, LC_NAMESPACE);
LIST_HEAD(all_mounts);
u64 mounts_event;
DECLARE_WAIT_QUEUE_HEAD(mounts_wait);

static struct hlist_head mount_hashtable[1 << MNT_HASH_BITS];	/* mount_lock */
static struct vfsmount *root_mount;
static atomic_t last_mnt_id;

static struct hlist_head *mnt_bucket(const struct vfsmount *parent, const struct dentry *mountpoint)
{
	return &mount_hashtable[hash_long((unsigned long)parent ^ ((unsigned long)mountpoint >> 3),
					  MNT_HASH_BITS)];
}

/* ---------------------------------------------------------------- one mount */

static struct vfsmount *alloc_mnt(const char *devname, struct super_block *sb, struct dentry *root,
				  int flags)
{
	struct vfsmount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);

	if (!mnt)
		return NULL;
	mnt->mnt_devname = kstrdup(devname ? devname : "none", GFP_KERNEL);
	if (!mnt->mnt_devname) {
		kfree(mnt);
		return NULL;
	}
	/* point of no return */
	mnt->mnt_id = atomic_inc_return(&last_mnt_id);
	mnt->mnt_flags = flags;
	mnt->mnt_sb = sb;
	mnt->mnt_root = dget(root);
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt_root;
	atomic_set(&mnt->mnt_count, 1);
	INIT_LIST_HEAD(&mnt->mnt_list);
	INIT_LIST_HEAD(&mnt->mnt_mounts);
	INIT_LIST_HEAD(&mnt->mnt_child);
	spin_lock(&mount_lock);
	list_add_tail(&mnt->mnt_instance, &sb->s_mounts);
	spin_unlock(&mount_lock);
	return mnt;
}

/* The last reference frees and may take the file system down: may sleep. NULL is fine. */
void mntput(struct vfsmount *mnt)
{
	if (!mnt || !refcount_dec_and_test(&mnt->mnt_count))
		return;
	ASSERT(list_empty(&mnt->mnt_list) && list_empty(&mnt->mnt_mounts));
	WARN_ON(atomic_read(&mnt->mnt_writers));
	spin_lock(&mount_lock);
	list_del(&mnt->mnt_instance);
	spin_unlock(&mount_lock);
	dput(mnt->mnt_root);
	deactivate_super(mnt->mnt_sb);
	kfree(mnt->mnt_devname);
	kfree(mnt);
}

/* flags: MS_*. A mount that is nowhere in the tree yet, one reference; ERR_PTR. May sleep. */
struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *source,
				void *data)
{
	struct super_block *sb = sget_for_mount(type, flags, source, data);
	struct vfsmount *mnt;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	mnt = alloc_mnt(source, sb, sb->s_root, MNT_RELATIME);
	if (!mnt) {
		deactivate_super(sb);
		return ERR_PTR(-ENOMEM);
	}
	return mnt;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct vfsmount *mnt = vfs_kern_mount(type, 0, type->name, NULL);

	if (!IS_ERR(mnt))
		mnt->mnt_flags |= MNT_INTERNAL;
	return mnt;
}

struct vfsmount *clone_mnt(const struct vfsmount *old, struct dentry *root)
{
	struct vfsmount *mnt;

	refcount_inc(&old->mnt_sb->s_active);
	mnt = alloc_mnt(old->mnt_devname, old->mnt_sb, root, old->mnt_flags);
	if (!mnt)
		deactivate_super(old->mnt_sb);
	return mnt;
}

/* 0 or -EROFS. Pairs with mnt_drop_write(); in between the mount cannot become read-only. */
int mnt_want_write(struct vfsmount *m)
{
	atomic_inc(&m->mnt_writers);	/* before the flags are looked at: see sb_has_writers() */
	if (likely(!(READ_ONCE(m->mnt_flags) & MNT_READONLY) && !sb_rdonly(m->mnt_sb)))
		return 0;
	atomic_dec(&m->mnt_writers);
	return -EROFS;
}

void mnt_drop_write(struct vfsmount *m)
{
	atomic_dec(&m->mnt_writers);
}

/* For a remount that has set the read-only flag already: did a writer come first? */
bool sb_has_writers(struct super_block *sb)
{
	struct vfsmount *mnt;
	bool ret = false;

	spin_lock(&mount_lock);
	list_for_each_entry(mnt, &sb->s_mounts, mnt_instance)
		ret |= atomic_read(&mnt->mnt_writers) > 0;
	spin_unlock(&mount_lock);
	return ret;
}

/* ---------------------------------------------------------------- walking the tree */

/* mount_lock held: what is mounted there, no reference. */
static struct vfsmount *__lookup_mnt(const struct vfsmount *parent, const struct dentry *mountpoint)
{
	struct vfsmount *mnt;

	hlist_for_each_entry(mnt, mnt_bucket(parent, mountpoint), mnt_hash)
		if (mnt->mnt_parent == parent && mnt->mnt_mountpoint == mountpoint)
			return mnt;
	return NULL;
}

struct vfsmount *lookup_mnt(const struct path *path)
{
	struct vfsmount *mnt;

	if (likely(!(READ_ONCE(path->dentry->d_flags) & DCACHE_MOUNTED)))
		return NULL;
	spin_lock(&mount_lock);
	mnt = mntget(__lookup_mnt(path->mnt, path->dentry));
	spin_unlock(&mount_lock);
	return mnt;
}

bool follow_mounts(struct path *path, struct vfsmount *base)
{
	struct vfsmount *mnt;
	bool moved = false;

	while (unlikely((mnt = lookup_mnt(path)))) {
		dput(path->dentry);
		if (path->mnt != base)
			mntput(path->mnt);
		path->mnt = mnt;
		path->dentry = dget(mnt->mnt_root);
		moved = true;
	}
	return moved;
}

bool follow_up(struct path *path)
{
	struct vfsmount *parent;
	struct dentry *mountpoint;

	spin_lock(&mount_lock);
	parent = path->mnt->mnt_parent;
	if (parent == path->mnt) {
		spin_unlock(&mount_lock);
		return false;
	}
	mntget(parent);
	mountpoint = dget(path->mnt->mnt_mountpoint);
	spin_unlock(&mount_lock);
	dput(path->dentry);
	mntput(path->mnt);
	path->mnt = parent;
	path->dentry = mountpoint;
	return true;
}

bool mnt_is_mounted(const struct vfsmount *mnt)
{
	return !list_empty(&mnt->mnt_list);
}

/* The mount after mnt in the subtree of top, parents first; mount_lock or namespace_sem held. */
static struct vfsmount *next_mnt(struct vfsmount *mnt, struct vfsmount *top)
{
	struct list_head *next = mnt->mnt_mounts.next;

	while (next == &mnt->mnt_mounts) {
		if (mnt == top)
			return NULL;
		next = mnt->mnt_child.next;
		mnt = mnt->mnt_parent;
	}
	return list_entry(next, struct vfsmount, mnt_child);
}

/* ---------------------------------------------------------------- changing the tree */

/*
 * namespace_sem for write, then the i_mutex of the directory, so that it is not removed meanwhile.
 * Goes on to the topmost mount there. 0 or -ENOENT if the directory is gone already.
 */
int lock_mount(struct path *where)
{
	for (;;) {
		struct inode *inode = where->dentry->d_inode;
		struct vfsmount *mnt;

		down_write(&namespace_sem);
		inode_lock(inode);
		if (IS_DEADDIR(inode) || (d_unhashed(where->dentry) &&
					  where->dentry->d_parent != where->dentry)) {
			unlock_mount(where);
			return -ENOENT;
		}
		mnt = lookup_mnt(where);
		if (!mnt)
			return 0;
		unlock_mount(where);
		path_put(where);
		where->mnt = mnt;
		where->dentry = dget(mnt->mnt_root);
	}
}

void unlock_mount(struct path *where)
{
	inode_unlock(where->dentry->d_inode);
	up_write(&namespace_sem);
}

/* namespace_sem (write) and mount_lock held */
static void __attach(struct vfsmount *mnt, struct vfsmount *parent, struct dentry *mountpoint)
{
	mnt->mnt_parent = mntget(parent);
	mnt->mnt_mountpoint = dget(mountpoint);
	spin_lock(&mountpoint->d_lock);
	mountpoint->d_flags |= DCACHE_MOUNTED;
	spin_unlock(&mountpoint->d_lock);
	hlist_add_head(&mnt->mnt_hash, mnt_bucket(parent, mountpoint));
	list_add_tail(&mnt->mnt_child, &parent->mnt_mounts);
}

/* The same locks. The references on parent and mountpoint pass to *was. */
static void __detach(struct vfsmount *mnt, struct path *was)
{
	struct vfsmount *m;
	bool covered = false;

	was->mnt = mnt->mnt_parent;
	was->dentry = mnt->mnt_mountpoint;
	hlist_del_init(&mnt->mnt_hash);
	list_del_init(&mnt->mnt_child);
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt_root;
	list_for_each_entry(m, &all_mounts, mnt_list)
		covered |= m->mnt_mountpoint == was->dentry && m->mnt_parent != m;
	if (!covered) {
		spin_lock(&was->dentry->d_lock);
		was->dentry->d_flags &= ~DCACHE_MOUNTED;
		spin_unlock(&was->dentry->d_lock);
	}
}

/* The tree has changed, or an option of a mount: who waits at mounts_wait looks again. */
void touch_mounts(void)
{
	__atomic_add_fetch(&mounts_event, 1, __ATOMIC_SEQ_CST);
	wake_up_all(&mounts_wait);
}

/* lock_mount() held. mnt may be the top of a copied tree. 0, -ENOTDIR, -EINVAL. */
int attach_mount(struct vfsmount *mnt, const struct path *where)
{
	struct vfsmount *m;

	if (!mnt_is_mounted(where->mnt))
		return -EINVAL;
	if (!mnt->mnt_root->d_inode || S_ISLNK(mnt->mnt_root->d_inode->i_mode))
		return -EINVAL;
	if (d_is_dir(where->dentry) != d_is_dir(mnt->mnt_root))
		return -ENOTDIR;
	/* point of no return */
	spin_lock(&mount_lock);
	__attach(mnt, where->mnt, where->dentry);
	for (m = mnt; m; m = next_mnt(m, mnt))
		list_add_tail(&m->mnt_list, &all_mounts);
	spin_unlock(&mount_lock);
	touch_mounts();
	return 0;
}

/* lock_mount() held: MS_MOVE. */
int move_mount(struct vfsmount *mnt, const struct path *where)
{
	struct path was;

	if (!mnt_is_mounted(where->mnt) || !mnt_is_mounted(mnt) || mnt->mnt_parent == mnt)
		return -EINVAL;
	if (d_is_dir(where->dentry) != d_is_dir(mnt->mnt_root))
		return -EINVAL;
	for (struct vfsmount *m = where->mnt;; m = m->mnt_parent) {
		if (m == mnt)
			return -ELOOP;
		if (m == m->mnt_parent)
			break;
	}
	/* point of no return */
	spin_lock(&mount_lock);
	__detach(mnt, &was);
	__attach(mnt, where->mnt, where->dentry);
	spin_unlock(&mount_lock);
	touch_mounts();
	path_put(&was);
	return 0;
}

/* A copy of top, showing root, and of all mounts below root; not attached. namespace_sem held. */
struct vfsmount *copy_mount_tree(struct vfsmount *top, struct dentry *root)
{
	struct vfsmount *copy = clone_mnt(top, root), *m, *p, *q = copy;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	/* q is the copy of p, the mount whose children are next; both walk the trees in step */
	p = top;
	for (m = next_mnt(top, top); m; m = next_mnt(m, top)) {
		struct vfsmount *c;

		while (p != m->mnt_parent) {
			p = p->mnt_parent;
			q = q->mnt_parent;
		}
		if ((m->mnt_flags & MNT_UNBINDABLE) ||
		    (p == top && !is_subdir(m->mnt_mountpoint, root))) {
			while (!list_empty(&m->mnt_mounts))	/* nor anything below it */
				m = list_last_entry(&m->mnt_mounts, struct vfsmount, mnt_child);
			continue;
		}
		c = clone_mnt(m, m->mnt_root);
		if (!c) {
			put_mount_tree(copy);
			return ERR_PTR(-ENOMEM);
		}
		spin_lock(&mount_lock);
		__attach(c, q, m->mnt_mountpoint);
		spin_unlock(&mount_lock);
		p = m;
		q = c;
	}
	return copy;
}

/*
 * Takes the tree of top apart, leaves first: every mount loses its place and the tree's reference.
 * What is still used somewhere lives on alone. namespace_sem (write) held.
 */
void put_mount_tree(struct vfsmount *top)
{
	struct vfsmount *m;
	struct path was;

	do {
		for (m = top; !list_empty(&m->mnt_mounts);)
			m = list_first_entry(&m->mnt_mounts, struct vfsmount, mnt_child);
		was = (struct path){ NULL, NULL };
		spin_lock(&mount_lock);
		list_del_init(&m->mnt_list);
		if (m->mnt_parent != m)
			__detach(m, &was);
		spin_unlock(&mount_lock);
		path_put(&was);
		mntput(m);
	} while (m != top);
}

/*
 * The caller holds one reference on mnt besides the tree's. flags: MNT_DETACH, MNT_FORCE (which
 * only network file systems would care about). 0, -EINVAL, -EBUSY.
 */
int do_umount(struct vfsmount *mnt, int flags)
{
	int error = 0;

	down_write(&namespace_sem);
	spin_lock(&mount_lock);
	if (!mnt_is_mounted(mnt) || mnt->mnt_parent == mnt)
		error = -EINVAL;
	else if (!(flags & MNT_DETACH) &&
		 (!list_empty(&mnt->mnt_mounts) || atomic_read(&mnt->mnt_count) > 2))
		error = -EBUSY;
	else if (!(flags & MNT_DETACH))
		/* A path walk could come in before the mount is off the tree: close the door. */
		hlist_del_init(&mnt->mnt_hash);
	spin_unlock(&mount_lock);
	if (!error) {
		put_mount_tree(mnt);
		touch_mounts();
	}
	up_write(&namespace_sem);
	return error;
}

/* Mounts the type "rootfs" as "/": the root and working directory of everybody to come. */
void __init mnt_init(void)
{
	struct file_system_type *type = get_fs_type("rootfs");
	struct path root;

	ASSERT(type);
	root_mount = vfs_kern_mount(type, 0, "rootfs", NULL);
	if (IS_ERR(root_mount))
		panic("cannot mount rootfs: %ld", PTR_ERR(root_mount));
	list_add_tail(&root_mount->mnt_list, &all_mounts);
	root.mnt = root_mount;
	root.dentry = root_mount->mnt_root;
	set_fs_root(&init_fs, &root);
	set_fs_pwd(&init_fs, &root);
}
