/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the lock checker, kernel/locking/. Linux's twin: lib/locking-selftest.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/spinlock.h>
#include <vitrix/wait.h>

static DEFINE_SPINLOCK(misc_lock, LC_MISC_SPIN);
static DEFINE_SPINLOCK(irq_lock, LC_WAITQUEUE);

PLANT(spin_order)
{
	spin_lock_irq(&irq_lock);
	spin_lock(&misc_lock);
	spin_unlock(&misc_lock);
	spin_unlock_irq(&irq_lock);
}

PLANT(spin_irqs_on)
{
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
}

PLANT_FATAL(spin_twice)
{
	spin_lock(&misc_lock);
	spin_lock(&misc_lock);
}
