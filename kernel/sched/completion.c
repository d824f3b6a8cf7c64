/* SPDX-License-Identifier: MIT */
/*
 * Completions: wait until somebody says that something is done. complete() lets one waiter pass,
 * also one that comes later; complete_all() all for ever.
 *
 * A completion may lie on the waiter's stack: the waiter reads done under wait.lock, so it cannot
 * be gone before complete() has released that lock, its last touch. Locks: wait.lock. Linux's twin:
 * kernel/sched/completion.c.
 */
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/err.h>

#define DONE_FOR_ALL	(~0u)

void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

/* Any context. */
void complete(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	if (x->done != DONE_FOR_ALL)
		x->done++;
	__wake_up_locked(&x->wait, TASK_NORMAL, 1, NULL);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

void complete_all(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	x->done = DONE_FOR_ALL;
	__wake_up_locked(&x->wait, TASK_NORMAL, 0, NULL);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

static int __sched wait_for_common(struct completion *x, unsigned int state)
{
	DECLARE_WAITQUEUE(wait, current);
	int ret = 0;

	might_sleep();
	spin_lock_irq(&x->wait.lock);
	if (!x->done) {
		wait.flags |= WQ_FLAG_EXCLUSIVE;
		list_add_tail(&wait.entry, &x->wait.head);
		do {
			if (signal_pending_state(state, current)) {
				ret = -ERESTARTSYS;
				break;
			}
			set_current_state(state);
			spin_unlock_irq(&x->wait.lock);
			schedule();
			spin_lock_irq(&x->wait.lock);
		} while (!x->done);
		list_del(&wait.entry);
		/* A token came with the signal: it is taken, and the signal waits. */
		if (x->done)
			ret = 0;
	}
	if (!ret && x->done != DONE_FOR_ALL)
		x->done--;
	__set_current_state(TASK_RUNNING);
	spin_unlock_irq(&x->wait.lock);
	return ret;
}

/* May sleep. */
void __sched wait_for_completion(struct completion *x)
{
	wait_for_common(x, TASK_UNINTERRUPTIBLE);
}

int __sched wait_for_completion_killable(struct completion *x)
{
	return wait_for_common(x, TASK_KILLABLE);
}
