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
#include <vitrix/kallsyms.h>
#include <vitrix/printk.h>

#define X(id, name, kind) [id] = name,
const char *const lock_class_names[NR_LOCK_CLASSES] = { "no class", LOCK_CLASSES(X) };
#undef X

DEFINE_PER_CPU(const struct spinlock *, spin_waits_for);

/* Waits until the ticket is served. Preemption is off already. */
void spin_lock_contended(spinlock_t *lock, u16 ticket)
{
	/* Of the code that was interrupted here, or NULL. */
	const spinlock_t *outer = this_cpu_read(spin_waits_for);
	unsigned long turns = 0;
	u16 ahead;

	this_cpu_write(spin_waits_for, lock);
	while ((ahead = (u16)(ticket - READ_ONCE(lock->owner))) != 0) {
		/* The further behind, the less often the line that the holder writes is read. */
		turns += ahead;
		for (; ahead; ahead--)
			cpu_relax();
	}
	this_cpu_write(spin_waits_for, outer);
	note_contention(lock->class, turns);
	barrier();
}

void show_waited_spinlock(const spinlock_t *lock)
{
	if (!lock)
		return;
	pr_emerg("waits for spinlock %s (%p), ticket %u is served, %u wait\n",
		 lock->class < NR_LOCK_CLASSES ? lock_class_names[lock->class] : "?", lock,
		 lock->owner, (u16)(lock->next - lock->owner - 1));
#ifdef CONFIG_DEBUG
	if (lock->holder_cpu)
		pr_emerg("  held by CPU %d since %pS\n", lock->holder_cpu - 1,
			 (void *)lock->holder_ip);
#endif
}
