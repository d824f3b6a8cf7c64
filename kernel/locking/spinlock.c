/* SPDX-License-Identifier: MIT */
/*
 * The slow half of ticket spinlocks, and the names of the lock classes.
 *
 *	owner  next
 *	  7     10     held by ticket 7; 8 and 9 wait, in this order
 *
 * Linux's twin: kernel/locking/spinlock.c, qspinlock.c.
 * Callers: <vitrix/spinlock.h>. Any context.
 */
#include <vitrix/spinlock.h>

#define X(id, name, kind) [id] = name,
const char *const lock_class_names[NR_LOCK_CLASSES] = { "no class", LOCK_CLASSES(X) };
#undef X

/* Waits until the ticket is served. Preemption is off already. */
void spin_lock_contended(spinlock_t *lock, u16 ticket)
{
	unsigned long turns = 0;
	u16 ahead;

	while ((ahead = (u16)(ticket - READ_ONCE(lock->owner))) != 0) {
		/* The further behind, the less often the line that the holder writes is read. */
		turns += ahead;
		for (; ahead; ahead--)
			cpu_relax();
	}
	note_contention(lock->class, turns);
	barrier();
}
