/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: a task puts itself on the queue, sets its state, checks its condition and sleeps;
 * whoever makes the condition true wakes the queue. The check stands between setting the state and
 * schedule(), so a wake-up in between is never lost. poll(2) hangs callbacks (func) here instead.
 * Linux's twin: include/linux/wait.h, kernel/sched/wait.c.
 */
#ifndef VITRIX_WAIT_H
#define VITRIX_WAIT_H

#include <vitrix/list.h>
#include <vitrix/spinlock.h>
#include <vitrix/err.h>

struct task_struct;
struct wait_queue_entry;
/* Called with the queue's lock held, interrupts off. Returns true if it woke somebody. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wq_entry, unsigned int mode, void *key);

#define WQ_FLAG_EXCLUSIVE	1

struct wait_queue_entry {
	unsigned int flags;
	void *private;			/* the task, for the default function */
	wait_queue_func_t func;
	struct list_head entry;
};

typedef struct wait_queue_head {
	spinlock_t lock;		/* class LC_WAITQUEUE, but for those of epoll */
	struct list_head head;
} wait_queue_head_t;

#define WAIT_QUEUE_HEAD_INIT(name) \
	{ .lock = SPINLOCK_INIT(LC_WAITQUEUE), .head = LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = WAIT_QUEUE_HEAD_INIT(name)

static inline void init_waitqueue_head(wait_queue_head_t *wq)
{
	spin_lock_init(&wq->lock, LC_WAITQUEUE);
	INIT_LIST_HEAD(&wq->head);
}

static inline bool waitqueue_active(wait_queue_head_t *wq) { return !list_empty(&wq->head); }

int default_wake_function(struct wait_queue_entry *wq_entry, unsigned int mode, void *key);
int autoremove_wake_function(struct wait_queue_entry *wq_entry, unsigned int mode, void *key);
void add_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry);
void add_wait_queue_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *entry);
void remove_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry);
void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *entry, unsigned int state);
void prepare_to_wait_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *entry,
			       unsigned int state);
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *entry);
/* Wakes tasks whose state is in mode: all non-exclusive, nr_exclusive exclusive ones (0: all). */
void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr_exclusive, void *key);
void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr_exclusive, void *key);

#define TASK_NORMAL_MODE	3	/* TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE */
#define wake_up(wq)			__wake_up(wq, TASK_NORMAL_MODE, 1, NULL)
#define wake_up_all(wq)			__wake_up(wq, TASK_NORMAL_MODE, 0, NULL)
#define wake_up_interruptible(wq)	__wake_up(wq, 1, 1, NULL)
#define wake_up_interruptible_all(wq)	__wake_up(wq, 1, 0, NULL)
/* key: EPOLL* bits that became true, for poll's callbacks. */
#define wake_up_poll(wq, m)	__wake_up(wq, TASK_NORMAL_MODE, 1, (void *)(unsigned long)(m))
#define wake_up_locked_poll(wq, m) \
	__wake_up_locked(wq, TASK_NORMAL_MODE, 1, (void *)(unsigned long)(m))
#define wake_up_interruptible_poll(wq, m) __wake_up(wq, 1, 1, (void *)(unsigned long)(m))

#define DEFINE_WAIT_FUNC(name, function)					\
	struct wait_queue_entry name = { .private = current, .func = function,	\
					 .entry = LIST_HEAD_INIT((name).entry) }
#define DEFINE_WAIT(name)		DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define DECLARE_WAITQUEUE(name, tsk)						\
	struct wait_queue_entry name = { .private = tsk, .func = default_wake_function, \
					 .entry = LIST_HEAD_INIT((name).entry) }

/*
 * cmd sleeps; the loop ends with 0 when the condition holds, or -ERESTARTSYS on a signal. A wake-up
 * of one exclusive sleeper may choose us between our check and the signal's: nobody else gets it.
 * So the condition, which was true before that wake-up, is looked at again once we are off the
 * queue.
 */
#define ___wait_event(wq, condition, state, exclusive, cmd) ({			\
	long __ret = 0;								\
	DEFINE_WAIT(__wait);							\
	for (;;) {								\
		if (exclusive)							\
			prepare_to_wait_exclusive(wq, &__wait, state);		\
		else								\
			prepare_to_wait(wq, &__wait, state);			\
		if (condition)							\
			break;							\
		if (signal_pending_state(state, current)) {			\
			__ret = -ERESTARTSYS;					\
			break;							\
		}								\
		cmd;								\
	}									\
	finish_wait(wq, &__wait);						\
	if ((exclusive) && __ret && (condition))				\
		__ret = 0;							\
	__ret; })

#define wait_event(wq, condition) do {						\
	might_sleep();								\
	if (!(condition))							\
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, schedule()); \
} while (0)
#define wait_event_interruptible(wq, condition) ({				\
	might_sleep();								\
	(condition) ? 0 : (int)___wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, schedule()); })
#define wait_event_killable(wq, condition) ({					\
	might_sleep();								\
	(condition) ? 0 : (int)___wait_event(wq, condition, TASK_KILLABLE, 0, schedule()); })
#define wait_event_interruptible_exclusive(wq, condition) ({			\
	might_sleep();								\
	(condition) ? 0 : (int)___wait_event(wq, condition, TASK_INTERRUPTIBLE, 1, schedule()); })
/*
 * With wq->lock held by spin_lock_irq(), which also protects what condition looks at; let go while
 * asleep. 0 or -ERESTARTSYS.
 */
#define wait_event_interruptible_locked_irq(wq, condition) ({			\
	long __ret = 0;								\
	if (!(condition)) {							\
		DECLARE_WAITQUEUE(__wait, current);				\
		list_add_tail(&__wait.entry, &(wq)->head);			\
		for (;;) {							\
			set_current_state(TASK_INTERRUPTIBLE);			\
			if (condition)						\
				break;						\
			if (signal_pending(current)) {				\
				__ret = -ERESTARTSYS;				\
				break;						\
			}							\
			spin_unlock_irq(&(wq)->lock);				\
			schedule();						\
			spin_lock_irq(&(wq)->lock);				\
		}								\
		list_del_init(&__wait.entry);					\
		__set_current_state(TASK_RUNNING);				\
	}									\
	__ret; })
/* timeout_ns < 0: none. 0: the condition holds; -ETIME: time is over; -ERESTARTSYS: signal. */
#define wait_event_interruptible_timeout_ns(wq, condition, timeout_ns) ({	\
	ktime_t __deadline = (timeout_ns) < 0 ? KTIME_MAX :			\
			     ktime_add_safe(ktime_get(), timeout_ns);		\
	int __r = 0;								\
	might_sleep();								\
	if (!(condition)) {							\
		bool __over = false;						\
		__r = (int)___wait_event(wq, (condition) || __over, TASK_INTERRUPTIBLE, 0, \
			__over = schedule_hrtimeout(__deadline) == 0);		\
		if (!__r && __over && !(condition))				\
			__r = -ETIME;						\
	}									\
	__r; })

#endif
