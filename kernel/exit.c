/* SPDX-License-Identifier: MIT */
/*
 * The end of a task. Linux's twin: kernel/exit.c.
 *
 *   do_exit                 the task takes itself apart: memory, files, place, terminal
 *     exit_notify           children get a new parent; the own parent hears of the end
 *                             somebody will wait: EXIT_ZOMBIE until wait4() (kernel/wait.c)
 *                             nobody will: EXIT_DEAD, released at once
 *     do_task_dead          the last schedule()
 *   release_task            out of all lists; its times are added to the process's; a grace
 *                           period later the task_struct may be freed
 *
 * exit_state, the family tree and the lists change under tasklist_lock. The leader of a thread
 * group stays a zombie until all other threads are released; only then its parent is told.
 * Left out: core dumps (the status never has the core bit), process accounting.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/printk.h>
#include <vitrix/proc_fs.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/tty.h>
#include <vitrix/vmalloc.h>
#include <vitrix/trace_events.h>
#include <generated/syscalls.h>
#include "fork_internal.h"

long __x64_sys_exit(int error_code)
{
	do_exit((error_code & 0xff) << 8);
}

long __x64_sys_exit_group(int error_code)
{
	do_group_exit((error_code & 0xff) << 8);
}

/* Ends all threads of current's process with the same status. */
void __noreturn do_group_exit(int exit_code)
{
	struct signal_struct *sig = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	if (sig->flags & SIGNAL_GROUP_EXIT) {
		exit_code = sig->group_exit_code;	/* somebody was faster */
	} else if (sig->group_exec_task) {
		exit_code = 0;			/* another thread's exec ends this one only */
	} else {
		sig->group_exit_code = exit_code;
		sig->flags = SIGNAL_GROUP_EXIT;
		zap_other_threads(current);
	}
	spin_unlock_irq(&current->sighand->siglock);
	do_exit(exit_code);
}

/* ---- reparenting; all under tasklist_lock ---- */

static struct task_struct *find_alive_thread(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (!(t->flags & PF_EXITING))
			return t;
	return NULL;
}

/* Who inherits father's children: a thread of its own process, the nearest subreaper, or init. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *reaper = father, *thread;

	thread = find_alive_thread(father);
	if (thread)
		return thread;
	if (father->signal->has_child_subreaper) {
		while ((reaper = reaper->real_parent) != &init_task) {
			if (!reaper->signal->is_child_subreaper)
				continue;
			thread = find_alive_thread(reaper);
			if (thread)
				return thread;
		}
	}
	reaper = pid_task(find_pid(1), PIDTYPE_TGID);
	ASSERT(reaper);
	thread = find_alive_thread(reaper);
	return thread ? thread : reaper;
}

/*
 * Would pgrp, without ignored, have no member whose parent could do job control for it? setpgid(2).
 */
static bool will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored)
{
	struct task_struct *p;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		if (p == ignored || (p->exit_state && thread_group_empty(p)) ||
		    is_global_init(p->real_parent))
			continue;
		if (task_pgrp(p->real_parent) != pgrp &&
		    task_session(p->real_parent) == task_session(p))
			return false;
	}
	return true;
}

/*
 * POSIX, "orphaned process group": nobody could continue a stopped member. Any context, no lock
 * held.
 */
bool is_current_pgrp_orphaned(void)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&tasklist_lock, flags);
	ret = will_become_orphaned_pgrp(task_pgrp(current), NULL);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

static bool has_stopped_jobs(struct pid *pgrp)
{
	struct task_struct *p;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p)
		if (p->signal->flags & SIGNAL_STOP_STOPPED)
			return true;
	return false;
}

/*
 * tsk leaves (parent NULL) or loses its parent: if that orphans its process group and a member is
 * stopped, the group is hung up and woken.
 */
static void kill_orphaned_pgrp(struct task_struct *tsk, struct task_struct *parent)
{
	struct pid *pgrp = task_pgrp(tsk);
	struct task_struct *ignored = NULL;

	if (!parent) {
		parent = tsk->real_parent;
		ignored = tsk;
	}
	if (task_pgrp(parent) != pgrp && task_session(parent) == task_session(tsk) &&
	    will_become_orphaned_pgrp(pgrp, ignored) && has_stopped_jobs(pgrp)) {
		__kill_pgrp_info(SIGHUP, SEND_SIG_PRIV, pgrp);
		__kill_pgrp_info(SIGCONT, SEND_SIG_PRIV, pgrp);
	}
}

/*
 * p has a parent in another process now: that one hears of a zombie that its father never reaped.
 */
static void reparent_leader(struct task_struct *father, struct task_struct *p,
			    struct list_head *dead)
{
	if (p->exit_state == EXIT_DEAD)
		return;
	p->exit_signal = SIGCHLD;
	if (!p->ptrace && p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) &&
	    do_notify_parent(p, p->exit_signal)) {
		p->exit_state = EXIT_DEAD;
		list_add(&p->reap_entry, dead);
	}
	kill_orphaned_pgrp(p, father);
}

static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *p, *t, *reaper;

	if (unlikely(!list_empty(&father->ptraced)))
		exit_ptrace(father, dead);
	if (likely(list_empty(&father->children)))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry(p, &father->children, sibling) {
		for_each_thread(p, t) {
			t->real_parent = reaper;
			if (likely(!t->ptrace))
				t->parent = reaper;
			if (t->pdeath_signal)
				group_send_sig_info(t->pdeath_signal, SEND_SIG_NOINFO, t);
		}
		if (!same_thread_group(reaper, father))
			reparent_leader(father, p, dead);
	}
	list_splice_tail_init(&father->children, &reaper->children);
}

/* ---- do_exit ---- */

static void exit_mm(struct task_struct *tsk)
{
	struct mm_struct *mm = tsk->mm;

	mm_release(tsk, mm);
	if (!mm)
		return;
	/* This CPU goes on running on mm's tables until it switches: a lazy user. */
	mmgrab(mm);
	ASSERT(mm == tsk->active_mm);
	task_lock(tsk);
	tsk->mm = NULL;
	task_unlock(tsk);
	mmput(mm);
}

/* Tells the parent, or releases the task at once if nobody will ask for its status. */
static void exit_notify(struct task_struct *tsk, bool group_dead)
{
	struct task_struct *p, *n;
	LIST_HEAD(dead);
	bool autoreap = true;

	spin_lock_irq(&tasklist_lock);
	forget_original_parent(tsk, &dead);
	if (group_dead)
		kill_orphaned_pgrp(tsk->group_leader, NULL);
	tsk->exit_state = EXIT_ZOMBIE;
	/* A tracer waits for threads, too. Nobody waits for a kernel thread. */
	if (unlikely(tsk->ptrace))
		autoreap = do_notify_parent(tsk, thread_group_leader(tsk) &&
					    thread_group_empty(tsk) && !ptrace_reparented(tsk) ?
					    tsk->exit_signal : SIGCHLD);
	else if (thread_group_leader(tsk) && !(tsk->flags & PF_KTHREAD))
		autoreap = thread_group_empty(tsk) && do_notify_parent(tsk, tsk->exit_signal);
	if (autoreap) {
		tsk->exit_state = EXIT_DEAD;
		list_add(&tsk->reap_entry, &dead);
	}
	/* An exec in another thread waits for this leader to become a zombie. */
	if (unlikely(tsk->signal->notify_count < 0))
		wake_up_process(tsk->signal->group_exec_task);
	spin_unlock_irq(&tasklist_lock);

	list_for_each_entry_safe(p, n, &dead, reap_entry) {
		list_del_init(&p->reap_entry);
		release_task(p);
	}
}

/* Where an exit would do harm: the cause is a bug in the kernel, not in the task. */
static void check_exit_allowed(struct task_struct *tsk)
{
	if (unlikely(in_interrupt()))
		panic("Aiee, killing interrupt handler!");
	if (unlikely(!tsk->pid))
		panic("Attempted to kill the idle task!");
	if (unlikely(in_atomic())) {
		pr_info("note: %s[%d] exited with preempt_count %d\n", tsk->comm, tsk->pid,
			preempt_count());
		preempt_count_forget();
	}
	if (unlikely(irqs_disabled()))
		local_irq_enable();
	if (unlikely(tsk->flags & PF_EXITING)) {
		pr_err("Fixing recursive fault but reboot is needed!\n");
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			schedule();
		}
	}
}

/* The last thread is going. If nobody called exit_group() its status is the process's. */
static void group_end(struct task_struct *tsk, int code)
{
	struct signal_struct *sig = tsk->signal;

	if (!(READ_ONCE(sig->flags) & SIGNAL_GROUP_EXIT)) {
		spin_lock_irq(&tsk->sighand->siglock);
		if (!(sig->flags & SIGNAL_GROUP_EXIT)) {
			sig->flags = SIGNAL_GROUP_EXIT;
			sig->group_exit_code = code;
			sig->group_stop_count = 0;
		}
		spin_unlock_irq(&tsk->sighand->siglock);
	}
	if (tsk->mm) {
		unsigned long pages = max(tsk->mm->hiwater_rss, mm_rss(tsk->mm));

		sig->maxrss = max(sig->maxrss, pages << (PAGE_SHIFT - 10));
	}
}

/*
 * code: wait status. Called in task context with no lock held; also by a trap that the kernel
 * caused.
 */
void __noreturn do_exit(long code)
{
	struct task_struct *tsk = current;
	bool group_dead;

	check_exit_allowed(tsk);
	ptrace_event(PTRACE_EVENT_EXIT, code);
	trace_sched_process_exit(tsk);
	trace_task_end(tsk, code);
	trace_task_exit(tsk);
	exit_signals(tsk);		/* sets PF_EXITING: no more signals come here */
	group_dead = atomic_dec_and_test(&tsk->signal->live);
	schedfuzz_gap();
	if (group_dead) {
		group_end(tsk, code);
		if (unlikely(is_global_init(tsk)))
			panic("Attempted to kill init! exitcode=0x%08x",
			      tsk->signal->group_exit_code);
		exit_itimers(tsk);
	}
	tsk->exit_code = code;

	exit_mm(tsk);
	exit_files(tsk);
	exit_fs(tsk);
	if (group_dead && tsk->signal->leader)
		disassociate_ctty(1);
	exit_thread(tsk);
	exit_notify(tsk, group_dead);
	lockcheck_task_exit();
	do_task_dead();
}

/* ---- release_task ---- */

/* The dead thread's times and faults become the process's. siglock held. */
static void account_dead_thread(struct task_struct *tsk, struct signal_struct *sig)
{
	u64 utime, stime;

	task_cputime(tsk, &utime, &stime);
	sig->utime += utime;
	sig->stime += stime;
	sig->min_flt += tsk->min_flt;
	sig->maj_flt += tsk->maj_flt;
	sig->nvcsw += tsk->nvcsw;
	sig->nivcsw += tsk->nivcsw;
	/* Up to now, not to the last tick: the others were told of the slice that goes on. */
	sig->sum_sched_runtime += utime + stime;
}

/* tasklist_lock and siglock held. */
static void unhash_task(struct task_struct *p, bool leader)
{
	nr_threads--;
	detach_pid(p, PIDTYPE_PID);
	if (leader) {
		detach_pid(p, PIDTYPE_TGID);
		detach_pid(p, PIDTYPE_PGID);
		detach_pid(p, PIDTYPE_SID);
	}
	/* Empty for a thread, but for a leader whose place another thread's exec took. */
	list_del_init(&p->tasks);
	list_del_init(&p->sibling);
	p->signal->nr_threads--;
	list_del_init(&p->thread_node);
}

/* The signal side: from here on the task cannot be signalled. tasklist_lock held. */
static void exit_signal_struct(struct task_struct *tsk, struct tty_struct **tty)
{
	struct signal_struct *sig = tsk->signal;
	struct sighand_struct *sighand = tsk->sighand;
	bool leader = thread_group_leader(tsk);

	spin_lock(&sighand->siglock);
	if (leader) {
		*tty = sig->tty;
		sig->tty = NULL;
	} else {
		if (sig->notify_count > 0 && !--sig->notify_count)
			wake_up_process(sig->group_exec_task);
		if (tsk == sig->curr_target)
			sig->curr_target = tsk->group_leader;
	}
	account_dead_thread(tsk, sig);
	unhash_task(tsk, leader);
	flush_sigqueue(&tsk->pending);
	if (leader)
		flush_sigqueue(&sig->shared_pending);
	smp_store_release(&tsk->sighand, NULL);
	spin_unlock(&sighand->siglock);
	__cleanup_sighand(sighand);
	clear_tsk_thread_flag(tsk, TIF_SIGPENDING);
}

static void delayed_put_task_struct(struct rcu_head *head)
{
	put_task_struct(container_of(head, struct task_struct, rcu));
}

/*
 * The stack of a task that has switched away for ever and that nobody else holds is of no more use.
 * Freed here it is the next fork's stack, instead of one more that waits for a grace period.
 */
static void release_stack_early(struct task_struct *p)
{
	if (atomic_read(&p->usage) == 1 && !READ_ONCE(p->on_cpu)) {
		free_thread_stack(p->stack);
		p->stack = NULL;
	}
}

/*
 * Takes a dead task (EXIT_DEAD) out of everything. If it was the last thread but the leader, a
 * zombie, then the leader's parent is told, or the leader goes too. May not sleep with locks; task
 * context.
 */
void release_task(struct task_struct *p)
{
	struct task_struct *leader;
	struct tty_struct *tty;
	struct pid *in_proc;
	bool zap_leader;

	do {
		ASSERT(p->exit_state == EXIT_DEAD);
		in_proc = p->thread_pid->in_proc ? get_pid(p->thread_pid) : NULL;
		tty = NULL;
		zap_leader = false;
		leader = p->group_leader;
		rcu_read_lock();
		atomic_dec(&__task_cred(p)->user->processes);
		rcu_read_unlock();

		spin_lock_irq(&tasklist_lock);
		ptrace_unlink(p);
		exit_signal_struct(p, &tty);
		if (leader != p && thread_group_empty(leader) &&
		    leader->exit_state == EXIT_ZOMBIE) {
			zap_leader = do_notify_parent(leader, leader->exit_signal);
			if (zap_leader)
				leader->exit_state = EXIT_DEAD;
		}
		spin_unlock_irq(&tasklist_lock);
		tty_kref_put(tty);
		if (unlikely(in_proc))
			proc_flush_pid(in_proc);
		release_stack_early(p);
		call_rcu(&p->rcu, delayed_put_task_struct);
		p = leader;
	} while (zap_leader);
}
