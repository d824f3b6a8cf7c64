/* SPDX-License-Identifier: MIT */
/*
 * File locks: POSIX record locks (fcntl F_SETLK), open-file-description locks (F_OFD_SETLK),
 * flock(2).
 *
 *	kind    belongs to                 range    goes with
 *	POSIX   files_struct (the process) bytes    any close() of the file by that process
 *	OFD     the open file              bytes    its last close
 *	FLOCK   the open file              all      its last close
 *
 *	inode->i_flctx --> file_lock_context: records (POSIX and OFD, which see each other), flocks
 *	                                      wait: everybody who is blocked on this inode
 *
 * Record locks of one owner never overlap, and neighbours of the same type are one: setting a range
 * cuts what was there.
 *
 *	had:   [rrrrrrrrrrrrrr]            set w on the middle:   [rrrr][wwwww][rrrrr]
 *
 * A blocked request sleeps until ctx->gen changes, which every unlock does, and tries again. While
 * it sleeps it stands on the list `blocked` with the owner that it waits for: following who waits
 * for whom finds deadlocks (EDEADLK), for POSIX locks only.
 *
 * Locks: flock_lock (LC_FLOCK) for all of it. What has to be allocated is allocated before.
 * Linux's twin: fs/locks.c. Left out: leases, mandatory locks.
 */
#include <vitrix/slab.h>
#include <vitrix/signal.h>
#include <linux/fs.h>
#include "internal.h"
#include <generated/syscalls.h>

#define OFFSET_MAX 0x7fffffffffffffffL

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list_head list;		/* in the context */
	struct list_head global;	/* in all_locks, for /proc/locks */
	void *owner;			/* files_struct or file */
	struct inode *inode;
	loff_t start, end;		/* bytes, end inclusive */
	pid_t pid;			/* -1: OFD */
	u8 kind, type;			/* F_RDLCK, F_WRLCK; F_UNLCK in requests */
};

struct file_lock_context {
	struct list_head records, flocks;
	unsigned int gen;
	wait_queue_head_t wait;
};

struct lock_waiter {
	struct list_head list;		/* on blocked */
	void *owner, *waits_for;
	struct file_lock_context *ctx;
	unsigned int gen;		/* of ctx when it went to sleep: else stale */
};

static DEFINE_SPINLOCK(flock_lock, LC_FLOCK);
static LIST_HEAD(all_locks);
static LIST_HEAD(blocked);
static struct kmem_cache *lock_cachep;

void locks_init(void)
{
	lock_cachep = kmem_cache_create("file_lock_cache", sizeof(struct file_lock), 8, SLAB_PANIC);
}

/* ---------------------------------------------------------------- pieces */

static struct file_lock_context *get_context(struct inode *inode)
{
	struct file_lock_context *ctx = smp_load_acquire(&inode->i_flctx), *other;

	if (ctx)
		return ctx;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	INIT_LIST_HEAD(&ctx->records);
	INIT_LIST_HEAD(&ctx->flocks);
	init_waitqueue_head(&ctx->wait);
	other = cmpxchg(&inode->i_flctx, NULL, ctx);
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
	inode->i_flctx = NULL;
	kfree(ctx);
}

/*
 * flock_lock held. One owner's locks stand together, in the order of their bytes: F_GETLK tells the
 * first one that is in the way.
 */
static void insert_lock(struct file_lock *l, struct list_head *list)
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
	list_add_tail(&l->list, before);
	list_add_tail(&l->global, &all_locks);
}

static void remove_lock(struct file_lock *l, struct list_head *dispose)
{
	list_del(&l->global);
	list_move(&l->list, dispose);
}

static void free_locks(struct list_head *dispose)
{
	struct file_lock *l, *next;

	list_for_each_entry_safe(l, next, dispose, list)
		kmem_cache_free(lock_cachep, l);
}

/* Something was given up: let the blocked try again. */
static void announce(struct file_lock_context *ctx)
{
	WRITE_ONCE(ctx->gen, ctx->gen + 1);
	wake_up_all(&ctx->wait);
}

static bool conflicts(const struct file_lock *a, const struct file_lock *b)
{
	return a->owner != b->owner && a->start <= b->end && b->start <= a->end &&
	       (a->type == F_WRLCK || b->type == F_WRLCK);
}

static struct file_lock *find_conflict(struct list_head *list, const struct file_lock *req)
{
	struct file_lock *l;

	list_for_each_entry(l, list, list)
		if (conflicts(l, req))
			return l;
	return NULL;
}

/* flock_lock held: would `owner` wait for itself if it waited for `other`? */
static bool would_deadlock(void *owner, void *other)
{
	struct lock_waiter *w;
	int steps = 0;

again:
	list_for_each_entry(w, &blocked, list) {
		if (w->owner != other || w->gen != w->ctx->gen)
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

/*
 * flock_lock held, released: sleeps until something on ctx was given up. 0 or -ERESTARTSYS.
 */
static int wait_for_lock(struct file_lock_context *ctx, void *owner, void *waits_for)
{
	struct lock_waiter w = { .owner = owner, .waits_for = waits_for, .ctx = ctx,
		.gen = ctx->gen };
	int error;

	list_add(&w.list, &blocked);
	spin_unlock(&flock_lock);
	error = wait_event_interruptible(&ctx->wait, READ_ONCE(ctx->gen) != w.gen);
	spin_lock(&flock_lock);
	list_del(&w.list);
	spin_unlock(&flock_lock);
	return error;
}

/* ---------------------------------------------------------------- record locks */

static bool touches(const struct file_lock *l, const struct file_lock *req)
{
	if (l->start <= req->end && req->start <= l->end)
		return true;
	/* neighbours of one type become one lock */
	return l->type == req->type &&
	       ((l->end != OFFSET_MAX && l->end + 1 == req->start) ||
		(req->end != OFFSET_MAX && req->end + 1 == l->start));
}

/*
 * flock_lock held, no conflict: makes req's range what req says. new is inserted for it, split used
 * if a lock is cut in two; what is not used stays for the caller (NULL in place of what was).
 */
static void set_range(struct file_lock_context *ctx, struct file_lock *req, struct file_lock **new,
		      struct file_lock **split, struct list_head *dispose)
{
	struct file_lock *l, *next, *right;

	list_for_each_entry_safe(l, next, &ctx->records, list) {
		if (l->owner != req->owner || l->kind != req->kind || !touches(l, req))
			continue;
		if (l->type == req->type) {
			req->start = min(req->start, l->start);
			req->end = max(req->end, l->end);
			remove_lock(l, dispose);
		} else if (l->start < req->start && l->end > req->end) {
			right = *split;
			*split = NULL;
			ASSERT(right);
			*right = *l;
			right->start = req->end + 1;
			l->end = req->start - 1;
			insert_lock(right, &ctx->records);
		} else if (l->start < req->start) {
			l->end = req->start - 1;
		} else if (l->end > req->end) {
			l->start = req->end + 1;
		} else {
			remove_lock(l, dispose);
		}
	}
	if (req->type != F_UNLCK) {
		**new = *req;
		insert_lock(*new, &ctx->records);
		*new = NULL;
	}
}

/* 0, -EAGAIN, -EDEADLK, -ENOLCK (no memory), -ENOMEM, -ERESTARTSYS. May sleep. */
static int set_record(struct inode *inode, struct file_lock *req, bool wait)
{
	struct file_lock_context *ctx = get_context(inode);
	struct file_lock *new = NULL, *split = NULL, *blocker;
	LIST_HEAD(dispose);
	int error = -ENOLCK;

	if (!ctx)
		return -ENOMEM;
	new = kmem_cache_alloc(lock_cachep, GFP_KERNEL);
	split = kmem_cache_alloc(lock_cachep, GFP_KERNEL);
	/* Unlocking everything never cuts anything in two: close() must not fail. */
	if ((!new || !split) && !(req->type == F_UNLCK && !req->start && req->end == OFFSET_MAX))
		goto out;
	for (;;) {
		error = 0;
		spin_lock(&flock_lock);
		blocker = req->type == F_UNLCK ? NULL : find_conflict(&ctx->records, req);
		if (!blocker)
			break;
		if (!wait)
			error = -EAGAIN;
		else if (req->kind == LOCK_POSIX && would_deadlock(req->owner, blocker->owner))
			error = -EDEADLK;
		if (error) {
			spin_unlock(&flock_lock);
			goto out;
		}
		error = wait_for_lock(ctx, req->owner, blocker->owner);
		if (error)
			goto out;
	}
	set_range(ctx, req, &new, &split, &dispose);
	announce(ctx);
	spin_unlock(&flock_lock);
	free_locks(&dispose);
out:
	if (new)
		kmem_cache_free(lock_cachep, new);
	if (split)
		kmem_cache_free(lock_cachep, split);
	return error;
}

/* The user's struct flock into start and end. 0, -EINVAL, -EOVERFLOW. */
static int decode_range(struct file *file, const struct flock *u, struct file_lock *l)
{
	loff_t start;

	switch (u->l_whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = file->f_pos;
		break;
	case SEEK_END:
		start = i_size_read(file_inode(file));
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, (loff_t)u->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	l->start = start;
	l->end = OFFSET_MAX;
	if (u->l_len > 0) {
		if (__builtin_add_overflow(start, (loff_t)u->l_len - 1, &l->end))
			return -EOVERFLOW;
	} else if (u->l_len < 0) {
		if (start + u->l_len < 0)
			return -EINVAL;
		l->end = start - 1;
		l->start = start + u->l_len;
	}
	return 0;
}

static int decode_request(struct file *file, unsigned int cmd, const struct flock *u,
			  struct file_lock *l)
{
	if (u->l_type != F_RDLCK && u->l_type != F_WRLCK && u->l_type != F_UNLCK)
		return -EINVAL;
	l->type = u->l_type;
	l->inode = file_inode(file);
	if (cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW) {
		if (u->l_pid)
			return -EINVAL;
		l->kind = LOCK_OFD;
		l->owner = file;
		l->pid = -1;
	} else {
		l->kind = LOCK_POSIX;
		l->owner = current->files;
		l->pid = current->tgid;
	}
	return decode_range(file, u, l);
}

long fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock *lock)
{
	struct inode *inode = file_inode(file);
	struct file_lock req;
	struct file *now;
	int error;

	error = decode_request(file, cmd, lock, &req);
	if (error)
		return error;
	if ((req.type == F_RDLCK && !(file->f_mode & FMODE_READ)) ||
	    (req.type == F_WRLCK && !(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	error = set_record(inode, &req, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	if (error || req.kind != LOCK_POSIX || req.type == F_UNLCK ||
	    atomic_read(&current->files->count) == 1)
		return error;
	/* Another thread may have closed the descriptor, and so have missed this lock. */
	now = fget(fd);
	if (now != file) {
		req.type = F_UNLCK;
		set_record(inode, &req, false);
		error = -EBADF;
	}
	if (now)
		fput(now);
	return error;
}

/* Who is in the way? lock->l_type F_UNLCK: nobody. */
long fcntl_getlk(struct file *file, unsigned int cmd, struct flock *lock)
{
	struct file_lock_context *ctx;
	struct file_lock req, *l = NULL;
	int error;

	if (lock->l_type != F_RDLCK && lock->l_type != F_WRLCK)
		return -EINVAL;
	error = decode_request(file, cmd, lock, &req);
	if (error)
		return error;
	ctx = smp_load_acquire(&file_inode(file)->i_flctx);
	spin_lock(&flock_lock);
	if (ctx)
		l = find_conflict(&ctx->records, &req);
	lock->l_type = l ? l->type : F_UNLCK;
	if (l) {
		lock->l_whence = SEEK_SET;
		lock->l_start = l->start;
		lock->l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1;
		lock->l_pid = l->pid;
	}
	spin_unlock(&flock_lock);
	return 0;
}

/* Takes away what matches. Nothing to allocate, so it cannot fail. */
static void drop_locks(struct inode *inode, struct list_head *list, void *owner)
{
	struct file_lock *l, *next;
	LIST_HEAD(dispose);

	spin_lock(&flock_lock);
	list_for_each_entry_safe(l, next, list, list)
		if (l->owner == owner)
			remove_lock(l, &dispose);
	if (!list_empty(&dispose))
		announce(inode->i_flctx);
	spin_unlock(&flock_lock);
	free_locks(&dispose);
}

void locks_remove_posix(struct file *file, struct files_struct *owner)
{
	struct inode *inode = file_inode(file);
	struct file_lock_context *ctx = smp_load_acquire(&inode->i_flctx);

	if (ctx)
		drop_locks(inode, &ctx->records, owner);
}

void locks_remove_file(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct file_lock_context *ctx = smp_load_acquire(&inode->i_flctx);

	if (ctx) {
		drop_locks(inode, &ctx->records, file);
		drop_locks(inode, &ctx->flocks, file);
	}
}

/* ---------------------------------------------------------------- flock(2) */

/* A change of type gives the old lock up first, so it may be lost. */
static int set_flock(struct inode *inode, struct file *file, int type, bool wait)
{
	struct file_lock_context *ctx = get_context(inode);
	struct file_lock *new = NULL, *l;
	LIST_HEAD(dispose);
	int error = 0;

	if (!ctx)
		return -ENOMEM;
	if (type != F_UNLCK) {
		new = kmem_cache_alloc(lock_cachep, GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		*new = (struct file_lock){ .owner = file, .inode = inode, .end = OFFSET_MAX,
					   .pid = current->tgid, .kind = LOCK_FLOCK, .type = type };
	}
	for (;;) {
		spin_lock(&flock_lock);
		list_for_each_entry(l, &ctx->flocks, list)
			if (l->owner == file) {
				if (l->type == type)
					goto unlock;	/* has it already */
				remove_lock(l, &dispose);
				announce(ctx);
				break;
			}
		if (!new)
			goto unlock;
		l = find_conflict(&ctx->flocks, new);
		if (!l)
			break;
		if (!wait) {
			error = -EAGAIN;
			goto unlock;
		}
		error = wait_for_lock(ctx, file, l->owner);
		if (error)
			goto out;
	}
	insert_lock(new, &ctx->flocks);
	new = NULL;
unlock:
	spin_unlock(&flock_lock);
out:
	free_locks(&dispose);
	if (new)
		kmem_cache_free(lock_cachep, new);
	return error;
}

long __x64_sys_flock(unsigned int fd, unsigned int cmd)
{
	struct fd f;
	int type, error;

	switch (cmd & ~LOCK_NB) {
	case LOCK_SH:
		type = F_RDLCK;
		break;
	case LOCK_EX:
		type = F_WRLCK;
		break;
	case LOCK_UN:
		type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	error = -EBADF;
	if (type == F_UNLCK || (f.file->f_mode & (FMODE_READ | FMODE_WRITE)))
		error = set_flock(file_inode(f.file), f.file, type, !(cmd & LOCK_NB));
	fdput(f);
	return error;
}

/* ---------------------------------------------------------------- /proc/locks */

int locks_show(struct seq_file *m)
{
	static const char *const kinds[] = { "POSIX ", "OFDLCK", "FLOCK " };
	struct file_lock *l;
	int n = 0;

	spin_lock(&flock_lock);
	list_for_each_entry(l, &all_locks, global) {
		dev_t dev = l->inode->i_sb->s_dev;

		seq_printf(m, "%d: %s ADVISORY  %s %d %02x:%02x:%lu %lld ", ++n, kinds[l->kind],
			   l->type == F_WRLCK ? "WRITE" : "READ ", l->pid, MAJOR(dev), MINOR(dev),
			   l->inode->i_ino, (long long)l->start);
		if (l->end == OFFSET_MAX)
			seq_puts(m, "EOF\n");
		else
			seq_printf(m, "%lld\n", (long long)l->end);
	}
	spin_unlock(&flock_lock);
	return 0;
}
