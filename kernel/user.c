/* SPDX-License-Identifier: MIT */
/*
 * One struct per real user id with processes: the counts that RLIMIT_NPROC and RLIMIT_SIGPENDING
 * bound. Linux's twin: kernel/user.c. Held by credentials and queued signals. uidhash_lock covers
 * the table and the step of a count from 1 to 0; signals are queued and freed in interrupts, so
 * they are off.
 */
#include <vitrix/sched.h>
#include <vitrix/hash.h>
#include <vitrix/mm.h>

#define UIDHASH_BITS 7

static DEFINE_SPINLOCK(uidhash_lock, LC_USER);
static struct hlist_head uidhash[1 << UIDHASH_BITS];

/* uid 0; in no bucket, never freed. */
struct user_struct root_user = { .count = ATOMIC_INIT(2), .processes = ATOMIC_INIT(1) };

static struct hlist_head *uid_bucket(uid_t uid)
{
	return &uidhash[hash_32(uid, UIDHASH_BITS)];
}

struct user_struct *get_uid(struct user_struct *u)
{
	refcount_inc(&u->count);
	return u;
}

/* With a reference, or NULL. uidhash_lock held. */
static struct user_struct *find_user(uid_t uid)
{
	struct user_struct *u;

	hlist_for_each_entry(u, uid_bucket(uid), hash)
		if (u->uid == uid)
			return get_uid(u);
	return NULL;
}

struct user_struct *alloc_uid(uid_t uid)
{
	struct user_struct *u, *new;

	if (uid == 0)
		return get_uid(&root_user);
	spin_lock_irq(&uidhash_lock);
	u = find_user(uid);
	spin_unlock_irq(&uidhash_lock);
	if (u)
		return u;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->uid = uid;
	atomic_set(&new->count, 1);
	spin_lock_irq(&uidhash_lock);
	u = find_user(uid);		/* somebody may have been faster */
	if (!u)
		hlist_add_head(&new->hash, uid_bucket(uid));
	spin_unlock_irq(&uidhash_lock);
	if (u)
		kfree(new);
	return u ? u : new;
}

/* Any context. */
void free_uid(struct user_struct *u)
{
	unsigned long flags;
	int count = atomic_read(&u->count);

	/* Not the last: without the lock. */
	while (count > 1) {
		int seen = atomic_cmpxchg(&u->count, count, count - 1);

		if (seen == count)
			return;
		count = seen;
	}
	ASSERT(u != &root_user);
	spin_lock_irqsave(&uidhash_lock, flags);
	if (!refcount_dec_and_test(&u->count))
		u = NULL;		/* found again meanwhile */
	else
		hlist_del_init(&u->hash);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	kfree(u);
}
