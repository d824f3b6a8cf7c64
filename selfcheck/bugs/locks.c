/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the lock checker: order, nesting, classes, owners. What has to do with contexts
 * is in lock_contexts.c. Linux's twin: lib/locking-selftest.c.
 */
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/pagemap.h>
#include <vitrix/mutex.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab.h>
#include <vitrix/spinlock.h>

static DEFINE_SPINLOCK(misc_lock, LC_MISC_SPIN);
static DEFINE_SPINLOCK(other_lock, LC_MISC_SPIN);
static DEFINE_SPINLOCK(irq_lock, LC_WAITQUEUE);
static spinlock_t futex_locks[3] = { [0 ... 2] = SPINLOCK_INIT(LC_FUTEX) };
static DEFINE_MUTEX(pipe_like, LC_PIPE);
static DEFINE_MUTEX(text_like, LC_TEXT);
static DEFINE_MUTEX(inode_like, LC_INODE);
static DECLARE_RWSEM(mmap_like, LC_MMAP);

static __always_inline void inside(spinlock_t *outer, spinlock_t *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

PLANT(spin_order)
{
	local_irq_disable();
	inside(&irq_lock, &misc_lock);
	local_irq_enable();
}

PLANT(spin_same_class)
{
	inside(&misc_lock, &other_lock);
}

PLANT(spin_by_address)
{
	inside(&futex_locks[1], &futex_locks[0]);
}

PLANT(spin_three_of_two)
{
	spin_lock(&futex_locks[0]);
	inside(&futex_locks[1], &futex_locks[2]);
	spin_unlock(&futex_locks[0]);
}

PLANT_FATAL(spin_twice)
{
	inside(&misc_lock, &misc_lock);
}

PLANT(spin_no_class)
{
	static spinlock_t forgotten;

	spin_lock(&forgotten);
	spin_unlock(&forgotten);
}

PLANT(spin_wrong_kind)
{
	static DEFINE_SPINLOCK(lock, LC_PIPE);

	spin_lock(&lock);
	spin_unlock(&lock);
}

PLANT(spin_not_owner)
{
	static DEFINE_SPINLOCK(lock, LC_MISC_SPIN);

	preempt_disable();
	spin_unlock(&lock);
}

PLANT(spin_irqs_on)
{
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
}

PLANT(mutex_order)
{
	mutex_lock(&inode_like);
	mutex_lock(&pipe_like);
	mutex_unlock(&pipe_like);
	mutex_unlock(&inode_like);
}

PLANT_FATAL(mutex_twice)
{
	mutex_lock(&pipe_like);
	mutex_lock(&pipe_like);
}

PLANT(mutex_freed)
{
	struct mutex *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return;
	mutex_init(lock, LC_PIPE);
	mutex_lock(lock);
	kfree(lock);
}

PLANT(mutex_init_held)
{
	mutex_lock(&pipe_like);
	mutex_init(&pipe_like, LC_PIPE);
}

static int lock_pipe_like(void *done)
{
	mutex_lock(&pipe_like);
	complete(done);
	return 0;
}

/* The kernel thread ends and leaves the lock behind; this task releases it. */
PLANT(mutex_not_owner)
{
	DECLARE_COMPLETION(done);

	if (IS_ERR(kthread_run(lock_pipe_like, &done, "plant")))
		return;
	wait_for_completion(&done);
	mutex_unlock(&pipe_like);
}

PLANT(rwsem_order)
{
	down_read(&mmap_like);
	mutex_lock(&inode_like);
	mutex_unlock(&inode_like);
	up_read(&mmap_like);
}

PLANT(rwsem_read_twice)
{
	down_read(&mmap_like);
	down_read(&mmap_like);
	up_read(&mmap_like);
	up_read(&mmap_like);
}

PLANT(rwsem_not_owner)
{
	down_read(&mmap_like);
	up_read(&mmap_like);
	mmap_like.count++;
	up_read(&mmap_like);
}

PLANT(page_lock_order)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	mutex_lock(&text_like);
	lock_page(page);
	unlock_page(page);
	mutex_unlock(&text_like);
	__free_pages(page, 0);
}
