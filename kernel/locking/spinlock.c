/* SPDX-License-Identifier: MIT */
/*
 * How CPUs wait for a spinlock, and the names of the lock classes.
 *
 * On a real machine they queue, and whoever comes first gets in first. Each waits at a place of its
 * own, so that giving the lock on moves one cache line, not one to every CPU that waits:
 *
 *	lock            CPU 2              CPU 5              CPU 3
 *	locked 1        place 2            place 5            place 3
 *	last ---------- next ------------> next ------------> (none)
 *	     \          looks at locked    looks at my_turn   looks at my_turn
 *	      `---------------------------------------------->
 *
 * The first of the queue takes the lock as soon as locked is 0: nobody else does, since the word is
 * not 0 while last is set. Then it tells the next one that it is the first.
 *
 * In a virtual machine a CPU that waits may be one that the hypervisor does not run at the moment,
 * and in a queue all those behind it would wait for that, too, free as the lock may be. There
 * (spin_unfair) whoever sees that the lock is free takes it.
 *
 * A CPU may wait in a task, in an interrupt that came meanwhile, and in an NMI that came then: a
 * place for each.
 *
 * Linux's twin: kernel/locking/qspinlock.c, virt_spin_lock() in arch/x86/include/asm/qspinlock.h.
 * Callers: <vitrix/spinlock.h>. Any context.
 */
#include <vitrix/spinlock.h>
#include <vitrix/bitops.h>
#include <vitrix/kallsyms.h>
#include <vitrix/printk.h>

#define X(id, name, kind) [id] = name,
const char *const lock_class_names[NR_LOCK_CLASSES] = { "no class", LOCK_CLASSES(X) };
#undef X

#define PLACES	4		/* that a CPU has in queues */

struct place {
	struct place *next;
	bool my_turn;
};
static DEFINE_PER_CPU(struct place, places[PLACES]);
static DEFINE_PER_CPU(int, places_used);

DEFINE_PER_CPU(const struct spinlock *, spin_waits_for);
bool spin_unfair;

/* As spinlock.last has it: never 0. */
static u16 number_of_place(int cpu, int depth)
{
	return cpu * PLACES + depth + 1;
}

static struct place *place_of_number(u16 number)
{
	return &per_cpu(places, (number - 1) / PLACES)[(number - 1) % PLACES];
}

/* These take the lock, and return how many turns that took. */

static unsigned long take_when_free(spinlock_t *lock)
{
	unsigned long turns = 0;

	do {
		for (; READ_ONCE(lock->word); turns++)
			cpu_relax();
	} while (!__spin_take(lock));
	return turns;
}

static unsigned long take_in_turn(spinlock_t *lock)
{
	int depth = this_cpu_read(places_used);
	struct place *mine = this_cpu_ptr(&places[depth]), *next;
	u16 number = number_of_place(raw_smp_processor_id(), depth), before;
	u32 alone = (u32)number << 16;
	unsigned long turns = 0;

	this_cpu_write(places_used, depth + 1);
	barrier();		/* an interrupt that comes from here on has another place */
	mine->next = NULL;
	mine->my_turn = false;
	before = __atomic_exchange_n(&lock->last, number, __ATOMIC_SEQ_CST);
	if (before) {
		WRITE_ONCE(place_of_number(before)->next, mine);
		for (; !smp_load_acquire(&mine->my_turn); turns++)
			cpu_relax();
	}
	for (; smp_load_acquire(&lock->locked); turns++)
		cpu_relax();
	if (!__atomic_compare_exchange_n(&lock->word, &alone, 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		WRITE_ONCE(lock->locked, 1);
		while (!(next = READ_ONCE(mine->next)))		/* it is about to write that */
			cpu_relax();
		smp_store_release(&next->my_turn, true);
	}
	barrier();
	this_cpu_write(places_used, depth);
	return turns;
}

void spin_lock_contended(spinlock_t *lock)
{
	/* Of the code that was interrupted here, or NULL. */
	const spinlock_t *outer = this_cpu_read(spin_waits_for);
	unsigned long turns;

	this_cpu_write(spin_waits_for, lock);
	if (spin_unfair || this_cpu_read(places_used) == PLACES)
		turns = take_when_free(lock);
	else
		turns = take_in_turn(lock);
	this_cpu_write(spin_waits_for, outer);
	note_contention(lock->class, turns);
	barrier();
}

static void print_lock(const spinlock_t *lock)
{
	u16 last = READ_ONCE(lock->last);

	pr_emerg("waits for spinlock %s (%p), which is %s",
		 lock->class < NR_LOCK_CLASSES ? lock_class_names[lock->class] : "?", lock,
		 READ_ONCE(lock->locked) ? "taken" : "free");
	if (last)
		pr_cont(", the last in the queue is CPU %u", (last - 1) / PLACES);
	pr_cont("\n");
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
