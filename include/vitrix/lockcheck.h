/* SPDX-License-Identifier: MIT */
/*
 * The lock checker of the DEBUG build: what locks and sleeping places tell it. In a plain build all
 * of it is nothing. selfcheck/lockcheck.c says what is checked; docs/locking.md has the rules.
 * Linux's twin: include/linux/lockdep.h.
 *
 *	lockcheck_before	the task is about to wait for the lock: order, context, nesting
 *	lockcheck_held		it has the lock: on its list
 *	lockcheck_released	off the list
 *
 * ip is who wanted the lock; the spin_* ones find it out by themselves.
 */
#ifndef VITRIX_LOCKCHECK_H
#define VITRIX_LOCKCHECK_H

#include <vitrix/types.h>
#include <vitrix/percpu.h>
#include <vitrix/compiler.h>
#include <vitrix/lock_classes.h>

/* What is done with a lock. The first four are kinds, as lock_classes.h names them. */
#define LOCK_SPIN	1u
#define LOCK_MUTEX	2u
#define LOCK_RWSEM	4u
#define LOCK_BIT	8u
#define LOCK_RCU	16u		/* no lock: a read section */
#define LOCK_READER	32u		/* shared with other readers */

#ifdef CONFIG_DEBUG

struct task_struct;

struct held_lock {
	const void *lock;
	unsigned long ip;
	u16 class;
	u8 how;				/* LOCK_* */
	bool in_irq;			/* by an interrupt that came over the task */
};
#define MAX_HELD_LOCKS (NR_CPUS + 16)	/* a reader of all trace buffers holds one of each CPU */

/* A part of each task. Its own, with interrupts off; others look without a lock. */
struct held_locks {
	int n;
	int faults_off;			/* pagefault_disable(): user memory may be touched */
	struct held_lock lock[MAX_HELD_LOCKS];
};

void lockcheck_before(const void *lock, u16 class, unsigned int how, unsigned long ip);
void lockcheck_held(const void *lock, u16 class, unsigned int how, unsigned long ip);
void lockcheck_released(const void *lock, u16 class, unsigned int how, unsigned long ip);
void lockcheck_rcu_lock(void);
void lockcheck_rcu_unlock(void);
void lockcheck_rcu_dereference(void);

/* Here the task may sleep: nothing may be held that forbids it. */
void lockcheck_might_sleep(const char *file, int line);
/* Here user memory is touched: the fault may sleep, and takes mmap_lock. */
void lockcheck_might_fault(const char *file, int line);
void lockcheck_faults_off(int more);
/* schedule(): the task gives the CPU away, whatever its state. */
void lockcheck_schedule(unsigned long ip);
/* The run queue's lock, taken by prev, is released by next. */
void lockcheck_switch(struct task_struct *prev, struct task_struct *next);
void lockcheck_irq_enter(void);
void lockcheck_return_to_user(void);
void lockcheck_task_exit(void);
#define lockcheck_new_task(task) ((task)->held_locks.n = (task)->held_locks.faults_off = 0)
/* The memory is freed, or made into something new: no lock in it may be held by current. */
void lockcheck_freed(const void *start, size_t size);
/* The caller will wait for all other CPUs to take an interrupt. */
void lockcheck_wait_for_ipi(void);
/* Of any task, from any context; for panic and the like. */
void show_held_locks(struct task_struct *task);
void show_all_held_locks(void);

#define might_sleep()	lockcheck_might_sleep(__FILE__, __LINE__)
#define might_fault()	lockcheck_might_fault(__FILE__, __LINE__)
/* Of an allocation with these flags. */
#define might_alloc(gfp) do { if ((gfp) & __GFP_RECLAIM) might_sleep(); } while (0)
#else
static __always_inline void lockcheck_before(const void *lock, u16 class, unsigned int how,
					     unsigned long ip) { }
static __always_inline void lockcheck_held(const void *lock, u16 class, unsigned int how,
					   unsigned long ip) { }
static __always_inline void lockcheck_released(const void *lock, u16 class, unsigned int how,
					       unsigned long ip) { }
static __always_inline void lockcheck_rcu_lock(void) { }
static __always_inline void lockcheck_rcu_unlock(void) { }
static __always_inline void lockcheck_rcu_dereference(void) { }
static __always_inline void lockcheck_schedule(unsigned long ip) { }
#define lockcheck_switch(prev, next) do { } while (0)
static __always_inline void lockcheck_faults_off(int more) { }
static __always_inline void lockcheck_irq_enter(void) { }
static __always_inline void lockcheck_return_to_user(void) { }
static __always_inline void lockcheck_task_exit(void) { }
static __always_inline void lockcheck_freed(const void *start, size_t size) { }
static __always_inline void lockcheck_wait_for_ipi(void) { }
#define lockcheck_new_task(task) do { } while (0)
#define show_held_locks(task) do { } while (0)
#define show_all_held_locks() do { } while (0)
#define might_sleep()	do { } while (0)
#define might_fault()	do { } while (0)
#define might_alloc(gfp) do { } while (0)
#endif

#endif
