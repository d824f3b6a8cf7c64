/* SPDX-License-Identifier: MIT */
/*
 * A planted race for the schedule fuzzer: two threads add to one number without a lock. Between
 * reading and writing it each takes and releases a lock that has nothing to do with it, as real
 * code does; a switch at that release loses an update. On one CPU with preempt=none that never
 * happens.
 */
#include <vitrix/err.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/spinlock.h>

#define ADDS 20

static DEFINE_SPINLOCK(other_lock, LC_MISC_SPIN);
static int balance, moves;

static int add(void *done)
{
	for (int i = 0; i < ADDS; i++) {
		int was = READ_ONCE(balance);

		spin_lock(&other_lock);
		moves++;
		spin_unlock(&other_lock);
		WRITE_ONCE(balance, was + 1);
	}
	complete(done);
	return 0;
}

PLANT_RACE(race_lost_update)
{
	struct completion done[2];
	int started = 0;

	balance = 0;
	for (int i = 0; i < 2; i++) {
		init_completion(&done[i]);
		started += !IS_ERR(kthread_run(add, &done[i], "adder"));
	}
	if (started != 2)
		return;
	for (int i = 0; i < 2; i++)
		wait_for_completion(&done[i]);
	if (balance != 2 * ADDS)
		selfcheck_report("an update was lost: %d of %d", 2 * ADDS - balance, 2 * ADDS);
}
