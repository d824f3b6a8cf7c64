/* SPDX-License-Identifier: MIT */
/*
 * flock(2): locks of whole files, which belong to the open file.
 *
 * Locks: ctx->lock for the change; what has to be allocated is allocated before.
 * Linux's twin: fs/locks.c.
 */
#include <vitrix/signal.h>
#include "internal.h"
#include "locks.h"
#include <generated/syscalls.h>

static int set_flock(struct inode *inode, struct file *file, int type, bool wait);

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

/* Gives the caller's lock of another type up. True: it has what it asks for. */
static bool has_already(struct file_lock_context *ctx, struct file *file, int type,
			struct list_head *dispose)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->flocks, list) {
		if (l->owner != file)
			continue;
		if (l->type == type)
			return true;
		locks_remove(l, dispose);
		break;
	}
	return type == F_UNLCK;
}

/* A change of type gives the old lock up first, so it may be lost. */
static int set_flock(struct inode *inode, struct file *file, int type, bool wait)
{
	struct file_lock_context *ctx = locks_get_context(inode);
	struct file_lock *new = NULL, *blocker = NULL;
	LIST_HEAD(dispose);
	int error = 0;

	if (!ctx)
		return -ENOMEM;
	if (type != F_UNLCK) {
		new = locks_alloc();
		if (!new)
			return -ENOMEM;
		*new = (struct file_lock){ .owner = file, .end = OFFSET_MAX,
					   .pid = current->tgid, .kind = LOCK_FLOCK, .type = type };
	}
	spin_lock(&ctx->lock);
	while (!error && !has_already(ctx, file, type, &dispose)) {
		blocker = locks_find_conflict(&ctx->flocks, new);
		if (!blocker) {
			locks_insert(new, &ctx->flocks);
			new = NULL;
		} else {
			error = wait ? locks_wait(ctx, new, blocker) : -EAGAIN;
		}
	}
	spin_unlock(&ctx->lock);
	locks_free_list(&dispose);
	locks_free(new);
	return error;
}
