/* SPDX-License-Identifier: MIT */
/*
 * futex(2): the kernel's half of locks that live in user memory. A program changes the word with
 * its own atomic instructions, and calls only to sleep until the word changes, or to wake who
 * sleeps.
 *
 *	word --> key --hash--> bucket { lock, chain: futex_q -> futex_q -> ... }
 *
 *	private word:                 key = (mm, address)
 *	shared word in a file:        key = (inode, offset in the file): other processes mean it too
 *	shared word, private memory:  key = (mm, address), as if private
 *
 * A sleeper is a user of its mm, but may have unmapped the file, whose inode then goes. The inode
 * that comes to lie at the same address has another number, which is part of the key: nobody takes
 * the wake-ups of a file that he does not know.
 *
 * The value is compared under the bucket's lock, which a waker takes after it has changed the word:
 *
 *	sleeper                                 waker
 *	waiters++ (full barrier)                word := new value
 *	lock; word == expected?                 full barrier; waiters == 0? nothing to do
 *	queue, set state; unlock; schedule      lock; take off the chain, wake; unlock
 *
 * so either the sleeper sees the new value or the waker sees the sleeper. User memory is read under
 * the lock with page faults off; if the page is not there, the lock is dropped, the page brought
 * in, and all is done again.
 *
 * Locks: bucket->lock (class LC_FUTEX, not from interrupts), two of them in order of address.
 * Linux's twin: kernel/futex/. Left out: priority inheritance (FUTEX_*_PI: -ENOSYS), futex_waitv.
 * See also futex_requeue.c, futex_robust.c.
 */
#include <vitrix/err.h>
#include <vitrix/fs.h>
#include <vitrix/futex.h>
#include <vitrix/hrtimer.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <linux/futex.h>
#include <linux/time.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "futex.h"

#define NR_BUCKETS	256
static struct futex_bucket buckets[NR_BUCKETS];

void __init futex_init(void)
{
	for (int i = 0; i < NR_BUCKETS; i++) {
		spin_lock_init(&buckets[i].lock, LC_FUTEX);
		INIT_LIST_HEAD(&buckets[i].chain);
	}
}

struct futex_bucket *futex_hash(const struct futex_key *key)
{
	u64 h = (key->object ^ (key->place >> 2)) * 0x9e3779b97f4a7c15UL;

	return &buckets[h >> 56];
}

/* Of a word that may be shared between processes: who maps what there? 0 or -EFAULT. May sleep. */
static int shared_key(unsigned long addr, struct futex_key *key)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool file = false;
	int ret = -EFAULT;
	u32 __maybe_unused word;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && addr >= vma->vm_start && (vma->vm_flags & VM_READ)) {
		ret = 0;
		if (vma->vm_file && (vma->vm_flags & VM_SHARED)) {
			key->object = (unsigned long)file_inode(vma->vm_file);
			key->ino = file_inode(vma->vm_file)->i_ino;
			key->place = (vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
			file = true;
		}
	}
	mmap_read_unlock(mm);
	/* Mapped beyond the end of the file there is no word. */
	return file ? get_user(word, (u32 __user *)addr) : ret;
}

/* 0, -EINVAL: not aligned, -EFAULT: no user address, or for a shared one: nothing there. */
int futex_get_key(u32 *uaddr, bool shared, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;

	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	key->object = (unsigned long)current->mm;
	key->place = addr;
	key->ino = 0;
	return shared ? shared_key(addr, key) : 0;
}

int futex_get_value_locked(u32 *value, u32 *uaddr)
{
	int err;

	pagefault_disable();
	err = get_user(*value, uaddr);
	pagefault_enable();
	return err;
}

void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* ---- waking ---------------------------------------------------------------------------------- */

/* The bucket is unlocked, or w is full. */
void futex_wake_up(struct futex_wakeups *w)
{
	for (unsigned int i = 0; i < w->nr; i++)
		wake_up_process(w->task[i]);
	w->nr = 0;
}

/*
 * bucket locked. The order matters: q lies on the stack of a task that goes its way as soon as it
 * sees bucket NULL, so that store is the last touch; before it, the task cannot be gone, as it
 * would need the bucket's lock to leave the chain.
 */
static void wake_one(struct futex_bucket *bucket, struct futex_q *q, struct futex_wakeups *w)
{
	list_del(&q->list);
	atomic_dec(&bucket->waiters);
	if (unlikely(w->nr == ARRAY_SIZE(w->task)))
		futex_wake_up(w);
	w->task[w->nr++] = q->task;
	smp_store_release(&q->bucket, NULL);
}

int futex_wake_chain(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset,
		     struct futex_wakeups *w)
{
	struct futex_q *q, *next;
	int woken = 0;

	list_for_each_entry_safe(q, next, &bucket->chain, list) {
		if (!futex_match(&q->key, key) || !(q->bitset & bitset))
			continue;
		wake_one(bucket, q, w);
		if (++woken >= nr)
			break;
	}
	return woken;
}

__bounded_frame long futex_wake(u32 *uaddr, bool shared, int nr_wake, u32 bitset)
{
	struct futex_bucket *bucket;
	struct futex_wakeups w;
	struct futex_key key;
	long ret;

	if (!bitset)
		return -EINVAL;
	ret = futex_get_key(uaddr, shared, &key);
	if (ret)
		return ret;
	bucket = futex_hash(&key);
	smp_mb();
	if (!atomic_read(&bucket->waiters))
		return 0;
	w.nr = 0;
	rcu_read_lock();
	spin_lock(&bucket->lock);
	ret = futex_wake_chain(bucket, &key, nr_wake, bitset, &w);
	spin_unlock(&bucket->lock);
	futex_wake_up(&w);
	rcu_read_unlock();
	return ret;
}

/*
 * For CLONE_CHILD_CLEARTID: the word is 0 now. Private and shared waiters on it have the same key.
 */
long do_futex_wake(unsigned int *uaddr, int nr)
{
	return futex_wake(uaddr, true, nr, FUTEX_BITSET_MATCH_ANY);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

struct futex_wait {
	u32 *uaddr;
	u32 val, bitset;
	bool shared;
	ktime_t expires;		/* absolute on clock; KTIME_MAX: none */
	int clock;
};

/*
 * Compares the word and queues q, state TASK_INTERRUPTIBLE set. 0, -EWOULDBLOCK: another value,
 * -EFAULT, -EINVAL. May sleep.
 */
static long wait_setup(const struct futex_wait *w, struct futex_q *q)
{
	for (;;) {
		struct futex_bucket *bucket;
		u32 value;
		long err = futex_get_key(w->uaddr, w->shared, &q->key);

		if (err)
			return err;
		bucket = futex_hash(&q->key);
		atomic_inc(&bucket->waiters);	/* full barrier: before the word is read */
		spin_lock(&bucket->lock);
		err = futex_get_value_locked(&value, w->uaddr);
		if (!err && value == w->val) {
			q->bucket = bucket;
			list_add_tail(&q->list, &bucket->chain);
			set_current_state(TASK_INTERRUPTIBLE);
			spin_unlock(&bucket->lock);
			return 0;
		}
		spin_unlock(&bucket->lock);
		atomic_dec(&bucket->waiters);
		if (!err)
			return -EWOULDBLOCK;
		if (get_user(value, w->uaddr))
			return -EFAULT;
	}
}

/* Leaves the chain. false: a waker took q off already. */
static bool unqueue(struct futex_q *q)
{
	struct futex_bucket *bucket;

	while ((bucket = smp_load_acquire(&q->bucket))) {
		spin_lock(&bucket->lock);
		if (likely(q->bucket == bucket)) {
			list_del(&q->list);
			atomic_dec(&bucket->waiters);
			spin_unlock(&bucket->lock);
			return true;
		}
		spin_unlock(&bucket->lock);	/* woken, or moved to another bucket */
	}
	return false;
}

static long futex_wait_restart(struct restart_block *restart);

__bounded_frame static long futex_wait(const struct futex_wait *w)
{
	struct futex_q q = { .task = current, .bitset = w->bitset };
	struct restart_block *restart = &current->restart_block;
	long ret;
	int late;

	if (!w->bitset)
		return -EINVAL;
	do {
		ret = wait_setup(w, &q);
		if (ret)
			return ret;
		current->wait_name = "futex";
		late = schedule_hrtimeout_clock(w->expires, w->clock) == 0;
		current->wait_name = NULL;
		if (!unqueue(&q))
			return 0;
		if (late)
			return -ETIMEDOUT;
		/* Woken by neither: look at the word again. */
	} while (!signal_pending(current));
	if (w->expires == KTIME_MAX)
		return -ERESTARTSYS;
	restart->fn = futex_wait_restart;
	restart->futex.uaddr = w->uaddr;
	restart->futex.val = w->val;
	restart->futex.bitset = w->bitset;
	restart->futex.flags = w->shared | (w->clock == CLOCK_REALTIME) << 1;
	restart->futex.time = w->expires;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait_restart(struct restart_block *restart)
{
	struct futex_wait w = {
		.uaddr = restart->futex.uaddr,
		.val = restart->futex.val,
		.bitset = restart->futex.bitset,
		.shared = restart->futex.flags & 1,
		.expires = restart->futex.time,
		.clock = restart->futex.flags & 2 ? CLOCK_REALTIME : CLOCK_MONOTONIC,
	};

	return futex_wait(&w);
}

/* ---- the call -------------------------------------------------------------------------------- */

/* FUTEX_WAIT's timeout is relative, FUTEX_WAIT_BITSET's absolute. 0, -EFAULT, -EINVAL. */
static int get_timeout(int cmd, const void *utime, bool time32, ktime_t *expires)
{
	struct timespec64 ts;

	*expires = KTIME_MAX;
	if (!utime)
		return 0;
	if (get_timespec(&ts, utime, time32))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*expires = timespec64_to_ktime(ts);
	if (cmd == FUTEX_WAIT)
		*expires = ktime_add_safe(ktime_get(), *expires);
	return 0;
}

static __always_inline long do_futex(unsigned int *uaddr, int op, unsigned int val,
				     const void *utime, unsigned int *uaddr2, unsigned int val3,
				     bool time32)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	int cmd = op & FUTEX_CMD_MASK, err;
	u32 val2 = (u32)(unsigned long)utime;	/* for those that have no timeout */
	struct futex_wait w = { .uaddr = uaddr, .val = val, .bitset = FUTEX_BITSET_MATCH_ANY,
				.shared = shared, .clock = CLOCK_MONOTONIC };

	if (op & FUTEX_CLOCK_REALTIME) {
		if (cmd != FUTEX_WAIT_BITSET)
			return -ENOSYS;
		w.clock = CLOCK_REALTIME;
	}
	switch (cmd) {
	case FUTEX_WAIT_BITSET:
		w.bitset = val3;
		fallthrough;
	case FUTEX_WAIT:
		err = get_timeout(cmd, utime, time32, &w.expires);
		return err ? err : futex_wait(&w);
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, shared, uaddr2, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, shared, uaddr2, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, shared, uaddr2, val, val2, val3);
	}
	return -ENOSYS;
}

__bounded_frame long __x64_sys_futex(unsigned int __user *uaddr, int op, unsigned int val,
		     const struct __kernel_timespec __user *utime, unsigned int __user *uaddr2,
		     unsigned int val3)
{
	return do_futex(uaddr, op, val, utime, uaddr2, val3, false);
}

long __ia32_sys_futex_time32(unsigned int __user *uaddr, int op, unsigned int val,
			     const struct old_timespec32 __user *utime,
			     unsigned int __user *uaddr2, unsigned int val3)
{
	return do_futex(uaddr, op, val, utime, uaddr2, val3, true);
}
