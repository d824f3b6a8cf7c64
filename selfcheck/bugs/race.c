/* SPDX-License-Identifier: MIT */
/*
 * Planted races for the schedule fuzzer. On one CPU with preempt=none none of them ever happens:
 * the tasks give way only where they say so. Each needs another one of the fuzzer's points.
 *
 *	race_lost_update  preempt_enable(), at the end of a lock that has nothing to do with it
 *	race_put          refcount_dec_and_test(): the object is found after its last put
 *	race_wakeup       set_current_state(): the sleeper looks first, then says that it sleeps
 *	race_rcu          call_rcu(): what can still be found is handed over, and so twice
 *	race_tlb          flush_tlb_kernel_range(): told of a change before the TLB knows it
 */
#include <vitrix/err.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/mutex.h>
#include <vitrix/rcu.h>
#include <vitrix/refcount.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/spinlock.h>
#include <vitrix/vmalloc.h>
#include <arch/tlbflush.h>

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

/* ---------------------------------------------------------------- handed to RCU too early */

#define THINGS 50

static struct thing {
	struct rcu_head head[2];	/* two are enough to see that there was more than one */
	int times;			/* that it was handed over */
} things[THINGS], *published;
static int burnt, handed, twice;
static bool things_done;

static void burn(struct rcu_head *head)
{
	burnt++;
}

/* First out of sight, then to RCU: here it is the other way round. */
static void retire(void)
{
	struct thing *t = READ_ONCE(published);

	if (!t || t->times == 2)
		return;
	handed++;
	twice += ++t->times == 2;
	call_rcu(&t->head[t->times - 1], burn);
	WRITE_ONCE(published, NULL);
}

static int retire_all(void *done)
{
	for (int i = 0; i < THINGS; i++) {
		WRITE_ONCE(published, &things[i]);
		retire();
	}
	WRITE_ONCE(things_done, true);
	complete(done);
	return 0;
}

static int retire_some(void *done)
{
	while (!READ_ONCE(things_done)) {
		retire();
		preempt_schedule_yield();
	}
	complete(done);
	return 0;
}

PLANT_RACE(race_rcu)
{
	burnt = handed = twice = 0;
	things_done = false;
	for (int i = 0; i < THINGS; i++)
		things[i].times = 0;
	if (!run_two(retire_some, retire_all))
		return;
	while (READ_ONCE(burnt) < handed) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(1);
	}
	if (twice)
		selfcheck_report("handed to RCU twice: %d of %d", twice, THINGS);
}

/* ---------------------------------------------------------------- a translation that is gone */

#define MOVES 50

static char *window;			/* shows one of two pages: the first byte tells which */
static struct page *panes[2];
static int pane, stale;
static bool moves_done;

static void show(struct page *page)
{
	pte_t *pte = kernel_lookup_pte((unsigned long)window);

	set_pte(pte, (pte_t){ (pte_val(*pte) & ~PTE_PFN_MASK) | page_to_phys(page) });
}

/* Others may hear of it when the TLBs have: here they hear before. */
static int move_window(void *done)
{
	for (int i = 1; i <= MOVES; i++) {
		show(panes[i & 1]);
		WRITE_ONCE(pane, i & 1);
		flush_tlb_kernel_range((unsigned long)window, (unsigned long)window + PAGE_SIZE);
	}
	WRITE_ONCE(moves_done, true);
	complete(done);
	return 0;
}

static int look_through(void *done)
{
	while (!READ_ONCE(moves_done)) {
		stale += READ_ONCE(*window) != READ_ONCE(pane);
		preempt_schedule_yield();
	}
	complete(done);
	return 0;
}

PLANT_RACE(race_tlb)
{
	struct page *other = alloc_page(GFP_KERNEL);

	window = vmalloc(PAGE_SIZE);
	if (!window || !other)
		return;
	panes[0] = pte_page(*kernel_lookup_pte((unsigned long)window));
	panes[1] = other;
	for (int i = 0; i < 2; i++)
		*(char *)page_address(panes[i]) = i;
	pane = stale = 0;
	moves_done = false;
	run_two(look_through, move_window);
	show(panes[0]);			/* vfree() drops the translation */
	vfree(window);
	__free_page(other);
	if (stale)
		selfcheck_report("seen through a stale translation: %d of %d", stale, MOVES);
}
