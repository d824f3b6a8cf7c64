/* SPDX-License-Identifier: MIT */
/*
 * The lock checker: each task keeps a list of what it holds, and each lock is compared with that
 * list before it is waited for. So a deadlock is reported although it did not happen this time.
 *
 *	class     each lock has one, of its own kind
 *	order     only classes that stand lower in <vitrix/lock_classes.h>; two of one class only as
 *	          its line there says
 *	twice     never a lock that is held already, as a reader neither: a writer may wait between
 *	irq       a class marked "irq" only with interrupts off; no other class in an interrupt
 *	irq pair  inside of a lock that interrupts take, no lock that is elsewhere held with
 *	          interrupts on: learned from what happens (lockcheck_graph.c)
 *	owner     released only by who holds it
 *
 *	task:       a      b            c                  (held, in order)
 *	interrupt:                          | d            (on the same list, but compared only
 *	                                                     with what interrupts hold)
 *
 * trylock cannot wait, so it is only noted. NMIs take no locks but by trylock, and are not noted.
 *
 * Callers: <vitrix/spinlock.h>, kernel/locking/, mm/filemap.c. Any context. The list of a task is
 * its own, changed with interrupts off. Linux's twin: kernel/locking/lockdep.c. Left out: classes
 * are not found out but declared, so there is no search for cycles.
 */
#include <vitrix/lockcheck.h>
#include <vitrix/init.h>
#include <vitrix/preempt.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>
#include <arch/irqflags.h>
#include "lockcheck.h"

#define X(id, name, kind) [id] = kind,
static const char *const kinds[NR_LOCK_CLASSES] = { LOCK_CLASSES(X) };
#undef X
static u16 rules[NR_LOCK_CLASSES];	/* 0: not read yet. Any CPU may, all find the same */

static unsigned int read_kind(const char *kind)
{
	unsigned int r = strncmp(kind, "spin", 4) == 0 ? LOCK_SPIN :
			 strncmp(kind, "mutex", 5) == 0 ? LOCK_MUTEX :
			 strncmp(kind, "rwsem", 5) == 0 ? LOCK_RWSEM : LOCK_BIT;

	if (strstr(kind, "irq"))
		r |= RULE_IRQ;
	if (strstr(kind, "two"))
		r |= RULE_TWO;
	if (strstr(kind, "then") || strstr(kind, "all"))
		r |= RULE_NESTS;
	if (strstr(kind, "by address"))
		r |= RULE_BY_ADDRESS;
	if (strstr(kind, "by cpu"))
		r |= RULE_BY_CPU;
	return r;
}

unsigned int lock_class_rules(u16 class)
{
	if (!rules[class])
		rules[class] = read_kind(kinds[class]);
	return rules[class];
}

/* Before there are tasks, and in an NMI, nothing is noted. */
static struct held_locks *my_held(void)
{
	return in_nmi() || !current ? NULL : &current->held_locks;
}

static bool class_is_good(const void *lock, u16 class, unsigned int how, unsigned long ip)
{
	if (class <= LC_NONE || class >= NR_LOCK_CLASSES) {
		selfcheck_report("lock %p at %pS has no class (%u): never initialised?", lock,
				 (void *)ip, class);
		return false;
	}
	if (!(lock_class_rules(class) & how & LOCK_KINDS)) {
		selfcheck_report("%s: lock %p at %pS is of another kind than its class",
				 lock_class_names[class], lock, (void *)ip);
		return false;
	}
	return true;
}

/* Which CPU's copy of per-CPU data is it? -1: none */
static int cpu_of_address(const void *p)
{
	size_t size = __per_cpu_end - __per_cpu_start;
	int cpu;

	for_each_possible_cpu(cpu)
		if ((const char *)p - per_cpu_ptr(&__per_cpu_start[0], cpu) < size)
			return cpu;
	return -1;
}

/* May inner be taken inside of outer, which has the same class? n: how many are held */
static const char *nesting_error(const void *outer, const void *inner, unsigned int rule, int n)
{
	if (!(rule & (RULE_TWO | RULE_NESTS)))
		return "one of this class is held already";
	if ((rule & RULE_TWO) && n > 1)
		return "two of this class are held already";
	if ((rule & RULE_BY_CPU) && cpu_of_address(outer) > cpu_of_address(inner))
		return "a higher CPU's is held";
	if ((rule & (RULE_TWO | RULE_BY_ADDRESS)) == (RULE_TWO | RULE_BY_ADDRESS) && outer > inner)
		return "one at a higher address is held";
	return NULL;
}

static void check_against(const struct held_lock *h, const void *lock, u16 class,
			  unsigned long ip, int same_class)
{
	const char *why = NULL, *name = lock_class_names[class];

	if (h->lock == lock) {
		if (lock_class_rules(class) & LOCK_RWSEM)
			selfcheck_report("lock taken twice: %s %p at %pS, held since %pS", name,
					 lock, (void *)ip, (void *)h->ip);
		else	/* the task is about to wait for itself */
			selfcheck_fatal("lock taken twice: %s %p at %pS, held since %pS", name,
					lock, (void *)ip, (void *)h->ip);
		return;
	}
	if (h->class == class)
		why = nesting_error(h->lock, lock, lock_class_rules(class), same_class);
	else if (h->class > class)
		why = "it stands above";
	if (why)
		selfcheck_report("lock order: %s at %pS while holding %s since %pS: %s", name,
				 (void *)ip, lock_class_names[h->class], (void *)h->ip, why);
}

void lockcheck_before(const void *lock, u16 class, unsigned int how, unsigned long ip)
{
	struct held_locks *held = my_held();
	bool in_irq = in_interrupt();
	int same_class = 0;

	if (!(how & LOCK_SPIN))
		schedfuzz_gap();
	if (!held || !selfcheck_active() || !class_is_good(lock, class, how, ip))
		return;
	if ((how & LOCK_SPIN) && (lock_class_rules(class) & RULE_IRQ) && !irqs_disabled())
		selfcheck_report("%s: taken at %pS with interrupts on", lock_class_names[class],
				 (void *)ip);
	if (in_irq && !(lock_class_rules(class) & RULE_IRQ))
		selfcheck_report("%s: taken at %pS in an interrupt, its class is not for that",
				 lock_class_names[class], (void *)ip);
	for (int i = 0; i < held->n; i++)
		same_class += held->lock[i].class == class && held->lock[i].in_irq == in_irq;
	for (int i = 0; i < held->n; i++) {
		const struct held_lock *h = &held->lock[i];

		if ((h->how & LOCK_RCU) || h->in_irq != in_irq)
			continue;
		check_against(h, lock, class, ip, same_class);
		lock_graph_pair(h, class, ip);
	}
	lock_graph_used(class, how, ip);
}

/* Without a check: also for trylock. */
void lockcheck_held(const void *lock, u16 class, unsigned int how, unsigned long ip)
{
	struct held_locks *held = my_held();
	unsigned long flags;

	if (!held)
		return;
	flags = local_irq_save();
	if (held->n < MAX_HELD_LOCKS)
		held->lock[held->n++] = (struct held_lock){
			.lock = lock, .ip = ip, .class = class, .how = how,
			.in_irq = in_interrupt(),
		};
	else
		selfcheck_fatal("more than %d locks held", MAX_HELD_LOCKS);
	local_irq_restore(flags);
}

/* The last that was taken is usually the first to go. */
void lockcheck_released(const void *lock, u16 class, unsigned int how, unsigned long ip)
{
	struct held_locks *held = my_held();
	unsigned long flags;
	int i;

	if (!held)
		return;
	flags = local_irq_save();
	for (i = held->n - 1; i >= 0; i--)
		if (held->lock[i].lock == lock && (held->lock[i].how & how & LOCK_ALL_KINDS))
			break;
	if (i >= 0) {
		held->n--;
		memmove(&held->lock[i], &held->lock[i + 1],
			(held->n - i) * sizeof(held->lock[0]));
	} else if (selfcheck_active()) {
		selfcheck_report("%s: %p released at %pS by one who does not hold it",
				 how & LOCK_RCU ? "RCU read section" :
				 class < NR_LOCK_CLASSES ? lock_class_names[class] : "?",
				 lock, (void *)ip);
	}
	local_irq_restore(flags);
}

/* ---------------------------------------------------------------- spinlocks */

void spin_check_before(const spinlock_t *lock)
{
	schedfuzz_delay();
	lockcheck_before(lock, lock->class, LOCK_SPIN, _RET_IP_);
}

void spin_check_held(spinlock_t *lock)
{
	lock->holder_cpu = smp_processor_id() + 1;
	lock->holder_ip = _RET_IP_;
	lockcheck_held(lock, lock->class, LOCK_SPIN, _RET_IP_);
}

void spin_check_unlock(spinlock_t *lock)
{
	lock->holder_cpu = 0;
	lockcheck_released(lock, lock->class, LOCK_SPIN, _RET_IP_);
}

void spin_check_init(const spinlock_t *lock)
{
	lockcheck_freed(lock, sizeof(*lock));
}

/* ---------------------------------------------------------------- RCU read sections */

static char rcu_section;		/* stands for the section on the lists */

void lockcheck_rcu_lock(void)
{
	lockcheck_held(&rcu_section, LC_NONE, LOCK_RCU, _RET_IP_);
}

void lockcheck_rcu_unlock(void)
{
	schedfuzz_delay();
	lockcheck_released(&rcu_section, LC_NONE, LOCK_RCU, _RET_IP_);
}

/* A reader is in a section or holds the lock that keeps writers out; which one is not known. */
void lockcheck_rcu_dereference(void)
{
	const struct held_locks *held = my_held();

	if (held && !held->n && !in_atomic() && !irqs_disabled() && selfcheck_active())
		selfcheck_report("RCU pointer read at %pS outside of a read section",
				 (void *)_RET_IP_);
}
