/* SPDX-License-Identifier: MIT */
/*
 * Record locks: fcntl(2) F_SETLK, F_GETLK (of the process) and F_OFD_SETLK ... (of the open file).
 *
 * Record locks of one owner never overlap, and neighbours of the same type are one: setting a range
 * cuts what was there.
 *
 *	had:   [rrrrrrrrrrrrrr]            set w on the middle:   [rrrr][wwwww][rrrrr]
 *
 * Locks: ctx->lock for the change; what has to be allocated is allocated before.
 * Linux's twin: fs/locks.c.
 */
#include <vitrix/signal.h>
#include <linux/fs.h>
#include "internal.h"
#include "locks.h"

static int decode_request(struct file *file, unsigned int cmd, const struct flock *u,
			  struct file_lock *l);
static int set_record(struct inode *inode, struct file_lock *req, bool wait);
static bool still_open(unsigned int fd, struct file *file);

long fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock *lock)
{
	struct inode *inode = file_inode(file);
	struct file_lock req;
	int error;

	error = decode_request(file, cmd, lock, &req);
	if (error)
		return error;
	if ((req.type == F_RDLCK && !(file->f_mode & FMODE_READ)) ||
	    (req.type == F_WRLCK && !(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	error = set_record(inode, &req, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	if (!error && req.kind == LOCK_POSIX && req.type != F_UNLCK && !still_open(fd, file)) {
		req.type = F_UNLCK;
		if (set_record(inode, &req, false))	/* no memory: as close() does it */
			locks_remove_posix(file, current->files);
		error = -EBADF;
	}
	return error;
}

/*
 * Another thread, which may have ended since, may have closed the descriptor and so have missed the
 * lock that has just been set. file_lock orders the two: either we see the descriptor gone, or its
 * close comes after and sees the lock.
 */
static bool still_open(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;
	bool same;

	spin_lock(&files->file_lock);
	same = fd < files->fdt->max_fds && files->fdt->fd[fd] == file;
	spin_unlock(&files->file_lock);
	return same;
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
	if (ctx) {
		spin_lock(&ctx->lock);
		l = locks_find_conflict(&ctx->records, &req);
	}
	lock->l_type = l ? l->type : F_UNLCK;
	if (l) {
		lock->l_whence = SEEK_SET;
		lock->l_start = l->start;
		lock->l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1;
		lock->l_pid = l->pid;
	}
	if (ctx)
		spin_unlock(&ctx->lock);
	return 0;
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
 * ctx->lock held, no conflict: makes req's range what req says. new is inserted for it, split used
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
			locks_remove(l, dispose);
		} else if (l->start < req->start && l->end > req->end) {
			right = *split;
			*split = NULL;
			ASSERT(right);
			*right = *l;
			right->start = req->end + 1;
			l->end = req->start - 1;
			locks_insert(right, &ctx->records);
			locks_wake_blocked(l);
		} else if (l->start < req->start) {
			l->end = req->start - 1;
			locks_wake_blocked(l);
		} else if (l->end > req->end) {
			l->start = req->end + 1;
			locks_wake_blocked(l);
		} else {
			locks_remove(l, dispose);
		}
	}
	if (req->type != F_UNLCK) {
		**new = *req;
		locks_insert(*new, &ctx->records);
		*new = NULL;
	}
}

/* 0, -EAGAIN, -EDEADLK, -ENOLCK (no memory), -ENOMEM, -ERESTARTSYS. May sleep. */
static int set_record(struct inode *inode, struct file_lock *req, bool wait)
{
	struct file_lock_context *ctx = locks_get_context(inode);
	struct file_lock *new, *split, *blocker;
	LIST_HEAD(dispose);
	int error = 0;

	if (!ctx)
		return -ENOMEM;
	new = locks_alloc();
	split = locks_alloc();
	/* Unlocking everything never cuts anything in two: close() must not fail. */
	if ((!new || !split) && !(req->type == F_UNLCK && !req->start && req->end == OFFSET_MAX)) {
		error = -ENOLCK;
		goto out;
	}
	spin_lock(&ctx->lock);
	while (!error && req->type != F_UNLCK &&
	       (blocker = locks_find_conflict(&ctx->records, req)))
		error = wait ? locks_wait(ctx, req, blocker) : -EAGAIN;
	if (!error)
		set_range(ctx, req, &new, &split, &dispose);
	spin_unlock(&ctx->lock);
	locks_free_list(&dispose);
out:
	locks_free(new);
	locks_free(split);
	return error;
}
