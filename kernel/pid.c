/* SPDX-License-Identifier: MIT */
/*
 * Process numbers. Linux's twin: kernel/pid.c.
 *
 *   pidmap: number -> struct pid (a radix tree)      struct pid
 *                                                     tasks[PID]  -> the thread with that id
 *   task->thread_pid, signal->pids[type] ----------->  tasks[TGID] -> the leader of that process
 *                                                     tasks[PGID] -> leaders, the group's
 *                                                     tasks[SID]  -> leaders, the session's
 *
 * pidmap_lock: the tree and the search for a free number; interrupts off. tasklist_lock: the lists.
 * A number is free again when the last task let go of it, also while somebody still refers to the
 * struct; the struct itself lives a grace period longer than its number, so that find_pid()'s
 * result is good under rcu_read_lock() and may be referenced there.
 *
 * Numbers are given out in a circle: one that was just freed is not reused at once, so that a late
 * kill(2) does not hit a stranger. After the first round the low ones stay for daemons' early days.
 */
#include <vitrix/pid.h>
#include <vitrix/cred.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/radix_tree.h>
#include <vitrix/rcu.h>

int pid_max = PID_MAX_DEFAULT;

static DEFINE_SPINLOCK(pidmap_lock, LC_PID);
static struct radix_tree pidmap = RADIX_TREE_INIT;	/* pidmap_lock */
static int last_pid;					/* pidmap_lock */
static int nr_pids;					/* pidmap_lock: items of pidmap */
static struct kmem_cache *pid_cachep;

void __init pid_init(void)
{
	pid_cachep = KMEM_CACHE(pid, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
}

/* The next number that nobody uses; 0 if there is none. pidmap_lock held. */
static int next_free_nr(void)
{
	int nr = last_pid;

	if (nr_pids >= pid_max - RESERVED_PIDS)
		return 0;
	do {
		if (++nr >= pid_max)
			nr = RESERVED_PIDS;
	} while (radix_tree_lookup(&pidmap, nr));
	return nr;
}

struct pid *alloc_pid(pid_t wanted)
{
	struct pid *pid;
	int nr, err;

	if (wanted && (wanted < 0 || wanted >= pid_max))
		return ERR_PTR(-EINVAL);
	if (wanted && !capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE))
		return ERR_PTR(-EPERM);
	pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	if (!pid)
		return ERR_PTR(-ENOMEM);
	atomic_set(&pid->count, 1);
	pid->in_proc = false;
	for (int i = 0; i < PIDTYPE_MAX; i++)
		INIT_LIST_HEAD(&pid->tasks[i]);
	init_waitqueue_head(&pid->wait_pidfd);

	spin_lock_irq(&pidmap_lock);
	nr = wanted ? wanted : next_free_nr();
	pid->nr = nr;
	err = nr ? radix_tree_insert(&pidmap, nr, pid) : -EAGAIN;
	if (!err) {
		nr_pids++;
		if (!wanted)
			last_pid = nr;
	}
	spin_unlock_irq(&pidmap_lock);
	if (!err)
		return pid;
	kmem_cache_free(pid_cachep, pid);
	return ERR_PTR(err);
}

int last_pid_nr(void)
{
	return READ_ONCE(last_pid);
}

static void delayed_put_pid(struct rcu_head *head)
{
	put_pid(container_of(head, struct pid, rcu));
}

/* No task has it any more. Any context. */
void free_pid(struct pid *pid)
{
	unsigned long flags;
	void *item;

	spin_lock_irqsave(&pidmap_lock, flags);
	item = radix_tree_delete(&pidmap, pid->nr);
	nr_pids--;
	spin_unlock_irqrestore(&pidmap_lock, flags);
	ASSERT(item == pid);
	call_rcu(&pid->rcu, delayed_put_pid);
}

struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(pid_cachep, pid);
}

struct pid *find_pid(pid_t nr)
{
	unsigned long flags;
	struct pid *pid;

	if (nr <= 0)
		return NULL;
	spin_lock_irqsave(&pidmap_lock, flags);
	pid = radix_tree_lookup(&pidmap, nr);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return pid;
}

struct pid *find_ge_pid(int nr)
{
	unsigned long flags;
	u64 index = max(nr, 0);
	struct pid *pid;

	spin_lock_irqsave(&pidmap_lock, flags);
	pid = radix_tree_next(&pidmap, &index);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return pid;
}

struct pid *find_get_pid(pid_t nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(find_pid(nr));
	rcu_read_unlock();
	return pid;
}

/* ---- tasks and their pids ---- */

static struct pid **task_pid_ptr(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? &task->thread_pid : &task->signal->pids[type];
}

/* The task's pid of that type is set already. */
void attach_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = *task_pid_ptr(task, type);

	list_add(&task->pid_links[type], &pid->tasks[type]);
}

static bool pid_in_use(struct pid *pid)
{
	for (int i = 0; i < PIDTYPE_MAX; i++)
		if (!list_empty(&pid->tasks[i]))
			return true;
	return false;
}

void change_pid(struct task_struct *task, enum pid_type type, struct pid *new)
{
	struct pid **ptr = task_pid_ptr(task, type);
	struct pid *old = *ptr;

	list_del_init(&task->pid_links[type]);
	WRITE_ONCE(*ptr, new);
	if (new)
		attach_pid(task, type);
	/* pid 0's struct, which init's group and session have, is in no table. */
	if (old->nr && !pid_in_use(old))
		free_pid(old);
}

void detach_pid(struct task_struct *task, enum pid_type type)
{
	change_pid(task, type, NULL);
}

/*
 * Each pid of type PIDTYPE_PID has one task on its list. Readers without tasklist_lock look at the
 * first link only, so the heads are turned over with one store each: they find the one task or the
 * other.
 */
static void put_alone(struct pid *pid, struct task_struct *task)
{
	struct list_head *head = &pid->tasks[PIDTYPE_PID], *link = &task->pid_links[PIDTYPE_PID];

	link->next = link->prev = head;
	head->prev = link;
	smp_store_release(&head->next, link);
	task->thread_pid = pid;
	task->pid = pid->nr;
}

void exchange_tids(struct task_struct *left, struct task_struct *right)
{
	struct pid *left_pid = left->thread_pid, *right_pid = right->thread_pid;

	assert_spin_locked(&tasklist_lock);
	ASSERT(same_thread_group(left, right) && list_is_singular(&left_pid->tasks[PIDTYPE_PID]) &&
	       list_is_singular(&right_pid->tasks[PIDTYPE_PID]));
	put_alone(right_pid, left);
	put_alone(left_pid, right);
	for (int type = PIDTYPE_TGID; type < PIDTYPE_MAX; type++) {
		struct list_head *old = &right->pid_links[type];

		__list_add(&left->pid_links[type], old, old->next);
		list_del_init(old);
	}
}

/*
 * Readers without tasklist_lock: the first link is read once, and a task on it lives a grace
 * period.
 */
struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	struct list_head *first;

	if (!pid)
		return NULL;
	first = READ_ONCE(pid->tasks[type].next);
	if (first == &pid->tasks[type])
		return NULL;
	return container_of(first, struct task_struct, pid_links[type]);
}

struct task_struct *find_task_by_vpid(pid_t nr)
{
	return pid_task(find_pid(nr), PIDTYPE_PID);
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, type);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

struct task_struct *find_get_task_by_vpid(pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = find_task_by_vpid(nr);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/* Is pgrp a process group of that session? No lock needed: a group never changes its session. */
bool session_of_pgrp_is(struct pid *pgrp, struct pid *session)
{
	struct task_struct *p;
	bool ret;

	rcu_read_lock();
	p = pid_task(pgrp, PIDTYPE_PGID);
	ret = p && task_session(p) == session;
	rcu_read_unlock();
	return ret;
}
