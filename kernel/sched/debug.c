/* SPDX-License-Identifier: MIT */
/*
 * Tasks, told to the log: for sysrq, and for the detectors of lock-ups and hung tasks. Linux's
 * twins: sched_show_task() and show_state_filter() of kernel/sched/core.c, kernel/sched/debug.c.
 *
 * A task that waits for a mutex or rw_semaphore says which, in blocked_on: the slow half of the
 * lock sets it. Who owns the lock is then looked for among all tasks, and never followed as a
 * pointer: the lock may be released, and its owner gone, while it is looked at. In DEBUG the lists
 * of the lock checker tell the readers of a rw_semaphore, too, and where each took it.
 *
 * Any context in which tasklist_lock may be taken. What is read of other tasks may change
 * meanwhile.
 */
#include <vitrix/kallsyms.h>
#include <vitrix/printk.h>
#include <vitrix/sched_debug.h>
#include <vitrix/stacktrace.h>
#include "sched.h"

#define MAX_FRAMES	24

u64 cpu_nr_switches(int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_switches);
}

bool cpu_has_work(int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_running) != 0;
}

static void print_holder(const struct task_struct *p, unsigned long since)
{
	if (since)
		pr_emerg("  held by %s:%d since %pS\n", p->comm, p->pid, (void *)since);
	else
		pr_emerg("  held by %s:%d\n", p->comm, p->pid);
}

#ifdef CONFIG_DEBUG
/* Where p took the lock; 0: it does not hold it. */
static unsigned long held_since(const struct task_struct *p, const void *lock)
{
	int n = min(READ_ONCE(p->held_locks.n), MAX_HELD_LOCKS);

	for (int i = 0; i < n; i++)
		if (READ_ONCE(p->held_locks.lock[i].lock) == lock)
			return p->held_locks.lock[i].ip;
	return 0;
}
#else
static unsigned long held_since(const struct task_struct *p, const void *lock)
{
	return 0;
}
#endif

static const struct task_struct *owner_of(const struct sleeping_lock_ref *ref)
{
	if (ref->mutex)
		return READ_ONCE(ref->mutex->owner);
	return READ_ONCE(ref->rwsem->writer);
}

/* tasklist_lock held. */
static void show_blocked_on(struct task_struct *p)
{
	struct sleeping_lock_ref ref = p->blocked_on;
	const void *lock = ref.mutex ? (const void *)ref.mutex : ref.rwsem;
	const struct task_struct *owner;
	struct task_struct *leader, *t;

	if (!lock)
		return;
	pr_emerg("waits for %s %s (%p)\n", ref.mutex ? "mutex" : "rw_semaphore",
		 p->wait_name ?: "?", lock);
	owner = owner_of(&ref);
	for_each_process(leader)
		for_each_thread(leader, t) {
			unsigned long since = held_since(t, lock);

			if (t == owner || since)
				print_holder(t, since);
		}
}

static void show_call_chain(struct task_struct *p)
{
	unsigned long addr[MAX_FRAMES];
	unsigned int n;

	/* Of the dead the stack may be gone, of one that runs it says nothing. */
	if (p->exit_state || READ_ONCE(p->state) == TASK_DEAD)
		return;
	if (p != current && task_is_running_on_cpu(p)) {
		pr_emerg("  runs on CPU %d\n", p->cpu);
		return;
	}
	n = stack_trace_save_tsk(p, addr, MAX_FRAMES);
	pr_emerg("Call Trace:\n");
	for (unsigned int i = 0; i < n; i++)
		pr_emerg("  [<%016lx>] %pS\n", addr[i], (void *)addr[i]);
}

void sched_show_task(struct task_struct *p)
{
	pr_emerg("task:%-15.15s state:%c pid:%-5d ppid:%-5d flags:0x%08x cpu:%d\n", p->comm,
		 task_state_to_char(p), p->pid, p->real_parent ? p->real_parent->tgid : 0, p->flags,
		 p->cpu);
	show_call_chain(p);
	if (p->state & TASK_NORMAL)
		show_blocked_on(p);
	show_held_locks(p);
}

void show_state_filter(unsigned int states)
{
	struct task_struct *leader, *p;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(leader)
		for_each_thread(leader, p)
			if (!states || (READ_ONCE(p->state) & states))
				sched_show_task(p);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}
