/* SPDX-License-Identifier: MIT */
/*
 * Mutexes: sleeping locks with one owner. Free, they cost one compare-and-swap to take and one
 * exchange to release.
 *
 *	owner NULL --mutex_lock: cmpxchg--> owner = me --mutex_unlock: xchg--> NULL
 *	                  | taken                               | nr_waiters > 0
 *	                  v                                     v
 *	          queue at wait.head (FIFO), sleep <---wake---  first waiter
 *
 * A woken waiter may find that somebody who never slept was faster. That is cheap: no CPU stands
 * idle while the waiter wakes up, and who runs goes on without a switch. A waiter that was woken in
 * vain and has waited for LOCK_HANDOFF_NS asks for a handoff, and the next mutex_unlock() makes it
 * the owner directly, so that nobody waits for ever.
 *
 * No wake-up is lost: the waiter counts itself in nr_waiters, then looks at owner; the owner clears
 * owner, then looks at nr_waiters; with a full barrier between the two steps on each side, one of
 * them sees the other.
 *
 * Locks: wait.lock protects the list and nr_waiters. Whoever frees the memory around a mutex must
 * know that no mutex_unlock() of it is still on its way (it looks at nr_waiters last).
 * Linux's twin: kernel/locking/mutex.c. Left out: spinning on a running owner.
 */
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/ktime.h>
#include <vitrix/err.h>

struct mutex_waiter {
	struct list_head node;
	struct task_struct *task;
	bool handoff;			/* to be made the owner by mutex_unlock() */
};

void mutex_init(struct mutex *lock, enum lock_class cls)
{
	lockcheck_freed(lock, sizeof(*lock));
	lock->owner = NULL;
	lock->nr_waiters = 0;
	lock->class = cls;
	init_waitqueue_head(&lock->wait);
}

static noinline int __sched mutex_lock_slow(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter w = { .task = current };
	ktime_t since_ns = ktime_get();
	int ret = 0;

	ASSERT(READ_ONCE(lock->owner) != current);	/* not recursive */
	current->wait_name = lock_class_names[lock->class];
	current->blocked_on.mutex = lock;
	spin_lock_irq(&lock->wait.lock);
	list_add_tail(&w.node, &lock->wait.head);
	WRITE_ONCE(lock->nr_waiters, lock->nr_waiters + 1);
	for (;;) {
		set_current_state(state);	/* the full barrier between nr_waiters and owner */
		if (READ_ONCE(lock->owner) == current ||
		    cmpxchg(&lock->owner, NULL, current) == NULL)
			break;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		spin_unlock_irq(&lock->wait.lock);
		schedule();
		spin_lock_irq(&lock->wait.lock);
		w.handoff = ktime_get() - since_ns > LOCK_HANDOFF_NS;
	}
	__set_current_state(TASK_RUNNING);
	list_del(&w.node);
	WRITE_ONCE(lock->nr_waiters, lock->nr_waiters - 1);
	spin_unlock_irq(&lock->wait.lock);
	current->blocked_on.mutex = NULL;
	current->wait_name = NULL;
	return ret;
}

static __always_inline int __mutex_lock(struct mutex *lock, unsigned int state, unsigned long ip)
{
	int ret = 0;

	might_sleep();
	lockcheck_before(lock, lock->class, LOCK_MUTEX, ip);
	if (unlikely(cmpxchg(&lock->owner, NULL, current) != NULL))
		ret = mutex_lock_slow(lock, state);
	if (!ret)
		lockcheck_held(lock, lock->class, LOCK_MUTEX, ip);
	return ret;
}

/* May sleep. */
void __sched mutex_lock(struct mutex *lock)
{
	(void)__mutex_lock(lock, TASK_UNINTERRUPTIBLE, _RET_IP_);
}

int __sched mutex_lock_interruptible(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_INTERRUPTIBLE, _RET_IP_);
}

int __sched mutex_lock_killable(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_KILLABLE, _RET_IP_);
}

/* Never sleeps; not from interrupts all the same: the owner is a task. */
bool mutex_trylock(struct mutex *lock)
{
	if (cmpxchg(&lock->owner, NULL, current) != NULL)
		return false;
	lockcheck_held(lock, lock->class, LOCK_MUTEX, _RET_IP_);
	return true;
}

/*
 * Wakes the first waiter; release: also gives the lock up, or to the waiter if that asked for it.
 */
static noinline void mutex_unlock_slow(struct mutex *lock, bool release)
{
	struct mutex_waiter *first;
	unsigned long flags;

	spin_lock_irqsave(&lock->wait.lock, flags);
	first = list_first_entry_or_null(&lock->wait.head, struct mutex_waiter, node);
	if (release)
		smp_store_release(&lock->owner, first && first->handoff ? first->task : NULL);
	/* It cannot be gone: to leave the list it needs wait.lock. */
	if (first)
		wake_up_process(first->task);
	spin_unlock_irqrestore(&lock->wait.lock, flags);
}

void mutex_unlock(struct mutex *lock)
{
	lockcheck_released(lock, lock->class, LOCK_MUTEX, _RET_IP_);
	if (unlikely(READ_ONCE(lock->nr_waiters))) {
		mutex_unlock_slow(lock, true);
		return;
	}
	(void)xchg(&lock->owner, NULL);
	schedfuzz_gap();
	if (unlikely(READ_ONCE(lock->nr_waiters)))
		mutex_unlock_slow(lock, false);
}
