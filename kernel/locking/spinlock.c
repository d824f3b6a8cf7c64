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
#include <vitrix/bitops.h>
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

static void print_lock(const spinlock_t *lock)
{
	pr_emerg("waits for spinlock %s (%p), ticket %u is served, %u wait\n",
		 lock->class < NR_LOCK_CLASSES ? lock_class_names[lock->class] : "?", lock,
		 lock->owner, (u16)(lock->next - lock->owner - 1));
}

#ifdef CONFIG_DEBUG
/* And what its holder waits for, and so on: a circle is a dead-lock. */
void show_waited_spinlock(const spinlock_t *lock)
{
	u64 met = 0;

	while (lock) {
		int cpu = READ_ONCE(lock->holder_cpu) - 1;

		print_lock(lock);
		if (cpu < 0)
			return;
		pr_emerg("  held by CPU %d since %pS\n", cpu, (void *)lock->holder_ip);
		if (met & BIT(cpu)) {
			pr_emerg("  a dead-lock: each of these CPUs waits for the next one\n");
			return;
		}
		met |= BIT(cpu);
		lock = READ_ONCE(per_cpu(spin_waits_for, cpu));
	}
}
#else
void show_waited_spinlock(const spinlock_t *lock)
{
	if (lock)
		print_lock(lock);
}
#endif
