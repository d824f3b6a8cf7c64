/* SPDX-License-Identifier: MIT */
/*
 * File locks: what POSIX record locks (fcntl F_SETLK), open-file-description locks (F_OFD_SETLK)
 * and flock(2) have in common: lists of who has what, and who waits for whom.
 *
 *	kind    belongs to                 range    goes with
 *	POSIX   files_struct (the process) bytes    any close() of the file by that process
 *	OFD     the open file              bytes    its last close
 *	FLOCK   the open file              all      its last close
 *
 *	inode->i_flctx --> file_lock_context --> records: lock -- lock -- lock (POSIX and OFD, which
 *	                                     |                     |             see each other)
 *	                                     |                     +- blocked: waiter, waiter
 *	                                     +-> flocks
 *
 * A blocked request hangs on the one lock that is in its way. Whoever takes that lock away, or
 * makes less of it, wakes those who hang on it, and no others; they try again. Of blocked POSIX
 * requests waiting_for[] tells, too, which owner waits for which: following it finds deadlocks
 * (EDEADLK).
 *
 * Locks: ctx->lock (LC_FLOCK), one for each inode, for its locks and those who hang on them. Inside
 * of it blocked_lock (LC_FLOCK_BLOCKED): waiting_for[]. Outside of it contexts_lock
 * (LC_FLOCK_CONTEXTS): all_contexts. What has to be allocated is allocated before.
 * Linux's twin: fs/locks.c. Left out: leases, mandatory locks.
 */
#include <vitrix/hash.h>
#include <vitrix/slab.h>
#include <vitrix/signal.h>
#include "internal.h"
#include "locks.h"

#define WAITING_BITS	6

struct lock_waiter {
	struct list_head list;		/* blocker->blocked */
	struct hlist_node node;		/* waiting_for[], by owner */
	const struct file_lock *req;
	struct file_lock *blocker;	/* NULL: try again */
	void *waits_for;		/* the blocker's owner */
	wait_queue_head_t wait;
};

static DEFINE_SPINLOCK(contexts_lock, LC_FLOCK_CONTEXTS);
static LIST_HEAD(all_contexts);
static DEFINE_SPINLOCK(blocked_lock, LC_FLOCK_BLOCKED);
static struct hlist_head waiting_for[1 << WAITING_BITS];
static struct kmem_cache *lock_cachep;

void locks_init(void)
{
	lock_cachep = kmem_cache_create("file_lock_cache", sizeof(struct file_lock), 8, SLAB_PANIC);
}

/* ---------------------------------------------------------------- contexts */

/* NULL: no memory. May sleep. */
struct file_lock_context *locks_get_context(struct inode *inode)
{
	struct file_lock_context *ctx = smp_load_acquire(&inode->i_flctx), *other;

	if (ctx)
		return ctx;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	spin_lock_init(&ctx->lock, LC_FLOCK);
	INIT_LIST_HEAD(&ctx->records);
	INIT_LIST_HEAD(&ctx->flocks);
	ctx->inode = inode;
	spin_lock(&contexts_lock);
	other = cmpxchg(&inode->i_flctx, NULL, ctx);
	if (!other)
		list_add_tail(&ctx->all, &all_contexts);
	spin_unlock(&contexts_lock);
	if (!other)
		return ctx;
	kfree(ctx);
	return other;
}

/* The inode is going: nobody has it open. */
void locks_free_lock_context(struct inode *inode)
{
	struct file_lock_context *ctx = inode->i_flctx;

	if (!ctx)
		return;
	ASSERT(list_empty(&ctx->records) && list_empty(&ctx->flocks));
	spin_lock(&contexts_lock);
	list_del(&ctx->all);
	spin_unlock(&contexts_lock);
	inode->i_flctx = NULL;
	kfree(ctx);
}

/* ---------------------------------------------------------------- locks */

/* NULL: no memory. May sleep. For the caller to fill in, then locks_insert() or locks_free(). */
struct file_lock *locks_alloc(void)
{
	return kmem_cache_alloc(lock_cachep, GFP_KERNEL);
}

void locks_free(struct file_lock *l)
{
	if (l)
		kmem_cache_free(lock_cachep, l);
}

void locks_free_list(struct list_head *dispose)
{
	struct file_lock *l, *next;

	list_for_each_entry_safe(l, next, dispose, list)
		kmem_cache_free(lock_cachep, l);
}

/*
 * One owner's locks stand together, in the order of their bytes: F_GETLK tells the first one that
 * is in the way.
 */
void locks_insert(struct file_lock *l, struct list_head *list)
{
	struct list_head *before = list;
	struct file_lock *other;
	bool met = false;

	list_for_each_entry(other, list, list) {
		if (met && other->owner != l->owner) {
			before = &other->list;
			break;
		}
		met = met || other->owner == l->owner;
		if (met && other->start > l->start) {
			before = &other->list;
			break;
		}
	}
	INIT_LIST_HEAD(&l->blocked);
	list_add_tail(&l->list, before);
}

void locks_remove(struct file_lock *l, struct list_head *dispose)
{
	list_move(&l->list, dispose);
	locks_wake_blocked(l);
}

static bool conflicts(const struct file_lock *a, const struct file_lock *b)
{
	return a->owner != b->owner && a->start <= b->end && b->start <= a->end &&
	       (a->type == F_WRLCK || b->type == F_WRLCK);
}

struct file_lock *locks_find_conflict(struct list_head *list, const struct file_lock *req)
{
	struct file_lock *l;

	list_for_each_entry(l, list, list)
		if (conflicts(l, req))
			return l;
	return NULL;
}

/* ---------------------------------------------------------------- waiting */

/* blocked_lock held: would `owner` wait for itself if it waited for `other`? */
static bool would_deadlock(void *owner, void *other)
{
	struct lock_waiter *w;
	int steps = 0;

again:
	hlist_for_each_entry(w, &waiting_for[hash_ptr(other, WAITING_BITS)], node) {
		if (w->req->owner != other)
			continue;
		if (w->waits_for == owner)
			return true;
		if (++steps > 64)
			return false;
		other = w->waits_for;
		goto again;
	}
	return false;
}

/* Hangs w on its blocker. 0 or -EDEADLK. */
static int block(struct lock_waiter *w)
{
	void *owner = w->req->owner;
	int error = 0;

	if (w->req->kind == LOCK_POSIX) {
		spin_lock(&blocked_lock);
		if (would_deadlock(owner, w->waits_for))
			error = -EDEADLK;
		else
			hlist_add_head(&w->node, &waiting_for[hash_ptr(owner, WAITING_BITS)]);
		spin_unlock(&blocked_lock);
	}
	if (!error)
		list_add_tail(&w->list, &w->blocker->blocked);
	return error;
}

static void unblock(struct lock_waiter *w)
{
	list_del(&w->list);
	if (w->req->kind == LOCK_POSIX) {
		spin_lock(&blocked_lock);
		hlist_del_init(&w->node);
		spin_unlock(&blocked_lock);
	}
	WRITE_ONCE(w->blocker, NULL);
}

/* l goes, or there is less of it. A waiter is there until it has had ctx->lock again. */
void locks_wake_blocked(struct file_lock *l)
{
	struct lock_waiter *w, *next;

	list_for_each_entry_safe(w, next, &l->blocked, list) {
		unblock(w);
		wake_up(&w->wait);
	}
}

/* Sleeps until there is less of blocker, ctx->lock let go meanwhile. 0, -EDEADLK, -ERESTARTSYS. */
int locks_wait(struct file_lock_context *ctx, const struct file_lock *req,
	       struct file_lock *blocker)
{
	struct lock_waiter w = { .req = req, .blocker = blocker, .waits_for = blocker->owner };
	int error;

	init_waitqueue_head(&w.wait);
	error = block(&w);
	if (error)
		return error;
	spin_unlock(&ctx->lock);
	error = wait_event_interruptible(&w.wait, !READ_ONCE(w.blocker));
	spin_lock(&ctx->lock);
	if (w.blocker)
		unblock(&w);
	return error;
}

/* ---------------------------------------------------------------- closing */

/* Takes away what matches. Nothing to allocate, so it cannot fail. */
static void drop_locks(struct file_lock_context *ctx, struct list_head *list, void *owner)
{
	struct file_lock *l, *next;
	LIST_HEAD(dispose);

	/* Who closes has made its own locks before, or fcntl_setlk() looks after the close. */
	if (list_empty(list))
		return;
	spin_lock(&ctx->lock);
	list_for_each_entry_safe(l, next, list, list)
		if (l->owner == owner)
			locks_remove(l, &dispose);
	spin_unlock(&ctx->lock);
	locks_free_list(&dispose);
}

void locks_remove_posix(struct file *file, struct files_struct *owner)
{
	struct file_lock_context *ctx = smp_load_acquire(&file_inode(file)->i_flctx);

	if (ctx)
		drop_locks(ctx, &ctx->records, owner);
}

void locks_remove_file(struct file *file)
{
	struct file_lock_context *ctx = smp_load_acquire(&file_inode(file)->i_flctx);

	if (ctx) {
		drop_locks(ctx, &ctx->records, file);
		drop_locks(ctx, &ctx->flocks, file);
	}
}

/* ---------------------------------------------------------------- /proc/locks */

static void show_lock(struct seq_file *m, const struct file_lock *l, const struct inode *inode,
		      int n, const char *arrow)
{
	static const char *const kinds[] = { "POSIX ", "OFDLCK", "FLOCK " };
	dev_t dev = inode->i_sb->s_dev;

	seq_printf(m, "%d: %s%s ADVISORY  %s %d %02x:%02x:%lu %lld ", n, arrow, kinds[l->kind],
		   l->type == F_WRLCK ? "WRITE" : "READ", l->pid, MAJOR(dev), MINOR(dev),
		   inode->i_ino, (long long)l->start);
	if (l->end == OFFSET_MAX)
		seq_puts(m, "EOF\n");
	else
		seq_printf(m, "%lld\n", (long long)l->end);
}

/* ctx->lock held. Each lock, and below it, with its number, those who wait for it. */
static void show_list(struct seq_file *m, struct file_lock_context *ctx, struct list_head *list,
		      int *n)
{
	struct lock_waiter *w;
	struct file_lock *l;

	list_for_each_entry(l, list, list) {
		show_lock(m, l, ctx->inode, ++*n, "");
		list_for_each_entry(w, &l->blocked, list)
			show_lock(m, w->req, ctx->inode, *n, "-> ");
	}
}

int locks_show(struct seq_file *m)
{
	struct file_lock_context *ctx;
	int n = 0;

	spin_lock(&contexts_lock);
	list_for_each_entry(ctx, &all_contexts, all) {
		spin_lock(&ctx->lock);
		show_list(m, ctx, &ctx->flocks, &n);
		show_list(m, ctx, &ctx->records, &n);
		spin_unlock(&ctx->lock);
	}
	spin_unlock(&contexts_lock);
	return 0;
}
