/* SPDX-License-Identifier: MIT */
/*
 * The slow half of ticket spinlocks, the names of the lock classes, and with CONFIG_DEBUG the
 * checks.
 *
 *	owner  next
 *	  7     10     held by ticket 7; 8 and 9 wait, in this order
 *
 * Checks: each CPU keeps a stack of the spinlocks it holds. A lock may be taken only while all held
 * ones stand above its class in <vitrix/lock_classes.h>; a class marked "irq" only with interrupts
 * off; none twice by one CPU. What an interrupt handler takes is compared with the handler's own
 * locks only. try_lock cannot deadlock and is not checked, only noted.
 *
 * Linux's twin: kernel/locking/spinlock.c, qspinlock.c and, for the checks, lockdep.c.
 * Callers: <vitrix/spinlock.h>. Any context.
 */
#include <vitrix/spinlock.h>
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>

#define X(id, name, kind) [id] = name,
const char *const lock_class_names[NR_LOCK_CLASSES] = { LOCK_CLASSES(X) };
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

#ifdef CONFIG_DEBUG
#define X(id, name, kind) [id] = kind,
static const char *const lock_class_kinds[NR_LOCK_CLASSES] = { LOCK_CLASSES(X) };
#undef X

#define MAX_HELD 48

struct held_locks {
	int n;
	struct { spinlock_t *lock; unsigned long ip; bool in_irq; } held[MAX_HELD];
};
static DEFINE_PER_CPU(struct held_locks, held_locks);

static bool nests_in_itself(u16 class)
{
	return strstr(lock_class_kinds[class], "two") || strstr(lock_class_kinds[class], "then");
}

void spin_debug_before_lock(spinlock_t *lock, unsigned long ip)
{
	struct held_locks *h = this_cpu_ptr(&held_locks);
	const char *name;

	if (!selfcheck_active())
		return;
	ASSERT(lock->class < NR_LOCK_CLASSES);
	name = lock_class_names[lock->class];
	if (READ_ONCE(lock->holder_cpu) == smp_processor_id() + 1)
		selfcheck_fatal("%s: %p taken at %lx, held by this CPU since %lx", name, lock, ip,
				lock->holder_ip);
	if (strstr(lock_class_kinds[lock->class], "irq") && !irqs_disabled())
		selfcheck_report("%s: taken at %lx with interrupts on", name, ip);
	for (int i = 0; i < h->n; i++) {
		u16 outer = h->held[i].lock->class;

		if (h->held[i].in_irq != !!in_interrupt() || outer < lock->class)
			continue;
		if (outer == lock->class && nests_in_itself(outer))
			continue;
		selfcheck_report("lock order: %s at %lx while holding %s since %lx", name, ip,
				 lock_class_names[outer], h->held[i].ip);
	}
}

void spin_debug_after_lock(spinlock_t *lock, unsigned long ip)
{
	unsigned long flags = local_irq_save();
	struct held_locks *h = this_cpu_ptr(&held_locks);

	lock->holder_cpu = smp_processor_id() + 1;
	lock->holder_ip = ip;
	if (h->n < MAX_HELD) {
		h->held[h->n].lock = lock;
		h->held[h->n].ip = ip;
		h->held[h->n].in_irq = !!in_interrupt();
		h->n++;
	}
	local_irq_restore(flags);
}

void spin_debug_unlock(spinlock_t *lock)
{
	unsigned long flags = local_irq_save();
	struct held_locks *h = this_cpu_ptr(&held_locks);
	int i = h->n - 1;

	if (lock->holder_cpu != smp_processor_id() + 1 && selfcheck_active())
		selfcheck_report("%s: %p released by a CPU that does not hold it",
				 lock_class_names[lock->class], lock);
	while (i >= 0 && h->held[i].lock != lock)
		i--;
	if (i >= 0) {
		memmove(&h->held[i], &h->held[i + 1], (h->n - i - 1) * sizeof(h->held[0]));
		h->n--;
	}
	lock->holder_cpu = 0;
	local_irq_restore(flags);
}
#endif
