/* SPDX-License-Identifier: MIT */
/*
 * Credentials: made as a copy, changed, committed whole, never changed again. Linux's twin:
 * kernel/cred.c.
 *
 *   new = prepare_creds();  change *new;  commit_creds(new) or abort_creds(new)
 *
 * So a fork simply shares its parent's, and whoever looks at another task's rights does so under
 * rcu_read_lock() without a lock: a dropped cred lives a grace period. task->real_cred is what
 * others see of the task, task->cred what it acts with (they differ within access(2)); each holds a
 * reference.
 */
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/rcu.h>

static struct kmem_cache *cred_cachep;

void __init cred_init(void)
{
	cred_cachep = KMEM_CACHE(cred, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

static void cred_free_rcu(struct rcu_head *head)
{
	struct cred *cred = container_of(head, struct cred, rcu);

	put_group_info(cred->group_info);
	free_uid(cred->user);
	kmem_cache_free(cred_cachep, cred);
}

/* Any context. */
void put_cred(const struct cred *c)
{
	struct cred *cred = (struct cred *)c;

	if (!refcount_dec_and_test(&cred->usage))
		return;
	ASSERT(cred != &init_cred);
	call_rcu(&cred->rcu, cred_free_rcu);
}

struct cred *prepare_creds(void)
{
	struct cred *new = kmem_cache_alloc(cred_cachep, GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *current->cred;
	atomic_set(&new->usage, 1);
	get_uid(new->user);
	refcount_inc(&new->group_info->usage);
	return new;
}

void abort_creds(struct cred *new)
{
	put_cred(new);
}

/*
 * current acts with new from here on; consumes the reference. More or other rights than before:
 * what the process holds in memory may be secret, so it is not to be dumped or traced by its old
 * equals.
 */
int commit_creds(struct cred *new)
{
	struct task_struct *task = current;
	const struct cred *old = task->real_cred;

	ASSERT(task->cred == old);
	if (old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	    old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted)) {
		if (task->mm)
			task->mm->dumpable = 0;
		task->pdeath_signal = 0;
	}
	if (new->user != old->user) {
		atomic_inc(&new->user->processes);
		atomic_dec(&old->user->processes);
	}
	get_cred(new);
	smp_store_release(&task->real_cred, new);
	smp_store_release(&task->cred, new);
	put_cred(old);
	put_cred(old);
	return 0;
}

const struct cred *get_task_cred(struct task_struct *t)
{
	const struct cred *cred;

	rcu_read_lock();
	do {
		cred = __task_cred(t);
	} while (!refcount_inc_not_zero(&((struct cred *)cred)->usage));
	rcu_read_unlock();
	return cred;
}

/* fork: p is a copy of current. Counts p for its user; undone by the caller. */
int copy_creds(struct task_struct *p, unsigned long clone_flags)
{
	p->real_cred = current->cred;
	p->cred = current->cred;
	refcount_add(2, &((struct cred *)p->cred)->usage);
	atomic_inc(&p->cred->user->processes);
	return 0;
}

void exit_creds(struct task_struct *p)
{
	const struct cred *real = p->real_cred, *cred = p->cred;

	p->real_cred = p->cred = NULL;
	put_cred(real);
	put_cred(cred);
}
