/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: see <vitrix/wait.h> for how they are used.
 *
 *	head <-> [poll callback] <-> [task B] <-> [task A] <-> [task C] <-> [task D]
 *	         non-exclusive: all are woken                 exclusive: nr_exclusive of them
 *
 * Who waits exclusively stands at the end, first come, first woken; the others in front.
 *
 * Locks: head->lock, with interrupts off, protects the list; wake functions run under it.
 * Linux's twin: kernel/sched/wait.c.
 */
#include <vitrix/wait.h>
#include <vitrix/sched.h>

void add_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	list_add(&entry->entry, &wq->head);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void add_wait_queue_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	list_add_tail(&entry->entry, &wq->head);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

/*
 * Queues the entry if it is not and sets the state. The state is set under the lock: a waker that
 * comes before finds the entry and the state, or is seen by the caller's check that follows.
 */
void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *entry, unsigned int state)
{
	unsigned long flags;

	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry))
		list_add(&entry->entry, &wq->head);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *entry,
			       unsigned int state)
{
	unsigned long flags;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry))
		list_add_tail(&entry->entry, &wq->head);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

/*
 * Ends the wait. The entry, mostly on the caller's stack, may be left without the lock if both its
 * pointers show that a waker has taken it out: the waker's last touch is writing them.
 */
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	if (smp_load_acquire(&entry->entry.next) == &entry->entry &&
	    READ_ONCE(entry->entry.prev) == &entry->entry)
		return;
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode, void *key)
{
	return try_to_wake_up(entry->private, mode);
}

/* For an entry that waits once: a wake-up takes it off the queue. */
int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, void *key)
{
	bool woken = try_to_wake_up(entry->private, mode);

	if (woken)
		list_del_init(&entry->entry);
	return woken;
}

/* As __wake_up(), with wq->lock held by the caller and interrupts off. */
void __wake_up_locked(wait_queue_head_t *wq, unsigned int mode, int nr_exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		/* After func the entry may be gone with its task's stack. */
		unsigned int flags = entry->flags;
		int woken = entry->func(entry, mode, key);

		if (woken < 0)
			break;
		if (woken && (flags & WQ_FLAG_EXCLUSIVE) && --nr_exclusive == 0)
			break;
	}
}

/* Any context. */
void __wake_up(wait_queue_head_t *wq, unsigned int mode, int nr_exclusive, void *key)
{
	unsigned long flags;

	schedfuzz_gap();
	spin_lock_irqsave(&wq->lock, flags);
	__wake_up_locked(wq, mode, nr_exclusive, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}
