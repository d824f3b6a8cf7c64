/* SPDX-License-Identifier: MIT */
/*
 * Reader-writer semaphores: sleeping locks for many readers or one writer.
 *
 *	count  n > 0   n readers inside        down_read: n -> n + 1
 *	       0       free                    down_write: 0 -> -1
 *	       -1      a writer inside         up_write: -1 -> 0
 *
 * Whoever cannot get in queues at wait.head. Who releases lets the readers at the head of the queue
 * in: it changes count on their behalf, clears waiter->task and wakes them. A writer at the head is
 * only woken, and takes the lock itself, since the lock would stand idle until it runs:
 *
 *	given away at release          taken by who runs
 *	CPU 0: held - release          CPU 0: held - release - held - release - held ...
 *	CPU 1:        wake ...... held CPU 1:        wake ...... tries: free, or not this time
 *
 * On the left, once somebody sleeps, everybody must: each turn costs a wake-up and a switch. So
 * who runs may take a free lock though others are queued: a writer, and a reader if none is inside,
 * that readers who follow each other closely do not keep a writer out. But not for ever: when the
 * head of the queue has waited for LOCK_HANDOFF_NS, handoff closes these ways, and the next release
 * gives the lock to it, as on the left.
 *
 * No wake-up is lost: who queues raises nr_waiters and then looks at count; who releases changes
 * count and then looks at nr_waiters; both with a full barrier in between.
 *
 * Locks: wait.lock protects queue, nr_waiters and handoff; count changes by compare-and-swap.
 * Linux's twin: kernel/locking/rwsem.c. Left out: spinning on a running writer.
 */
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/ktime.h>
#include <vitrix/err.h>

struct rwsem_waiter {
	struct list_head node;
	struct task_struct *task;	/* NULL: granted */
	ktime_t since_ns;
	bool writer;
};

void init_rwsem(struct rw_semaphore *sem, enum lock_class cls)
{
	lockcheck_freed(sem, sizeof(*sem));
	sem->count = 0;
	sem->nr_waiters = 0;
	sem->class = cls;
	sem->handoff = false;
	sem->writer = NULL;
	init_waitqueue_head(&sem->wait);
}

/* Takes the lock for @task if there is room. */
static bool rwsem_take(struct rw_semaphore *sem, struct task_struct *task, bool writer)
{
	int count = READ_ONCE(sem->count);

	while (writer ? count == 0 : count >= 0) {
		int seen = cmpxchg(&sem->count, count, writer ? -1 : count + 1);

		if (seen == count) {
			if (writer)
				sem->writer = task;
			return true;
		}
		count = seen;
	}
	return false;
}

/* wait.lock held. handoff was for the head, which alone leaves but for a signal. */
static void rwsem_unlink(struct rw_semaphore *sem, struct rwsem_waiter *w)
{
	if (list_first_entry(&sem->wait.head, struct rwsem_waiter, node) == w)
		WRITE_ONCE(sem->handoff, false);
	list_del(&w->node);
	WRITE_ONCE(sem->nr_waiters, sem->nr_waiters - 1);
}

/* Lets in from the head of the queue as many as fit, or wakes the writer there. wait.lock held. */
static void rwsem_wake_queue(struct rw_semaphore *sem)
{
	while (!list_empty(&sem->wait.head)) {
		struct rwsem_waiter *w = list_first_entry(&sem->wait.head,
							  struct rwsem_waiter, node);
		struct task_struct *task = w->task;

		if (!sem->handoff && ktime_get() - w->since_ns > LOCK_HANDOFF_NS)
			WRITE_ONCE(sem->handoff, true);
		if (w->writer && !sem->handoff) {
			if (READ_ONCE(sem->count) == 0)
				wake_up_process(task);
			return;
		}
		if (!rwsem_take(sem, task, w->writer))
			return;
		rwsem_unlink(sem, w);
		/* After the store w is gone, and its task may be on its way to exit. */
		get_task_struct(task);
		smp_store_release(&w->task, NULL);
		wake_up_process(task);
		put_task_struct(task);
	}
}

static noinline void rwsem_wake(struct rw_semaphore *sem)
{
	unsigned long flags;

	spin_lock_irqsave(&sem->wait.lock, flags);
	rwsem_wake_queue(sem);
	spin_unlock_irqrestore(&sem->wait.lock, flags);
}

/*
 * One turn of a waiter that runs, its state set: 1: the lock is its own; 0: to sleep; -EINTR: a
 * signal came, and it is off the queue.
 */
static int rwsem_try_queued(struct rw_semaphore *sem, struct rwsem_waiter *w, unsigned int state)
{
	int ret = 0;

	spin_lock_irq(&sem->wait.lock);
	if (!w->task) {
		ret = 1;
	} else if (w->writer && sem->wait.head.next == &w->node &&
		   rwsem_take(sem, current, true)) {
		rwsem_unlink(sem, w);
		ret = 1;
	} else if (signal_pending_state(state, current)) {
		rwsem_unlink(sem, w);
		rwsem_wake_queue(sem);	/* those behind may have waited for this one only */
		ret = -EINTR;
	}
	spin_unlock_irq(&sem->wait.lock);
	return ret;
}

static noinline int __sched rwsem_down_slow(struct rw_semaphore *sem, bool writer,
					   unsigned int state)
{
	struct rwsem_waiter w = { .task = current, .writer = writer };
	int ret;

	ASSERT(READ_ONCE(sem->writer) != current);
	if (!writer && !READ_ONCE(sem->handoff) && cmpxchg(&sem->count, 0, 1) == 0)
		return 0;
	w.since_ns = ktime_get();
	current->wait_name = lock_class_names[sem->class];
	current->blocked_on.rwsem = sem;
	spin_lock_irq(&sem->wait.lock);
	list_add_tail(&w.node, &sem->wait.head);
	WRITE_ONCE(sem->nr_waiters, sem->nr_waiters + 1);
	smp_mb();
	rwsem_wake_queue(sem);
	spin_unlock_irq(&sem->wait.lock);
	for (;;) {
		set_current_state(state);
		ret = smp_load_acquire(&w.task) ? rwsem_try_queued(sem, &w, state) : 1;
		if (ret)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	current->blocked_on.rwsem = NULL;
	current->wait_name = NULL;
	return ret < 0 ? ret : 0;
}

static __always_inline bool rwsem_read_fast(struct rw_semaphore *sem)
{
	int count = READ_ONCE(sem->count);

	/* Only other readers' coming and going makes the swap fail without the lock being taken. */
	while (likely(count >= 0 && !READ_ONCE(sem->nr_waiters)))
		if (likely(__atomic_compare_exchange_n(&sem->count, &count, count + 1, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)))
			return true;
	return false;
}

static __always_inline bool rwsem_write_fast(struct rw_semaphore *sem)
{
	if (unlikely(READ_ONCE(sem->handoff)) || unlikely(cmpxchg(&sem->count, 0, -1) != 0))
		return false;
	sem->writer = current;
	return true;
}

static __always_inline int __down_read(struct rw_semaphore *sem, unsigned int state,
				       unsigned long ip)
{
	int ret = 0;

	might_sleep();
	lockcheck_before(sem, sem->class, LOCK_RWSEM | LOCK_READER, ip);
	if (!rwsem_read_fast(sem))
		ret = rwsem_down_slow(sem, false, state);
	if (!ret)
		lockcheck_held(sem, sem->class, LOCK_RWSEM | LOCK_READER, ip);
	return ret;
}

void __sched down_read(struct rw_semaphore *sem)
{
	(void)__down_read(sem, TASK_UNINTERRUPTIBLE, _RET_IP_);
}

/* 0 or -EINTR */
int __sched down_read_killable(struct rw_semaphore *sem)
{
	return __down_read(sem, TASK_KILLABLE, _RET_IP_);
}

bool down_read_trylock(struct rw_semaphore *sem)
{
	if (!rwsem_read_fast(sem))
		return false;
	lockcheck_held(sem, sem->class, LOCK_RWSEM | LOCK_READER, _RET_IP_);
	return true;
}

void up_read(struct rw_semaphore *sem)
{
	int count;

	lockcheck_released(sem, sem->class, LOCK_RWSEM, _RET_IP_);
	count = __atomic_sub_fetch(&sem->count, 1, __ATOMIC_SEQ_CST);
	DEBUG_ASSERT(count >= 0);
	schedfuzz_gap();
	if (count == 0 && unlikely(READ_ONCE(sem->nr_waiters)))
		rwsem_wake(sem);
}

static __always_inline int __down_write(struct rw_semaphore *sem, unsigned int state,
					unsigned long ip)
{
	int ret = 0;

	might_sleep();
	lockcheck_before(sem, sem->class, LOCK_RWSEM, ip);
	if (!rwsem_write_fast(sem))
		ret = rwsem_down_slow(sem, true, state);
	if (!ret)
		lockcheck_held(sem, sem->class, LOCK_RWSEM, ip);
	return ret;
}

void __sched down_write(struct rw_semaphore *sem)
{
	(void)__down_write(sem, TASK_UNINTERRUPTIBLE, _RET_IP_);
}

int __sched down_write_killable(struct rw_semaphore *sem)
{
	return __down_write(sem, TASK_KILLABLE, _RET_IP_);
}

bool down_write_trylock(struct rw_semaphore *sem)
{
	if (!rwsem_write_fast(sem))
		return false;
	lockcheck_held(sem, sem->class, LOCK_RWSEM, _RET_IP_);
	return true;
}

void up_write(struct rw_semaphore *sem)
{
	lockcheck_released(sem, sem->class, LOCK_RWSEM, _RET_IP_);
	sem->writer = NULL;
	(void)xchg(&sem->count, 0);
	schedfuzz_gap();
	if (unlikely(READ_ONCE(sem->nr_waiters)))
		rwsem_wake(sem);
}

/* The writer goes on as a reader; no other writer gets in between. */
void downgrade_write(struct rw_semaphore *sem)
{
	lockcheck_released(sem, sem->class, LOCK_RWSEM, _RET_IP_);
	lockcheck_held(sem, sem->class, LOCK_RWSEM | LOCK_READER, _RET_IP_);
	sem->writer = NULL;
	(void)xchg(&sem->count, 1);
	schedfuzz_gap();
	if (unlikely(READ_ONCE(sem->nr_waiters)))
		rwsem_wake(sem);
}
