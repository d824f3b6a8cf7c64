/* SPDX-License-Identifier: MIT */
/*
 * The futex operations on two words, for condition variables: FUTEX_REQUEUE and FUTEX_CMP_REQUEUE
 * move sleepers from one word to another instead of waking them all for one lock; FUTEX_WAKE_OP
 * changes the second word and wakes sleepers of both.
 *
 * Both buckets are locked, the one at the lower address first. Linux's twin:
 * kernel/futex/requeue.c, waitwake.c. See futex.c.
 */
#include <vitrix/err.h>
#include <linux/futex.h>
#include "futex.h"

/* Moves q, and its count of waiters, to the other word. Both buckets locked. */
static void move(struct futex_q *q, struct futex_bucket *from, struct futex_bucket *to,
		 const struct futex_key *key)
{
	q->key = *key;
	if (from == to)
		return;
	atomic_inc(&to->waiters);
	list_move_tail(&q->list, &to->chain);
	smp_store_release(&q->bucket, to);
	atomic_dec(&from->waiters);
}

static int requeue_chain(struct futex_bucket *from, const struct futex_key *key1,
			 struct futex_bucket *to, const struct futex_key *key2, int nr)
{
	struct futex_q *q, *next;
	int moved = 0;

	list_for_each_entry_safe(q, next, &from->chain, list) {
		if (moved >= nr)
			break;
		if (!futex_match(&q->key, key1))
			continue;
		move(q, from, to, key2);
		moved++;
	}
	return moved;
}

/* The keys of both words of a call. 0 or what futex_get_key() says of the first bad one. */
static int get_two_keys(u32 *uaddr1, u32 *uaddr2, bool shared, struct futex_key *key1,
			struct futex_key *key2)
{
	int error = futex_get_key(uaddr1, shared, key1);

	return error ? error : futex_get_key(uaddr2, shared, key2);
}

/*
 * Wakes up to nr_wake sleepers of the first word and moves up to nr_requeue others to the second.
 * With expected only if the first word has that value, else -EAGAIN. How many were woken and moved.
 */
long futex_requeue(u32 *uaddr1, bool shared, u32 *uaddr2, int nr_wake, int nr_requeue,
		   const u32 *expected)
{
	struct futex_bucket *b1, *b2;
	struct futex_wakeups w = { .nr = 0 };
	struct futex_key key1, key2;
	u32 value;
	long ret;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
retry:
	ret = get_two_keys(uaddr1, uaddr2, shared, &key1, &key2);
	if (ret)
		return ret;
	b1 = futex_hash(&key1);
	b2 = futex_hash(&key2);
	rcu_read_lock();
	futex_lock_two(b1, b2);
	if (expected) {
		if (futex_get_value_locked(&value, uaddr1)) {
			futex_unlock_two(b1, b2);
			rcu_read_unlock();
			if (get_user(value, uaddr1))
				return -EFAULT;
			goto retry;
		}
		if (value != *expected) {
			futex_unlock_two(b1, b2);
			rcu_read_unlock();
			return -EAGAIN;
		}
	}
	ret = nr_wake ? futex_wake_chain(b1, &key1, nr_wake, FUTEX_BITSET_MATCH_ANY, &w) : 0;
	ret += requeue_chain(b1, &key1, b2, &key2, nr_requeue);
	futex_unlock_two(b1, b2);
	futex_wake_up(&w);
	rcu_read_unlock();
	return ret;
}

static int sign_extend12(u32 value)
{
	return (int)(value << 20) >> 20;
}

/* Does the old value compare as the encoding says? 0, 1 or -ENOSYS. */
static int wake_op_compare(u32 encoded, int old)
{
	int arg = sign_extend12(encoded & 0xfff);

	switch ((encoded >> 24) & 0xf) {
	case FUTEX_OP_CMP_EQ: return old == arg;
	case FUTEX_OP_CMP_NE: return old != arg;
	case FUTEX_OP_CMP_LT: return old < arg;
	case FUTEX_OP_CMP_GE: return old >= arg;
	case FUTEX_OP_CMP_LE: return old <= arg;
	case FUTEX_OP_CMP_GT: return old > arg;
	}
	return -ENOSYS;
}

/* The atomic change of the second word. 0 and *old; -EFAULT (page faults are off), -ENOSYS. */
static int wake_op_change(u32 encoded, u32 *uaddr, int *old)
{
	int op = (encoded >> 28) & 7, arg = sign_extend12((encoded >> 12) & 0xfff), err;

	if ((encoded >> 28) & FUTEX_OP_OPARG_SHIFT)
		arg = 1 << (arg & 31);
	pagefault_disable();
	err = futex_atomic_op_inuser(op, arg, old, uaddr);
	pagefault_enable();
	return err;
}

long futex_wake_op(u32 *uaddr1, bool shared, u32 *uaddr2, int nr_wake, int nr_wake2, u32 encoded)
{
	struct futex_bucket *b1, *b2;
	struct futex_wakeups w = { .nr = 0 };
	struct futex_key key1, key2;
	int old, err;
	u32 value;
	long ret;

retry:
	ret = get_two_keys(uaddr1, uaddr2, shared, &key1, &key2);
	if (ret)
		return ret;
	b1 = futex_hash(&key1);
	b2 = futex_hash(&key2);
	rcu_read_lock();
	futex_lock_two(b1, b2);
	err = wake_op_change(encoded, uaddr2, &old);
	if (err) {
		futex_unlock_two(b1, b2);
		rcu_read_unlock();
		/*
		 * Brings the page in, writable: exchanging the value with itself changes nothing.
		 */
		if (err != -EFAULT || get_user(value, uaddr2) ||
		    cmpxchg_user_u32(&value, uaddr2, value, value))
			return err;
		goto retry;
	}
	ret = futex_wake_chain(b1, &key1, nr_wake, FUTEX_BITSET_MATCH_ANY, &w);
	err = wake_op_compare(encoded, old);
	if (err > 0)
		ret += futex_wake_chain(b2, &key2, nr_wake2, FUTEX_BITSET_MATCH_ANY, &w);
	futex_unlock_two(b1, b2);
	futex_wake_up(&w);
	rcu_read_unlock();
	return err < 0 ? err : ret;
}
