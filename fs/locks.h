/* SPDX-License-Identifier: MIT */
/*
 * File locks, inside: what fs/locks.c (their lists, who waits), fs/locks_posix.c (record locks) and
 * fs/flock.c (flock(2)) share. Others include vitrix/filelock.h.
 */
#ifndef VITRIX_FS_LOCKS_H
#define VITRIX_FS_LOCKS_H

#include <vitrix/fs.h>

#define OFFSET_MAX 0x7fffffffffffffffL

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list_head list;		/* in the context */
	struct list_head blocked;	/* lock_waiters that wait for this one to go or to shrink */
	void *owner;			/* files_struct or file */
	loff_t start, end;		/* bytes, end inclusive */
	pid_t pid;			/* -1: OFD */
	u8 kind, type;			/* F_RDLCK, F_WRLCK; F_UNLCK in requests */
};

struct file_lock_context {
	spinlock_t lock;		/* class LC_FLOCK */
	struct list_head records, flocks;
	struct list_head all;		/* all_contexts, for /proc/locks */
	struct inode *inode;
};

struct file_lock_context *locks_get_context(struct inode *inode);
struct file_lock *locks_alloc(void);
void locks_free(struct file_lock *l);
void locks_free_list(struct list_head *dispose);

/* All of these with ctx->lock held. */
void locks_insert(struct file_lock *l, struct list_head *list);
void locks_remove(struct file_lock *l, struct list_head *dispose);
void locks_wake_blocked(struct file_lock *l);
struct file_lock *locks_find_conflict(struct list_head *list, const struct file_lock *req);
int locks_wait(struct file_lock_context *ctx, const struct file_lock *req,
	       struct file_lock *blocker);

#endif
