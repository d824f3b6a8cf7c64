/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the detectors of kernel/watchdog.c and kernel/hung_task.c: CPUs and tasks that
 * do not go on. Linux's twins: lib/test_lockup.c, drivers/misc/lkdtm/bugs.c. Each makes the
 * detectors impatient, and their first report a panic: nothing here comes to an end by itself.
 */
#include <vitrix/atomic.h>
#include <vitrix/err.h>
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/smp.h>
#include <vitrix/spinlock.h>
#include <vitrix/watchdog.h>
#include <arch/irqflags.h>
#include "../../kernel/sched/sched.h"

static void be_impatient(void)
{
	watchdog_thresh = 1;
	softlockup_panic = hardlockup_panic = 1;
}

/* Part of its caller, which has a frame. */
static __always_inline void spin_for_ever(void)
{
	for (;;)
		cpu_relax();
}

PLANT_FATAL(lockup_soft)
{
	be_impatient();
	preempt_disable();
	spin_for_ever();
}

/* On the last CPU, so that it is another one that notices. */
PLANT_FATAL(lockup_hard)
{
	be_impatient();
	set_cpus_allowed(current, BIT(num_online_cpus() - 1));
	local_irq_disable();
	spin_for_ever();
}

static DEFINE_SPINLOCK(left, LC_MISC_SPIN);
static DEFINE_SPINLOCK(right, LC_MISC_SPIN);
static unsigned int holders;

/* Past the lock checker, which would say it before it happens. */
static noinline void take_both(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	__atomic_add_fetch(&holders, 1, __ATOMIC_SEQ_CST);
	while (READ_ONCE(holders) < 2)
		cpu_relax();
	spin_lock_contended(second);
}

static int right_then_left(void *unused)
{
	set_cpus_allowed(current, BIT(0));
	take_both(&right, &left);
	return 0;
}

PLANT_FATAL(lockup_dead_lock)
{
	be_impatient();
	set_cpus_allowed(current, BIT(1));
	if (IS_ERR(kthread_run(right_then_left, NULL, "right_then_left")))
		return;
	take_both(&left, &right);
}

static DEFINE_MUTEX(held, LC_PIPE);
static DECLARE_COMPLETION(never);
static DECLARE_COMPLETION(taken);

static int hold_for_ever(void *unused)
{
	mutex_lock(&held);
	complete(&taken);
	wait_for_completion(&never);
	return 0;
}

PLANT_FATAL(hung_task)
{
	hung_task_timeout_secs = 1;
	hung_task_panic = 0;
	hung_task_restart();
	if (IS_ERR(kthread_run(hold_for_ever, NULL, "hold_for_ever")))
		return;
	wait_for_completion(&taken);
	hung_task_panic = 1;
	mutex_lock(&held);
}
