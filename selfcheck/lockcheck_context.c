/* SPDX-License-Identifier: MIT */
/*
 * The lock checker, second half: where locks may not be held. Sleeping with a spinlock held or
 * interrupts off, touching user memory, leaving the kernel, ending, freeing the memory a lock lies
 * in, waiting for other CPUs. And the list of held locks for those who report.
 *
 * A task that has set its state to sleep may not do something else that sleeps: that would set the
 * state back, and the wake-up for which it was set would be lost on it.
 *
 * Callers: <vitrix/lockcheck.h>. Lists of other tasks are read without a lock, for the eye. Linux's
 * twins: kernel/locking/lockdep.c, __might_resched() of kernel/sched/core.c.
 */
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/mm_types.h>
#include <vitrix/preempt.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/selfcheck.h>
#include <vitrix/seq_file.h>
#include <arch/irqflags.h>
#include "lockcheck.h"

static const char *why_no_sleep(void)
{
	if (in_interrupt())
		return "in an interrupt";
	if (in_atomic())
		return "with preemption off";
	if (irqs_disabled() && system_state == SYSTEM_RUNNING)
		return "with interrupts off";
	return NULL;
}

void lockcheck_might_sleep(const char *file, int line)
{
	const char *why = why_no_sleep();

	if (likely(!why && READ_ONCE(current->state) == TASK_RUNNING) || !selfcheck_active())
		return;
	if (why)
		selfcheck_report("sleeping %s at %s:%d", why, file, line);
	else
		selfcheck_report("sleeping at %s:%d in state %x, set for another sleep", file,
				 line, current->state);
}

void lockcheck_might_fault(const char *file, int line)
{
	if (current->held_locks.faults_off || !current->mm)
		return;
	lockcheck_might_sleep(file, line);
	if (!in_atomic())
		lockcheck_before(&current->mm->mmap_lock, LC_MMAP, LOCK_RWSEM | LOCK_READER,
				 _RET_IP_);
}

/* The oops and panic code touches user memory from anywhere; an interrupt's pair is balanced. */
void lockcheck_faults_off(int more)
{
	current->held_locks.faults_off += more;
}

void lockcheck_schedule(unsigned long ip)
{
	const char *why = in_atomic() ? why_no_sleep() : NULL;

	if (why && selfcheck_active())
		selfcheck_report("schedule() %s, from %pS", why, (void *)ip);
}

/* prev holds its run queue's lock alone; no sleeping lock changes hands. Interrupts off. */
void lockcheck_switch(struct task_struct *prev, struct task_struct *next)
{
	struct held_locks *from = &prev->held_locks, *to = &next->held_locks;

	for (int i = from->n - 1; i >= 0; i--) {
		struct held_lock h = from->lock[i];

		if (!(h.how & (LOCK_SPIN | LOCK_RCU)))
			break;
		if (h.class != LC_RQ && selfcheck_active())
			selfcheck_report("%s held across a switch, since %pS",
					 h.how & LOCK_RCU ? "RCU read section" :
					 lock_class_names[h.class], (void *)h.ip);
		if (h.class != LC_RQ)
			continue;
		from->n--;
		for (int j = i; j < from->n; j++)
			from->lock[j] = from->lock[j + 1];
		to->lock[to->n++] = h;
	}
}

/* spin_unlock_irq(): what is still held must not need them off. */
void spin_check_irqs_on(void)
{
	struct held_locks *held = &current->held_locks;

	if (!selfcheck_active())
		return;
	if (in_interrupt())
		selfcheck_report("interrupts switched on in an interrupt, at %pS",
				 (void *)_RET_IP_);
	for (int i = 0; i < held->n; i++)
		if ((held->lock[i].how & LOCK_SPIN) &&
		    (lock_class_rules(held->lock[i].class) & RULE_IRQ))
			selfcheck_report("interrupts switched on at %pS while %s is held since "
					 "%pS", (void *)_RET_IP_,
					 lock_class_names[held->lock[i].class],
					 (void *)held->lock[i].ip);
}

void lockcheck_irq_enter(void)
{
	struct held_locks *held = &current->held_locks;

	if (!selfcheck_active())
		return;
	for (int i = 0; i < held->n; i++)
		if ((held->lock[i].how & LOCK_SPIN) && !held->lock[i].in_irq)
			lock_graph_irqs_on(&held->lock[i]);
}

/* What is reported is forgotten, or it would be reported again and again. */
static void none_held(const char *when)
{
	struct held_locks *held = &current->held_locks;

	if (held->n && selfcheck_active()) {
		selfcheck_report("locks held at %s: %d", when, held->n);
		held->n = 0;
	}
}

void lockcheck_return_to_user(void)
{
	none_held("return to user mode");
	if (preempt_count() && selfcheck_active()) {
		selfcheck_report("return to user mode with preempt count %x", preempt_count());
		preempt_count_forget();
	}
}

void lockcheck_task_exit(void)
{
	none_held("the end of a task");
}

void lockcheck_freed(const void *start, size_t size)
{
	struct held_locks *held = &current->held_locks;

	if (in_nmi() || !selfcheck_active())
		return;
	for (int i = 0; i < held->n; i++) {
		const struct held_lock *h = &held->lock[i];

		if (!(h->how & LOCK_RCU) && (size_t)((const char *)h->lock - (char *)start) < size)
			selfcheck_report("memory %p+%lu freed or initialised at %pS with %s in it, "
					 "held since %pS", start, size, (void *)_RET_IP_,
					 lock_class_names[h->class], (void *)h->ip);
	}
}

/*
 * If another CPU waits with interrupts off for a spinlock that this one holds, it never answers.
 */
void lockcheck_wait_for_ipi(void)
{
	struct held_locks *held = &current->held_locks;

	if (!selfcheck_active())
		return;
	if (irqs_disabled() && system_state == SYSTEM_RUNNING)
		selfcheck_report("waiting for other CPUs with interrupts off, at %pS",
				 (void *)_RET_IP_);
	for (int i = 0; i < held->n; i++)
		if ((held->lock[i].how & LOCK_SPIN) && lock_graph_deaf(held->lock[i].class))
			selfcheck_report("waiting for other CPUs at %pS with %s held since %pS",
					 (void *)_RET_IP_, lock_class_names[held->lock[i].class],
					 (void *)held->lock[i].ip);
}

/* ---------------------------------------------------------------- what is held */

static const char *describe(const struct held_lock *h)
{
	if (h->how & LOCK_RCU)
		return "RCU read section";
	return h->class < NR_LOCK_CLASSES ? lock_class_names[h->class] : "?";
}

static const char *how_held(const struct held_lock *h)
{
	return h->how & LOCK_READER ? ", reading" : h->in_irq ? ", by an interrupt" : "";
}

void show_held_locks(struct task_struct *task)
{
	int n = min(READ_ONCE(task->held_locks.n), MAX_HELD_LOCKS);

	if (n)
		pr_emerg("Held by %d (%s):\n", task->pid, task->comm);
	for (int i = 0; i < n; i++) {
		const struct held_lock *h = &task->held_locks.lock[i];

		pr_emerg("  %s (%p)%s since %pS\n", describe(h), h->lock, how_held(h),
			 (void *)h->ip);
	}
}

/* From any context: the list of tasks may change meanwhile, but no task goes away at once. */
void show_all_held_locks(void)
{
	struct task_struct *leader, *p;

	for_each_process(leader)
		for_each_thread(leader, p)
			if (p != current)
				show_held_locks(p);
}

static int show_held(struct seq_file *m, void *v)
{
	struct task_struct *leader, *p;

	spin_lock_irq(&tasklist_lock);
	for_each_process(leader)
		for_each_thread(leader, p) {
			int n = min(READ_ONCE(p->held_locks.n), MAX_HELD_LOCKS);

			for (int i = 0; i < n; i++)
				seq_printf(m, "%d (%s): %s%s since %pS\n", p->pid, p->comm,
					   describe(&p->held_locks.lock[i]),
					   how_held(&p->held_locks.lock[i]),
					   (void *)p->held_locks.lock[i].ip);
		}
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

static int held_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_held, NULL);
}

static const struct file_operations held_fops = {
	.open = held_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "locks_held", 0400, .fops = &held_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init lockcheck_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(lockcheck_init);
