/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the lock checker: locks in the wrong context, sleeping where one may not, locks
 * that are never released. Order and nesting: locks.c. Linux's twin: lib/locking-selftest.c.
 */
#include <vitrix/err.h>
#include <vitrix/hrtimer.h>
#include <vitrix/mm_types.h>
#include <vitrix/mutex.h>
#include <vitrix/rcu.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab.h>
#include <vitrix/spinlock.h>
#include <vitrix/uaccess.h>

static DEFINE_SPINLOCK(misc_lock, LC_MISC_SPIN);
static DEFINE_SPINLOCK(irq_lock, LC_WAITQUEUE);
static DEFINE_MUTEX(pipe_like, LC_PIPE);

static void run_in_interrupt(enum hrtimer_restart (*fn)(struct hrtimer *timer))
{
	struct hrtimer timer;

	hrtimer_init(&timer, CLOCK_MONOTONIC, fn);
	hrtimer_start(&timer, NSEC_PER_MSEC, HRTIMER_MODE_REL);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(HZ / 50);
	hrtimer_cancel(&timer);
}

static enum hrtimer_restart in_the_interrupt(struct hrtimer *timer)
{
	spin_lock(&misc_lock);
	spin_unlock(&misc_lock);
	return HRTIMER_NORESTART;
}

PLANT(irq_takes_wrong_class)
{
	run_in_interrupt(in_the_interrupt);
}

static bool came;

static enum hrtimer_restart takes_irq_lock(struct hrtimer *timer)
{
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	return HRTIMER_NORESTART;
}

/* An interrupt takes A; inside of A is B; B is elsewhere held with interrupts on. */
PLANT(irq_pair)
{
	static DEFINE_SPINLOCK(b, LC_VMALLOC);
	unsigned long flags;

	run_in_interrupt(takes_irq_lock);
	spin_lock(&b);
	spin_unlock(&b);
	spin_lock_irqsave(&irq_lock, flags);
	spin_lock(&b);
	spin_unlock(&b);
	spin_unlock_irqrestore(&irq_lock, flags);
}

static enum hrtimer_restart just_come(struct hrtimer *timer)
{
	WRITE_ONCE(came, true);
	return HRTIMER_NORESTART;
}

/* The lock is taken with interrupts off, and then they are switched on. */
PLANT(irq_comes_into_lock)
{
	struct hrtimer timer;

	hrtimer_init(&timer, CLOCK_MONOTONIC, just_come);
	came = false;
	spin_lock_irq(&irq_lock);
	hrtimer_start(&timer, NSEC_PER_MSEC, HRTIMER_MODE_REL);
	local_irq_enable();
	while (!READ_ONCE(came))
		cpu_relax();
	local_irq_disable();
	spin_unlock_irq(&irq_lock);
	hrtimer_cancel(&timer);
}

PLANT(irqs_on_too_early)
{
	static DEFINE_SPINLOCK(inner, LC_PID);

	spin_lock_irq(&irq_lock);
	spin_lock_irq(&inner);
	spin_unlock_irq(&inner);
	local_irq_disable();
	spin_unlock_irq(&irq_lock);
}

PLANT(sleep_in_spinlock)
{
	spin_lock(&misc_lock);
	might_sleep();
	spin_unlock(&misc_lock);
}

PLANT(sleep_irqs_off)
{
	local_irq_disable();
	mutex_lock(&pipe_like);
	mutex_unlock(&pipe_like);
	local_irq_enable();
}

PLANT(sleep_in_rcu)
{
	rcu_read_lock();
	synchronize_rcu();
	rcu_read_unlock();
}

PLANT(sleep_alloc)
{
	void *p;

	spin_lock(&misc_lock);
	p = kmalloc(8, GFP_KERNEL);
	spin_unlock(&misc_lock);
	kfree(p);
}

PLANT(sleep_user_memory)
{
	int __maybe_unused x;

	spin_lock(&misc_lock);
	(void)get_user(x, (int *)current->mm->start_stack);
	spin_unlock(&misc_lock);
}

/* The fault would wait for a writer who waits for this reader. */
PLANT(user_memory_in_mmap_lock)
{
	int __maybe_unused x;

	down_read(&current->mm->mmap_lock);
	(void)get_user(x, (int *)current->mm->start_stack);
	up_read(&current->mm->mmap_lock);
}

/* Taking the mutex would make it TASK_RUNNING, and the wake-up it wants to wait for is lost. */
PLANT(sleep_within_sleep)
{
	set_current_state(TASK_INTERRUPTIBLE);
	mutex_lock(&pipe_like);
	mutex_unlock(&pipe_like);
	__set_current_state(TASK_RUNNING);
}

PLANT_FATAL(schedule_in_spinlock)
{
	spin_lock(&misc_lock);
	schedule();
}

PLANT(rcu_pointer_unprotected)
{
	static int *pointer;

	(void)rcu_dereference(pointer);
}

PLANT(rcu_unlock_too_many)
{
	preempt_disable();
	rcu_read_unlock();
}

PLANT(held_at_return)
{
	static DEFINE_MUTEX(lock, LC_PIPE);

	mutex_lock(&lock);
}

PLANT(rcu_held_at_return)
{
	rcu_read_lock();
}

static int just_take(void *lock)
{
	mutex_lock(lock);
	return 0;
}

PLANT(held_at_exit)
{
	static DEFINE_MUTEX(lock, LC_PIPE);

	if (IS_ERR(kthread_run(just_take, &lock, "plant")))
		return;
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(HZ / 10);
}
