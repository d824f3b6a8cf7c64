/* SPDX-License-Identifier: MIT */
/*
 * Sleeping locks: mutex (one owner), rw_semaphore (many readers or one writer; writers are not
 * starved), and completion (wait until somebody says done). All may sleep; never from interrupts.
 * Linux's twin: kernel/locking/{mutex,rwsem}.c, kernel/sched/completion.c.
 */
#ifndef VITRIX_MUTEX_H
#define VITRIX_MUTEX_H

#include <vitrix/wait.h>
#include <vitrix/atomic.h>

/* Who runs may take a free lock before who sleeps for it; after so long a wait it is given away. */
#define LOCK_HANDOFF_NS	(4 * NSEC_PER_MSEC)

struct mutex {
	struct task_struct *owner;	/* NULL: free. Changed by cmpxchg */
	int nr_waiters;			/* wait.lock */
	u32 class;
	wait_queue_head_t wait;
};

#define MUTEX_INIT(name, cls) { .class = (cls), .wait = WAIT_QUEUE_HEAD_INIT((name).wait) }
#define DEFINE_MUTEX(name, cls)	struct mutex name = MUTEX_INIT(name, cls)

void mutex_init(struct mutex *lock, enum lock_class cls);
void mutex_lock(struct mutex *lock);
int mutex_lock_interruptible(struct mutex *lock);	/* 0 or -EINTR */
int mutex_lock_killable(struct mutex *lock);		/* 0 or -EINTR */
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
static inline bool mutex_is_locked(struct mutex *lock) { return READ_ONCE(lock->owner); }

struct rw_semaphore {
	int count;			/* readers inside, or -1: a writer. Changed by cmpxchg */
	int nr_waiters;		/* wait.lock; while > 0 new readers queue behind waiting writers */
	u16 class;
	bool handoff;		/* wait.lock; the next release gives the lock to the queue's head */
	struct task_struct *writer;	/* for the reader of a debugger */
	wait_queue_head_t wait;
};

#define RWSEM_INIT(name, cls) { .class = (cls), .wait = WAIT_QUEUE_HEAD_INIT((name).wait) }
#define DECLARE_RWSEM(name, cls) struct rw_semaphore name = RWSEM_INIT(name, cls)

void init_rwsem(struct rw_semaphore *sem, enum lock_class cls);
void down_read(struct rw_semaphore *sem);
int down_read_killable(struct rw_semaphore *sem);
bool down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
int down_write_killable(struct rw_semaphore *sem);	/* 0 or -EINTR */
bool down_write_trylock(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void downgrade_write(struct rw_semaphore *sem);
static inline bool rwsem_is_locked(struct rw_semaphore *sem) { return READ_ONCE(sem->count) != 0; }

struct completion {
	unsigned int done;		/* wait.lock */
	wait_queue_head_t wait;
};

#define COMPLETION_INIT(name) { .wait = WAIT_QUEUE_HEAD_INIT((name).wait) }
#define DECLARE_COMPLETION(name) struct completion name = COMPLETION_INIT(name)
void init_completion(struct completion *x);
void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
int wait_for_completion_killable(struct completion *x);	/* 0 or -ERESTARTSYS */

#endif
