/* SPDX-License-Identifier: MIT */
/*
 * Planted races for the schedule fuzzer. On one CPU with preempt=none none of them ever happens:
 * the tasks give way only where they say so. Each needs another one of the fuzzer's points.
 *
 *	race_lost_update  preempt_enable(), at the end of a lock that has nothing to do with it
 *	race_put          refcount_dec_and_test(): the object is found after its last put
 *	race_wakeup       set_current_state(): the sleeper looks first, then says that it sleeps
 */
#include <vitrix/err.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/refcount.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/spinlock.h>

/* ---------------------------------------------------------------- a lost update */

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

/* Runs both at once, until both are through. false: they do not run. */
static bool run_two(int (*first)(void *), int (*second)(void *))
{
	struct completion done[2];
	int started = 0;

	for (int i = 0; i < 2; i++) {
		init_completion(&done[i]);
		started += !IS_ERR(kthread_run(i ? second : first, &done[i], "racer"));
	}
	if (started != 2)
		return false;
	for (int i = 0; i < 2; i++)
		wait_for_completion(&done[i]);
	return true;
}

PLANT_RACE(race_lost_update)
{
	balance = 0;
	if (run_two(add, add) && balance != 2 * ADDS)
		selfcheck_report("an update was lost: %d of %d", 2 * ADDS - balance, 2 * ADDS);
}

/* ---------------------------------------------------------------- the last put */

#define PUTS 100

static atomic_t users;
static bool in_table, puts_done;
static int found_dead;

/* As the last one it takes the object out of the table, which is too late. */
static int put_all(void *done)
{
	for (int i = 0; i < PUTS; i++) {
		atomic_set(&users, 1);
		WRITE_ONCE(in_table, true);
		if (refcount_dec_and_test(&users))
			WRITE_ONCE(in_table, false);
	}
	WRITE_ONCE(puts_done, true);
	complete(done);
	return 0;
}

static int look_up(void *done)
{
	while (!READ_ONCE(puts_done)) {
		if (READ_ONCE(in_table) && !atomic_read(&users))
			found_dead++;
		preempt_schedule_yield();
	}
	complete(done);
	return 0;
}

PLANT_RACE(race_put)
{
	found_dead = 0;
	puts_done = in_table = false;
	if (run_two(look_up, put_all) && found_dead)
		selfcheck_report("found after its last put: %d of %d", found_dead, PUTS);
}

/* ---------------------------------------------------------------- a lost wake-up */

#define LETTERS 50
#define PATIENCE 3			/* ticks */

static bool letter;
static int lost;
static struct task_struct *reader;	/* a reference */
static bool reader_done;

/* What comes between the look and the state wakes nobody. */
static int read_letters(void *done)
{
	get_task_struct(current);
	WRITE_ONCE(reader, current);
	for (int i = 0; i < LETTERS; i++) {
		if (!READ_ONCE(letter)) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			if (!schedule_timeout(PATIENCE) && READ_ONCE(letter))
				lost++;
		}
		WRITE_ONCE(letter, false);
	}
	WRITE_ONCE(reader_done, true);
	complete(done);
	return 0;
}

/* There as soon as a letter is read; who sleeps too long is left alone. */
static int write_letters(void *done)
{
	int waited = 0;

	while (!READ_ONCE(reader_done)) {
		if (READ_ONCE(reader) && !READ_ONCE(letter)) {
			WRITE_ONCE(letter, true);
			wake_up_process(reader);
			waited = 0;
		}
		if (waited++ < 10) {
			preempt_schedule_yield();
		} else {
			set_current_state(TASK_UNINTERRUPTIBLE);
			schedule_timeout(1);
		}
	}
	complete(done);
	return 0;
}

PLANT_RACE(race_wakeup)
{
	lost = 0;
	letter = reader_done = false;
	reader = NULL;
	if (run_two(read_letters, write_letters)) {
		put_task_struct(reader);
		if (lost)
			selfcheck_report("a wake-up was lost: %d of %d", lost, LETTERS);
	}
}
