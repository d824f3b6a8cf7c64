/* SPDX-License-Identifier: MIT */
/* Private to kernel/futex*.c: keys, buckets, waiters. The picture is in futex.c. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <vitrix/list.h>
#include <vitrix/rcu.h>
#include <vitrix/sched.h>
#include <vitrix/uaccess.h>

/* What a futex word is called: the same for all who mean the same word. */
struct futex_key {
	unsigned long object;		/* struct mm_struct or struct inode; only compared */
	unsigned long place;		/* user address, or byte in the file */
	unsigned long ino;		/* of the inode; of an mm 0 */
};

struct futex_bucket {
	atomic_t waiters;		/* queued, or about to be; read without the lock */
	spinlock_t lock;		/* class LC_FUTEX: chain */
	struct list_head chain;		/* of struct futex_q, first come first */
} __cacheline_aligned;

/* One sleeping task; on its stack. */
struct futex_q {
	struct list_head list;		/* bucket->lock */
	struct task_struct *task;
	struct futex_bucket *bucket;	/* NULL: woken. Changed under bucket->lock */
	struct futex_key key;		/* bucket->lock */
	u32 bitset;
};

/* futex.c */
int futex_get_key(u32 *uaddr, bool shared, struct futex_key *key);
struct futex_bucket *futex_hash(const struct futex_key *key);
static inline bool futex_match(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->place == b->place && a->ino == b->ino;
}
/* bucket locked; -EFAULT if it would sleep */
int futex_get_value_locked(u32 *value, u32 *uaddr);
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);
/*
 * Tasks that are off their chain, to be woken once the bucket is unlocked: a woken one needs the
 * lock itself, and on another CPU would begin by waiting for its waker. In between the task may
 * have gone its way, so rcu_read_lock() is held from before the lock to after futex_wake_up().
 */
struct futex_wakeups {
	unsigned int nr;
	struct task_struct *task[8];
};
void futex_wake_up(struct futex_wakeups *w);
/*
 * Takes up to nr waiters of key off the bucket's chain, which is locked, and notes them in w; how
 * many. Those for whom there is no room in w are woken at once.
 */
int futex_wake_chain(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset,
		     struct futex_wakeups *w);
long futex_wake(u32 *uaddr, bool shared, int nr_wake, u32 bitset);

/* futex_requeue.c */
long futex_requeue(u32 *uaddr1, bool shared, u32 *uaddr2, int nr_wake, int nr_requeue,
		   const u32 *expected);
long futex_wake_op(u32 *uaddr1, bool shared, u32 *uaddr2, int nr_wake, int nr_wake2, u32 encoded);

#endif
