/* SPDX-License-Identifier: MIT */
/*
 * Which unused dentries stay cached, and how they go: by age when there are too many or memory is
 * short, by directory when the directory goes, and all at once at umount.
 *
 *	lru: oldest -> ... -> newest      every dentry with DCACHE_LRU set, used or not
 *
 * A dentry that is used again stays on the list (a lookup touches no list); whoever comes along
 * from the old end and finds it in use takes it off, and its next last dput() puts it at the new
 * end.
 *
 * Locks: d_lock outside, lru_lock (LC_DCACHE) inside; from the list to the dentry only by trylock.
 * Linux's twin: the shrinker half of fs/dcache.c.
 */
#include <vitrix/rcu.h>
#include <vitrix/mm.h>
#include "internal.h"

static LIST_HEAD(dentry_lru);				/* lru_lock */
static DEFINE_SPINLOCK(lru_lock, LC_DCACHE);
static unsigned long nr_lru;				/* lru_lock to change */
static unsigned long max_lru = 1024;
static unsigned long pruning;				/* bit 0: somebody is at it */
static atomic_t nr_shrinkers = ATOMIC_INIT(0);		/* between killing a dentry and iput() */

/* An entry with its inode is about 700 bytes: at most 2% of RAM. */
void dcache_lru_init(void)
{
	max_lru = clamp(totalram_pages / 8, 512UL, 131072UL);
}

void d_lru_add(struct dentry *d)
{
	if (d->d_flags & DCACHE_LRU)
		return;
	spin_lock(&lru_lock);
	d->d_flags |= DCACHE_LRU;
	list_add_tail(&d->d_lru, &dentry_lru);
	nr_lru++;
	spin_unlock(&lru_lock);
}

/* d_lock and lru_lock held */
static void __d_lru_del(struct dentry *d)
{
	d->d_flags &= ~DCACHE_LRU;
	list_del_init(&d->d_lru);
	nr_lru--;
}

void d_lru_del(struct dentry *d)
{
	if (!(d->d_flags & DCACHE_LRU))
		return;
	spin_lock(&lru_lock);
	__d_lru_del(d);
	spin_unlock(&lru_lock);
}

/* Drops d and then, as they become unused, its parents. d_lock and rcu_read_lock() held, count
 * ours. */
static void kill_and_put(struct dentry *d)
{
	dput(dentry_kill(d));
}

/*
 * The oldest unused dentry (of sb, if given): d_lock and rcu_read_lock() held, a reference taken.
 * NULL if the list holds none; *scan bounds how many are looked at.
 */
static struct dentry *take_oldest(struct super_block *sb, unsigned long *scan)
{
	struct dentry *d, *next;

	rcu_read_lock();
	spin_lock(&lru_lock);
	list_for_each_entry_safe(d, next, &dentry_lru, d_lru) {
		if (!*scan)
			break;
		--*scan;
		if (sb && d->d_sb != sb)
			continue;
		if (!spin_trylock(&d->d_lock))
			continue;
		__d_lru_del(d);
		if (atomic_cmpxchg(&d->d_count, 0, 1) == 0) {
			spin_unlock(&lru_lock);
			return d;
		}
		spin_unlock(&d->d_lock);
	}
	spin_unlock(&lru_lock);
	rcu_read_unlock();
	return NULL;
}

static unsigned long shrink_lru(struct super_block *sb, unsigned long nr, unsigned long scan)
{
	unsigned long done = 0;
	struct dentry *d;

	atomic_inc(&nr_shrinkers);
	while (done < nr && (d = take_oldest(sb, &scan))) {
		kill_and_put(d);
		done++;
	}
	atomic_dec(&nr_shrinkers);
	return done;
}

/* Frees up to nr unused dentries; returns how many. May sleep. */
unsigned long shrink_dcache(unsigned long nr)
{
	might_sleep();
	return shrink_lru(NULL, nr, nr * 2 + 64);
}

/* After a dput(): keeps the cache below its bound. Not recursive: killing dput()s parents. */
void prune_dcache_if_full(void)
{
	if (likely(READ_ONCE(nr_lru) <= max_lru) || test_and_set_bit(0, &pruning))
		return;
	shrink_dcache(64);
	clear_bit(0, &pruning);
}

/* An unused child (no children of its own): d_lock and rcu_read_lock() held, a reference taken. */
static struct dentry *take_child(struct dentry *parent)
{
	struct dentry *d;

	rcu_read_lock();
	spin_lock(&parent->d_lock);
	list_for_each_entry(d, &parent->d_subdirs, d_child) {
		spin_lock(&d->d_lock);
		if (atomic_cmpxchg(&d->d_count, 0, 1) == 0) {
			spin_unlock(&parent->d_lock);
			return d;
		}
		spin_unlock(&d->d_lock);
	}
	spin_unlock(&parent->d_lock);
	rcu_read_unlock();
	return NULL;
}

/* A used child that may have unused ones below it, after `prev` (whose reference is dropped). */
static struct dentry *next_directory(struct dentry *parent, struct dentry *prev)
{
	struct dentry *d, *found = NULL;
	bool past = !prev || prev->d_parent != parent;

	spin_lock(&parent->d_lock);
	list_for_each_entry(d, &parent->d_subdirs, d_child) {
		if (past && !list_empty(&d->d_subdirs)) {
			spin_lock(&d->d_lock);
			if (atomic_read(&d->d_count) > 0)
				found = dget(d);
			spin_unlock(&d->d_lock);
			if (found)
				break;
		}
		past |= d == prev;
	}
	spin_unlock(&parent->d_lock);
	dput(prev);
	return found;
}

/* Deeper than `depth` levels the rest is left to the LRU: the kernel stack is small. */
static void shrink_children(struct dentry *parent, int depth)
{
	struct dentry *d;

	d = depth ? next_directory(parent, NULL) : NULL;
	while (d) {
		shrink_children(d, depth - 1);
		d = next_directory(parent, d);
	}
	while ((d = take_child(parent)))
		kill_and_put(d);
}

/* The caller holds a reference on parent. */
void shrink_dcache_parent(struct dentry *parent)
{
	if (!list_empty(&parent->d_subdirs))
		shrink_children(parent, 6);
}

/*
 * The first leaf below `from`, or `from` itself: its d_lock and rcu_read_lock() held. NULL: it is
 * the root and has no children. The caller holds a reference on `from`.
 */
static struct dentry *first_leaf(struct dentry *from, struct dentry *root)
{
	struct dentry *d;

again:
	rcu_read_lock();
	for (d = from; !list_empty(&d->d_subdirs);) {
		struct dentry *child = NULL;

		spin_lock(&d->d_lock);
		if (!list_empty(&d->d_subdirs))
			child = list_first_entry(&d->d_subdirs, struct dentry, d_child);
		spin_unlock(&d->d_lock);
		if (!child)
			break;
		d = child;
	}
	if (d == root) {
		rcu_read_unlock();
		return NULL;
	}
	spin_lock(&d->d_lock);
	if (atomic_read(&d->d_count) < 0 || !list_empty(&d->d_subdirs)) {
		/* the shrinker was faster */
		spin_unlock(&d->d_lock);
		rcu_read_unlock();
		goto again;
	}
	return d;
}

/*
 * The last mount is gone, so nobody holds a dentry but the file system itself, which pins what has
 * no other home (tmpfs): all of them go, leaves first, pins or not. The root keeps the reference of
 * s_root. The search goes on where the last one ended: a tree may be tens of thousands deep.
 */
void shrink_dcache_for_umount(struct super_block *sb)
{
	struct dentry *root = sb->s_root, *from = root, *d;

	while ((d = first_leaf(from, root))) {
		/* d is locked, so the chain of children up to `from` keeps that */
		if (from != root && from != d)
			atomic_dec(&from->d_count);
		atomic_set(&d->d_count, 1);
		/* Not dput(): a directory that loses its last child is the next leaf. */
		from = dentry_kill(d);
		if (!from)
			from = root;	/* a shrinker was faster */
		else if (from == root)
			atomic_dec(&root->d_count);
		cond_resched();
	}
	/* A shrinker may have killed a dentry of ours without having put its inode yet. */
	while (atomic_read(&nr_shrinkers)) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(1);
	}
}
