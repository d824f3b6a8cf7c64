/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks. A free one is taken by one instruction; kernel/locking/spinlock.c tells how CPUs wait
 * for one that is taken. Holding one disables preemption; a lock that an interrupt handler takes
 * too is held with interrupts off (spin_lock_irqsave).
 * Never sleep, never touch user memory while holding one.
 * Linux's twin: include/linux/spinlock.h, kernel/locking/spinlock.c.
 */
#ifndef VITRIX_SPINLOCK_H
#define VITRIX_SPINLOCK_H

#include <vitrix/preempt.h>
#include <vitrix/lock_classes.h>
#include <arch/irqflags.h>

typedef struct spinlock {
	union {
		u32 word;		/* 0: free, and nobody waits in the queue */
		struct {
			u8 locked;	/* 0 or 1 */
			u8 unused;
			u16 last;	/* who is last in the queue; 0: it is empty */
		};
	};
	u16 class;		/* enum lock_class */
	u16 holder_cpu;		/* CONFIG_DEBUG: cpu + 1 while held */
#ifdef CONFIG_DEBUG
	unsigned long holder_ip;
#endif
} spinlock_t;

#define SPINLOCK_INIT(cls)	{ .class = (cls) }
#define DEFINE_SPINLOCK(name, cls) spinlock_t name = SPINLOCK_INIT(cls)

/* Waits until the lock is taken. Preemption is off. */
void spin_lock_contended(spinlock_t *lock);
/* Under a hypervisor CPUs that wait do not queue. Set once, before there is a second CPU. */
extern bool spin_unfair;
/* To the lock checker: selfcheck/lockcheck.c */
#ifdef CONFIG_DEBUG
void spin_check_before(const spinlock_t *lock);
void spin_check_held(spinlock_t *lock);
void spin_check_unlock(spinlock_t *lock);
void spin_check_init(const spinlock_t *lock);
void spin_check_irqs_on(void);
#else
static __always_inline void spin_check_before(const spinlock_t *lock) { }
static __always_inline void spin_check_held(spinlock_t *lock) { }
static __always_inline void spin_check_unlock(spinlock_t *lock) { }
static __always_inline void spin_check_init(const spinlock_t *lock) { }
static __always_inline void spin_check_irqs_on(void) { }
#endif

static inline void spin_lock_init(spinlock_t *lock, enum lock_class cls)
{
	spin_check_init(lock);
	*lock = (spinlock_t)SPINLOCK_INIT(cls);
}

/* What this CPU waits for in spin_lock_contended(), NULL: nothing. For reports about it. */
struct spinlock;
DECLARE_PER_CPU(const struct spinlock *, spin_waits_for);
/* Says which lock it is and, in DEBUG, who holds it. NULL: nothing. Any context. */
void show_waited_spinlock(const spinlock_t *lock);
/* Somebody waited for a lock of this class: kernel/locking/contention.c */
void note_contention(u16 class, unsigned long turns);

/* Takes it, if it is free and nobody waits. */
static __always_inline bool __spin_take(spinlock_t *lock)
{
	u32 free = 0;

	return __atomic_compare_exchange_n(&lock->word, &free, 1, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Preemption is off already, and stays so behind __spin_unlock(). */
static __always_inline void __spin_lock(spinlock_t *lock)
{
	spin_check_before(lock);
	if (unlikely(!__spin_take(lock)))
		spin_lock_contended(lock);
	spin_check_held(lock);
	barrier();
}

static __always_inline void __spin_unlock(spinlock_t *lock)
{
	spin_check_unlock(lock);
	barrier();
	WRITE_ONCE(lock->locked, 0);
}

static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	__spin_lock(lock);
}

static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (!READ_ONCE(lock->word) && __spin_take(lock)) {
		spin_check_held(lock);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void spin_unlock(spinlock_t *lock)
{
	__spin_unlock(lock);
	preempt_enable();
}

static __always_inline bool spin_is_locked(spinlock_t *lock)
{
	return READ_ONCE(lock->word) != 0;
}

static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	__spin_unlock(lock);
	spin_check_irqs_on();
	local_irq_enable();
	preempt_enable();	/* here, since with interrupts off nothing would come of it */
}

#define spin_lock_irqsave(lock, flags) \
	do { (flags) = local_irq_save(); spin_lock(lock); } while (0)

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	__spin_unlock(lock);
	local_irq_restore(flags);
	preempt_enable();
}

#define assert_spin_locked(lock) ASSERT(spin_is_locked(lock))

#endif
