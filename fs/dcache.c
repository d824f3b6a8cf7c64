/* SPDX-License-Identifier: MIT */
/*
 * The directory entry cache: names that were looked up, kept in a tree that mirrors the
 * directories.
 *
 * A dentry is one name in one directory. It is positive (d_inode set) or negative (this name is
 * known not to exist: ENOENT without asking the file system). Who holds what:
 *
 *	child --d_parent, a reference--> parent      parent->d_subdirs --> its children (none)
 *	dentry --d_inode, a reference--> inode       inode->i_dentry  --> its names (none)
 *	hash table, LRU --> dentry (none)
 *
 * and in which states it can be:
 *
 *	d_alloc()                 d_add(), d_rehash()             last dput()
 *	   |                            |                             |
 *	   v                            v                             v
 *	unhashed, count 1 ----> hashed, count > 0 <---lookup---- hashed, count 0, on the LRU
 *	   |                       | d_drop()                         | memory short, or too many
 *	   |  last dput()          v                                  v
 *	   +-----------------> unhashed ----- last dput() -----> DENTRY_DEAD, freed by RCU
 *
 * Readers walk a hash chain with nothing but rcu_read_lock(), take a reference unless the count is
 * negative, and look again whether the dentry is still in the table. A rename moves dentries from
 * chain to chain under a reader's feet: rename_seq tells, and the reader starts over. Whoever found
 * nothing asks again with the directory's i_mutex held, where no name of that directory can come or
 * go; so a miss is only ever a delay.
 *
 * A reference taken from 0 comes from a lookup or is taken under d_lock, never otherwise.
 * d_delete() may therefore take the inode away from a dentry whose only reference is its own: it
 * freezes the count first, which makes lookups miss.
 *
 * Locks: d_lock (LC_DENTRY) for d_flags, d_parent, d_subdirs and against freeing; d_inode changes
 * under it too. rename_lock outside of it for the shape of the tree. Bucket locks and lru_lock
 * (LC_DCACHE) and inode->i_lock inside it.
 *
 * Linux's twin: fs/dcache.c. Left out: disconnected trees for NFS, case-insensitive names, parallel
 * lookups in one directory.
 */
#include <vitrix/slab.h>
#include <vitrix/rcu.h>
#include <vitrix/hash.h>
#include <vitrix/string.h>
#include <vitrix/mm.h>
#include <vitrix/init.h>
#include "internal.h"

#define NR_BUCKET_LOCKS 64
#define DIR_ID_MAX 0x7ffffff0u

/* A name too long for d_iname; shared by the dentries that a rename gave it to. */
struct external_name {
	atomic_t count;
	struct rcu_head rcu;
	char name[];		/* padded with zeroes to a multiple of 8 */
};

static struct kmem_cache *dentry_cachep;
static struct hlist_head *dentry_hashtable;
static u32 d_hash_mask;
static spinlock_t bucket_locks[NR_BUCKET_LOCKS];

DEFINE_SPINLOCK(rename_lock, LC_RENAME_LOCK);
static unsigned int rename_seq;		/* odd while a rename is under way; rename_lock */

static inline struct hlist_head *d_bucket(u32 hash)
{
	return &dentry_hashtable[hash & d_hash_mask];
}

static inline spinlock_t *bucket_lock(u32 hash)
{
	return &bucket_locks[hash & d_hash_mask & (NR_BUCKET_LOCKS - 1)];
}

static inline bool name_is_external(const struct dentry *d)
{
	return d->d_name.name != d->d_iname;
}

/* ---------------------------------------------------------------- lookup */

typedef u64 __attribute__((may_alias, aligned(1))) name_word_t;
typedef u32 __attribute__((may_alias, aligned(1))) name_half_t;

/* The last n (1..7) bytes of a name as a word padded with zeroes. */
static inline u64 name_tail(const char *s, u32 n)
{
	u64 v = 0;

	if (n & 4) {
		v = *(const name_half_t *)s;
		s += 4;
	}
	for (u32 i = n & 4; i < n; i++)
		v |= (u64)(u8)*s++ << (i * 8);
	return v;
}

/*
 * A dentry's name is padded with zeroes to whole words, and no word of the wanted name but the last
 * holds a zero. So the comparison ends in the word where the dentry's name ends, even if a rename
 * changes the name meanwhile.
 */
static inline bool same_name(const struct dentry *d, const char *name, u32 len)
{
	const char *mine = READ_ONCE(d->d_name.name);

	for (; len >= 8; len -= 8, mine += 8, name += 8)
		if (READ_ONCE(*(const name_word_t *)mine) != *(const name_word_t *)name)
			return false;
	return READ_ONCE(*(const name_word_t *)mine) == (len ? name_tail(name, len) : 0);
}

/* A reference unless the dentry is dying or frozen. */
static inline bool get_live(struct dentry *d)
{
	int c = atomic_read(&d->d_count);

	while (c >= 0)
		if (__atomic_compare_exchange_n(&d->d_count.counter, &c, c + 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* Lock-free; may miss a name that is being changed. Any context that may dput(), that is, sleep. */
struct dentry *__d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry *d;
	unsigned int seq;

retry:
	rcu_read_lock();
	seq = smp_load_acquire(&rename_seq);
	hlist_for_each_entry(d, d_bucket(name->hash), d_hash) {
		if (d->d_name.hash != name->hash || READ_ONCE(d->d_parent) != parent)
			continue;
		if (!same_name(d, name->name, name->len) || !get_live(d))
			continue;
		rcu_read_unlock();
		if (likely(!d_unhashed(d) && READ_ONCE(rename_seq) == seq && !(seq & 1)))
			return d;
		dput(d);
		goto again;
	}
	rcu_read_unlock();
	if (likely(READ_ONCE(rename_seq) == seq && !(seq & 1)))
		return NULL;
again:
	cpu_relax();
	goto retry;
}

__bounded_frame struct dentry *d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct qstr q = *name;

	q.hash = full_name_hash(parent, q.name, q.len);
	return __d_lookup(parent, &q);
}

/* ---------------------------------------------------------------- coming into being */

static struct dentry *__d_alloc(struct super_block *sb, const char *name, u32 len)
{
	struct dentry *d = kmem_cache_zalloc(dentry_cachep, GFP_KERNEL);
	struct external_name *ext;

	if (!d)
		return NULL;
	if (len < DNAME_INLINE_LEN) {
		memcpy(d->d_iname, name, len);
		d->d_name.name = d->d_iname;
	} else {
		ext = kzalloc(sizeof(*ext) + ALIGN(len + 1, 8), GFP_KERNEL);
		if (!ext) {
			kmem_cache_free(dentry_cachep, d);
			return NULL;
		}
		atomic_set(&ext->count, 1);
		memcpy(ext->name, name, len);
		d->d_name.name = ext->name;
	}
	d->d_name.len = len;
	atomic_set(&d->d_count, 1);
	d->d_parent = d;
	d->d_sb = sb;
	d->d_op = sb->s_d_op;
	spin_lock_init(&d->d_lock, LC_DENTRY);
	INIT_LIST_HEAD(&d->d_lru);
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_subdirs);
	return d;
}

/*
 * parent->d_lock held. Newest first, and d_id falls along the list: dcache_readdir() finds its way
 * back by it. A renamed entry counts as new, at the front, so that a reader who renames what he
 * reads ends.
 */
static void attach_child(struct dentry *parent, struct dentry *d)
{
	struct dentry *c;
	u32 id = 0;

	if (unlikely(parent->d_next_id >= DIR_ID_MAX)) {
		list_for_each_entry_reverse(c, &parent->d_subdirs, d_child)
			c->d_id = id++;
		parent->d_next_id = id;
	}
	d->d_id = parent->d_next_id++;
	list_add(&d->d_child, &parent->d_subdirs);
}

/* Unhashed, negative, one reference. name->hash is not used. NULL without memory. May sleep. */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *d = __d_alloc(parent->d_sb, name->name, name->len);

	if (!d)
		return NULL;
	d->d_name.hash = full_name_hash(parent, name->name, name->len);
	d->d_parent = dget(parent);
	spin_lock(&parent->d_lock);
	attach_child(parent, d);
	spin_unlock(&parent->d_lock);
	return d;
}

/* Of no directory: pipes, sockets, anonymous memory. Never hashed. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name)
{
	struct dentry *d = __d_alloc(sb, name->name, name->len);

	if (d)
		d->d_flags |= DCACHE_DISCONNECTED;
	return d;
}

struct dentry *d_make_root(struct inode *inode)
{
	struct dentry *d;

	if (!inode)
		return NULL;
	d = __d_alloc(inode->i_sb, "/", 1);
	if (!d) {
		iput(inode);
		return NULL;
	}
	d_instantiate(d, inode);
	return d;
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	ASSERT(!dentry->d_inode);
	if (!inode)
		return;
	spin_lock(&dentry->d_lock);
	spin_lock(&inode->i_lock);
	hlist_add_head(&dentry->d_alias, &inode->i_dentry);
	smp_store_release(&dentry->d_inode, inode);
	spin_unlock(&inode->i_lock);
	spin_unlock(&dentry->d_lock);
}

/* d_lock held */
static void __d_rehash(struct dentry *d)
{
	spinlock_t *lock = bucket_lock(d->d_name.hash);

	spin_lock(lock);
	hlist_add_head(&d->d_hash, d_bucket(d->d_name.hash));
	spin_unlock(lock);
}

/* d_lock held. The node keeps its next pointer for readers who stand on it. */
static void __d_drop(struct dentry *d)
{
	spinlock_t *lock = bucket_lock(d->d_name.hash);

	if (d_unhashed(d))
		return;
	spin_lock(lock);
	hlist_del_init(&d->d_hash);
	spin_unlock(lock);
}

void d_rehash(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	if (d_unhashed(dentry))
		__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	d_instantiate(dentry, inode);
	d_rehash(dentry);
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
}

/* ---------------------------------------------------------------- going away */

static void external_name_free(struct rcu_head *head)
{
	kfree(container_of(head, struct external_name, rcu));
}

static void external_name_put(const char *name)
{
	struct external_name *ext = (void *)(name - offsetof(struct external_name, name));

	if (refcount_dec_and_test(&ext->count))
		call_rcu(&ext->rcu, external_name_free);
}

static void dentry_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(dentry_cachep, container_of(head, struct dentry, d_rcu));
}

static void dentry_free(struct dentry *d)
{
	if (unlikely(name_is_external(d)))
		external_name_put(d->d_name.name);
	if (d->d_flags & DCACHE_DISCONNECTED)	/* no reader without a reference ever saw it */
		kmem_cache_free(dentry_cachep, d);
	else
		call_rcu(&d->d_rcu, dentry_free_rcu);
}

/* d_lock held, count frozen or dead. The caller iput()s what comes back, without spinlocks. */
static struct inode *detach_inode(struct dentry *d)
{
	struct inode *inode = d->d_inode;

	if (!inode)
		return NULL;
	spin_lock(&inode->i_lock);
	hlist_del_init(&d->d_alias);
	WRITE_ONCE(d->d_inode, NULL);
	spin_unlock(&inode->i_lock);
	return inode;
}

/*
 * Gives up the caller's reference and frees d if it was the only one. Entered with rcu_read_lock()
 * and d_lock held, left without. Returns the parent, whose reference passes to the caller, or NULL.
 */
struct dentry *dentry_kill(struct dentry *d)
{
	struct dentry *parent = d->d_parent;
	struct inode *inode;
	int c, new;

	while (parent != d && !spin_trylock(&parent->d_lock)) {
		spin_unlock(&d->d_lock);
		spin_lock(&parent->d_lock);
		spin_lock(&d->d_lock);
		if (likely(d->d_parent == parent))
			break;
		spin_unlock(&parent->d_lock);
		parent = d->d_parent;
	}
	/* locked: parent and d; somebody may have found d meanwhile */
	do {
		c = atomic_read(&d->d_count);
		new = c == 1 ? DENTRY_DEAD : c - 1;
	} while (c > 0 && atomic_cmpxchg(&d->d_count, c, new) != c);
	if (c != 1) {
		spin_unlock(&d->d_lock);
		if (parent != d)
			spin_unlock(&parent->d_lock);
		rcu_read_unlock();
		return NULL;
	}
	ASSERT(list_empty(&d->d_subdirs));
	__d_drop(d);
	d_lru_del(d);
	if (parent != d) {
		list_del_init(&d->d_child);
		spin_unlock(&parent->d_lock);
	}
	inode = detach_inode(d);
	spin_unlock(&d->d_lock);
	rcu_read_unlock();
	if (d->d_op && d->d_op->d_release)
		d->d_op->d_release(d);
	if (inode)
		iput(inode);
	dentry_free(d);
	return parent != d ? parent : NULL;
}

/* d_lock held: does an unused d stay in the cache? */
static bool retain_dentry(struct dentry *d)
{
	if (d_unhashed(d) || (d->d_flags & DCACHE_DONTCACHE))
		return false;
	return !(d->d_op && d->d_op->d_delete && d->d_op->d_delete(d));
}

/*
 * True: the reference is given up. False: it was the last and is still ours, d_lock is held.
 * An unused dentry may be freed by anybody: rcu_read_lock() held keeps its memory.
 */
static bool fast_dput(struct dentry *d)
{
	int c = atomic_read(&d->d_count);

	for (;;) {
		DEBUG_ASSERT(c > 0);
		if (likely(c > 1)) {
			if (__atomic_compare_exchange_n(&d->d_count.counter, &c, c - 1, false,
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				return true;
			continue;
		}
		if ((READ_ONCE(d->d_flags) & (DCACHE_LRU | DCACHE_DONTCACHE)) != DCACHE_LRU ||
		    d_unhashed(d) || (d->d_op && d->d_op->d_delete))
			break;
		if (!__atomic_compare_exchange_n(&d->d_count.counter, &c, 0, false,
						 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		if (likely(!d_unhashed(d) && (READ_ONCE(d->d_flags) & DCACHE_LRU)))
			return true;
		/* Since the check above it was unhashed, so that nobody may ever find it again, or
		 * the shrinker took it off its list as it was still used: take it back. */
		spin_lock(&d->d_lock);
		if (atomic_cmpxchg(&d->d_count, 0, 1) == 0)
			return false;
		spin_unlock(&d->d_lock);
		return true;
	}
	spin_lock(&d->d_lock);
	return false;
}

/* May sleep: the inode may go with it. NULL is fine. */
void dput(struct dentry *dentry)
{
	while (dentry) {
		rcu_read_lock();
		if (likely(fast_dput(dentry))) {
			rcu_read_unlock();
			return;
		}
		if (retain_dentry(dentry)) {
			d_lru_add(dentry);
			atomic_dec(&dentry->d_count);
			spin_unlock(&dentry->d_lock);
			rcu_read_unlock();
			prune_dcache_if_full();
			return;
		}
		dentry = dentry_kill(dentry);
	}
}

/*
 * After unlink or rmdir, with the directory's i_mutex held: the name is gone. If nobody else uses
 * the dentry it becomes a negative one, else it leaves the hash table and dies with its last user.
 */
void d_delete(struct dentry *dentry)
{
	struct inode *inode = NULL;

	spin_lock(&dentry->d_lock);
	if (atomic_cmpxchg(&dentry->d_count, 1, DENTRY_FROZEN) == 1) {
		inode = detach_inode(dentry);
		smp_store_release(&dentry->d_count.counter, 1);
	} else {
		__d_drop(dentry);
	}
	spin_unlock(&dentry->d_lock);
	if (inode)
		iput(inode);
}

/* The file system says that this name is no longer what it was. The caller holds a reference. */
void d_invalidate(struct dentry *dentry)
{
	d_drop(dentry);
	shrink_dcache_parent(dentry);
}

/* ---------------------------------------------------------------- rename */

/* d_locks held. The name that went is freed after a grace period: readers may be in it. */
static void copy_name(struct dentry *d, struct dentry *target)
{
	const char *old = name_is_external(d) ? d->d_name.name : NULL;

	if (name_is_external(target)) {
		struct external_name *ext =
			(void *)(target->d_name.name - offsetof(struct external_name, name));

		refcount_inc(&ext->count);
		WRITE_ONCE(d->d_name.name, target->d_name.name);
	} else {
		memcpy(d->d_iname, target->d_iname, DNAME_INLINE_LEN);
		WRITE_ONCE(d->d_name.name, d->d_iname);
	}
	d->d_name.len = target->d_name.len;
	if (old)
		external_name_put(old);
}

static void swap_names(struct dentry *a, struct dentry *b)
{
	const char *an = name_is_external(a) ? a->d_name.name : NULL;
	const char *bn = name_is_external(b) ? b->d_name.name : NULL;
	char tmp[DNAME_INLINE_LEN];

	memcpy(tmp, a->d_iname, DNAME_INLINE_LEN);
	memcpy(a->d_iname, b->d_iname, DNAME_INLINE_LEN);
	memcpy(b->d_iname, tmp, DNAME_INLINE_LEN);
	WRITE_ONCE(a->d_name.name, bn ? bn : a->d_iname);
	WRITE_ONCE(b->d_name.name, an ? an : b->d_iname);
	swap(a->d_name.len, b->d_name.len);
}

/* All four d_locks, ancestors first; unrelated ones in any order, as rename_lock keeps
 * others out. */
static void lock_for_move(struct dentry *a, struct dentry *b)
{
	struct dentry *pa = a->d_parent, *pb = b->d_parent;

	if (pa == pb) {
		spin_lock(&pa->d_lock);
	} else if (d_ancestor(pb, pa)) {
		spin_lock(&pb->d_lock);
		spin_lock(&pa->d_lock);
	} else {
		spin_lock(&pa->d_lock);
		spin_lock(&pb->d_lock);
	}
	/* The dentries themselves may be a parent of the other only when exchanged, which is
	 * refused. */
	spin_lock(&a->d_lock);
	spin_lock(&b->d_lock);
}

static void __d_move(struct dentry *d, struct dentry *target, bool exchange)
{
	struct dentry *old_parent, *new_parent;

	ASSERT(d != target && d->d_sb == target->d_sb);
	spin_lock(&rename_lock);
	old_parent = d->d_parent;
	new_parent = target->d_parent;
	ASSERT(old_parent != d && new_parent != target);
	lock_for_move(d, target);
	WRITE_ONCE(rename_seq, rename_seq + 1);
	smp_wmb();

	__d_drop(d);
	__d_drop(target);
	if (exchange) {
		swap_names(d, target);
		target->d_name.hash = full_name_hash(old_parent, target->d_name.name,
						     target->d_name.len);
	} else {
		copy_name(d, target);
	}
	d->d_name.hash = full_name_hash(new_parent, d->d_name.name, d->d_name.len);
	/* The references on the parents change hands: one each for an exchange, else d's moves. */
	list_del_init(&d->d_child);
	WRITE_ONCE(d->d_parent, new_parent);
	attach_child(new_parent, d);
	if (exchange) {
		list_del_init(&target->d_child);
		WRITE_ONCE(target->d_parent, old_parent);
		attach_child(old_parent, target);
		__d_rehash(target);
	} else if (old_parent != new_parent) {
		dget(new_parent);
		atomic_dec(&old_parent->d_count);	/* never the last: the renamer holds one */
	}
	__d_rehash(d);

	smp_store_release(&rename_seq, rename_seq + 1);
	spin_unlock(&target->d_lock);
	spin_unlock(&d->d_lock);
	if (old_parent != new_parent)
		spin_unlock(&new_parent->d_lock);
	spin_unlock(&old_parent->d_lock);
	spin_unlock(&rename_lock);
}

/* After rename(): dentry takes target's place and name; target is no longer to be found. Both
 * directories' i_mutexes and s_rename_mutex (if they differ) are held. */
void d_move(struct dentry *dentry, struct dentry *target)
{
	__d_move(dentry, target, false);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	__d_move(a, b, true);
}

/* ---------------------------------------------------------------- the tree */

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&dentry->d_lock);
	parent = dget(dentry->d_parent);
	spin_unlock(&dentry->d_lock);
	return parent;
}

/* The child of a through which b lies below a; NULL if it does not. Renames are kept out by the
 * caller. */
struct dentry *d_ancestor(struct dentry *a, struct dentry *b)
{
	for (struct dentry *p = b; p->d_parent != p; p = p->d_parent)
		if (p->d_parent == a)
			return p;
	return NULL;
}

/* Is dentry the same as ancestor or below it? */
bool is_subdir(struct dentry *dentry, struct dentry *ancestor)
{
	bool ret;

	if (dentry == ancestor)
		return true;
	spin_lock(&rename_lock);
	ret = d_ancestor(ancestor, dentry) != NULL;
	spin_unlock(&rename_lock);
	return ret;
}

/* One bucket for 16 pages of RAM; the table is never resized. */
void dcache_init(void)
{
	unsigned long n = roundup_pow_of_two(totalram_pages / 16 + 1);

	n = clamp(n, 256UL, 32768UL);
	dentry_cachep = kmem_cache_create("dentry", sizeof(struct dentry),
					  __alignof__(struct dentry),
					  SLAB_PANIC);
	dentry_hashtable = kvmalloc(n * sizeof(*dentry_hashtable), GFP_KERNEL | __GFP_ZERO);
	if (!dentry_hashtable)
		panic("no memory for the dentry hash table");
	d_hash_mask = n - 1;
	for (int i = 0; i < NR_BUCKET_LOCKS; i++)
		spin_lock_init(&bucket_locks[i], LC_DCACHE);
	dcache_lru_init();
}
