/* SPDX-License-Identifier: MIT */
/*
 * Stopping and continuing whole processes, the end of all threads, and what the parent hears of it.
 * Linux's twin: kernel/signal.c. Job control as in setpgid(2), waitpid(2), signal(7).
 *
 * A group stop: the thread that takes the stop signal marks all others JOBCTL_STOP_PENDING and
 * counts them in group_stop_count; each counts itself down as it comes through get_signal(); the
 * last one sets SIGNAL_STOP_STOPPED and tells the parent.
 *
 *   running --SIGSTOP--> STOP_PENDING --all came--> STOP_STOPPED --SIGCONT--> STOP_CONTINUED
 *
 * Locks: siglock for the counts and flags; tasklist_lock, outside of it, to tell the parent. A
 * traced task takes part in a group stop by a stop for its tracer: kernel/ptrace_stop.c.
 */
#include <vitrix/cred.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include "fork_internal.h"
#include "signal_internal.h"

void signal_set_stop_flags(struct signal_struct *sig, unsigned int flags)
{
	if (WARN_ON(sig->flags & SIGNAL_GROUP_EXIT))
		return;
	sig->flags = (sig->flags & ~SIGNAL_STOP_MASK) | flags;
}

/* false: the task is dying and will not stop. */
bool task_set_jobctl_pending(struct task_struct *task, unsigned long mask)
{
	if (unlikely(fatal_signal_pending(task) || (task->flags & PF_EXITING)))
		return false;
	if (mask & JOBCTL_STOP_SIGMASK)
		task->jobctl &= ~JOBCTL_STOP_SIGMASK;
	task->jobctl |= mask;
	return true;
}

void task_clear_jobctl_pending(struct task_struct *task, unsigned long mask)
{
	if (mask & JOBCTL_STOP_PENDING)
		mask |= JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
	task->jobctl &= ~mask;
	if (!(task->jobctl & JOBCTL_PENDING_MASK))
		task_clear_jobctl_trapping(task);
}

/* PTRACE_ATTACH to a stopped task waits in here for it to be a traced one. */
DECLARE_WAIT_QUEUE_HEAD(jobctl_trapping_wait);

void task_clear_jobctl_trapping(struct task_struct *task)
{
	if (unlikely(task->jobctl & JOBCTL_TRAPPING)) {
		task->jobctl &= ~JOBCTL_TRAPPING;
		wake_up_all(&jobctl_trapping_wait);
	}
}

/*
 * task has stopped, or will never: counts it down. true: it was the last, the parent is to be told.
 */
bool task_participate_group_stop(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	bool counted = task->jobctl & JOBCTL_STOP_CONSUME;

	ASSERT(task->jobctl & JOBCTL_STOP_PENDING);
	task_clear_jobctl_pending(task, JOBCTL_STOP_PENDING);
	if (!counted)
		return false;
	if (!WARN_ON(sig->group_stop_count == 0))
		sig->group_stop_count--;
	if (sig->group_stop_count || (sig->flags & SIGNAL_STOP_STOPPED))
		return false;
	signal_set_stop_flags(sig, SIGNAL_STOP_STOPPED);
	return true;
}

void task_join_group_stop(struct task_struct *p)
{
	struct signal_struct *sig = current->signal;
	unsigned long mask = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (sig->group_stop_count) {
		sig->group_stop_count++;
		mask |= JOBCTL_STOP_CONSUME;
	} else if (!(sig->flags & SIGNAL_STOP_STOPPED)) {
		return;
	}
	task_set_jobctl_pending(p, mask | JOBCTL_STOP_PENDING);
}

/*
 * Current took signr: all threads are to stop. false: a SIGCONT or the end of the process came
 * first.
 */
static bool start_group_stop(int signr)
{
	const unsigned long mark = (unsigned long)signr | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
	struct signal_struct *sig = current->signal;
	struct task_struct *t;

	if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || (sig->flags & SIGNAL_GROUP_EXIT) ||
	    sig->group_exec_task)
		return false;
	if (!(sig->flags & SIGNAL_STOP_STOPPED))
		sig->group_exit_code = signr;
	sig->group_stop_count = 0;
	for_each_thread(current, t) {
		if ((t->jobctl & JOBCTL_STOPPED) || !task_set_jobctl_pending(t, mark))
			continue;
		sig->group_stop_count++;
		if (t == current)
			continue;
		if (unlikely(t->ptrace & PT_SEIZED))
			ptrace_trap_notify(t);
		else
			signal_wake_up(t, false);
	}
	return current->jobctl & JOBCTL_STOP_PENDING;
}

/*
 * Stops, if a stop is pending or signr (else 0) begins one; sleeps until SIGCONT or SIGKILL.
 * siglock held. false: did not stop, siglock still held; true: siglock released.
 */
bool do_signal_stop(int signr)
{
	bool notify;

	if (!(current->jobctl & JOBCTL_STOP_PENDING) && !start_group_stop(signr))
		return false;
	if (unlikely(current->ptrace)) {
		task_set_jobctl_pending(current, JOBCTL_TRAP_STOP);
		return false;		/* its tracer hears of it: do_jobctl_trap() */
	}
	notify = task_participate_group_stop(current);
	current->jobctl |= JOBCTL_STOPPED;
	set_current_state(TASK_STOPPED);
	spin_unlock_irq(&current->sighand->siglock);

	if (notify) {
		spin_lock_irq(&tasklist_lock);
		do_notify_parent_cldstop(current, false, CLD_STOPPED);
		spin_unlock_irq(&tasklist_lock);
	}
	/* The bit, cleared by SIGCONT and SIGKILL, says when to go on; a stray wake-up does not. */
	for (;;) {
		set_current_state(TASK_STOPPED);
		if (!(READ_ONCE(current->jobctl) & JOBCTL_STOPPED))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return true;
}

/*
 * do_exit's first step: no more signals for tsk. What waited for the process and tsk would have
 * taken goes to another thread; a stop that waits only for tsk is complete.
 */
void exit_signals(struct task_struct *tsk)
{
	bool stopped = false;

	if (thread_group_empty(tsk) || (tsk->signal->flags & SIGNAL_GROUP_EXIT)) {
		tsk->flags |= PF_EXITING;
		return;
	}
	spin_lock_irq(&tsk->sighand->siglock);
	tsk->flags |= PF_EXITING;
	if (signal_pending(tsk)) {
		retarget_shared_pending(tsk, ~tsk->blocked);
		if (tsk->jobctl & JOBCTL_STOP_PENDING)
			stopped = task_participate_group_stop(tsk);
	}
	spin_unlock_irq(&tsk->sighand->siglock);
	if (stopped) {
		spin_lock_irq(&tasklist_lock);
		do_notify_parent_cldstop(tsk, false, CLD_STOPPED);
		spin_unlock_irq(&tasklist_lock);
	}
}

/*
 * SIGKILL to all other threads of p's group. How many there are, dead ones that are not released
 * too.
 */
int zap_other_threads_count(struct task_struct *p)
{
	struct task_struct *t;
	int count = 0;

	/* If p, in its exec, is still to take part in a stop, it is the only one now. */
	p->signal->group_stop_count = (p->jobctl & JOBCTL_STOP_CONSUME) ? 1 : 0;
	for_each_thread(p, t) {
		if (t == p)
			continue;
		task_clear_jobctl_pending(t, JOBCTL_PENDING_MASK);
		count++;
		if (t->exit_state)
			continue;
		sigaddset(&t->pending.signal, SIGKILL);
		signal_wake_up(t, true);
	}
	return count;
}

void zap_other_threads(struct task_struct *p)
{
	zap_other_threads_count(p);
}

/* ---- news for the parent; all under tasklist_lock ---- */

void wake_up_parent(struct task_struct *p, struct task_struct *parent)
{
	if (waitqueue_active(&parent->signal->wait_chldexit))
		__wake_up(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, 1, p);
}

/* The part of SIGCHLD's siginfo that says who. */
static void fill_chld_info(struct k_siginfo *info, int sig, struct task_struct *tsk)
{
	u64 utime, stime;

	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->chld.pid = tsk->pid;
	rcu_read_lock();
	info->chld.uid = __task_cred(tsk)->uid;
	rcu_read_unlock();
	task_cputime(tsk, &utime, &stime);
	info->chld.utime = (utime + tsk->signal->utime) / (NSEC_PER_SEC / USER_HZ);
	info->chld.stime = (stime + tsk->signal->stime) / (NSEC_PER_SEC / USER_HZ);
}

/*
 * tsk, a leader whose threads are all gone, or any thread that is traced, is dead: sig (usually
 * SIGCHLD; 0: none) for its parent.
 * true: the parent does not want to wait for it (wait(2), "SIGCHLD ignored").
 */
bool do_notify_parent(struct task_struct *tsk, int sig)
{
	struct sighand_struct *psig = tsk->parent->sighand;
	struct k_sigaction *action = &psig->action[SIGCHLD - 1];
	struct k_siginfo info;
	bool autoreap = false;
	unsigned long flags;

	ASSERT(sig >= 0 && (tsk->ptrace ||
			    (tsk->group_leader == tsk && thread_group_empty(tsk))));
	if (sig) {
		fill_chld_info(&info, sig, tsk);
		info.chld.status = tsk->exit_code & 0x7f;
		if (tsk->exit_code & 0x80) {
			info.si_code = CLD_DUMPED;
		} else if (tsk->exit_code & 0x7f) {
			info.si_code = CLD_KILLED;
		} else {
			info.si_code = CLD_EXITED;
			info.chld.status = tsk->exit_code >> 8;
		}
	}
	spin_lock_irqsave(&psig->siglock, flags);
	if (!tsk->ptrace && sig == SIGCHLD &&
	    (action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT))) {
		autoreap = true;
		if (action->handler == SIG_IGN)
			sig = 0;
	}
	if (sig && valid_signal(sig))
		send_signal_locked(sig, &info, tsk->parent, PIDTYPE_TGID);
	wake_up_parent(tsk, tsk->parent);
	spin_unlock_irqrestore(&psig->siglock, flags);
	return autoreap;
}

/*
 * tsk's process has stopped or continued, for its parent; or tsk itself has, for its tracer. why:
 * CLD_STOPPED, CLD_CONTINUED, CLD_TRAPPED.
 */
void do_notify_parent_cldstop(struct task_struct *tsk, bool for_ptracer, int why)
{
	struct task_struct *who = for_ptracer ? tsk : tsk->group_leader;
	struct task_struct *parent = for_ptracer ? tsk->parent : who->real_parent;
	struct sighand_struct *psig = parent->sighand;
	struct k_sigaction *action = &psig->action[SIGCHLD - 1];
	struct k_siginfo info;
	unsigned long flags;

	fill_chld_info(&info, SIGCHLD, who);
	info.si_code = why;
	info.chld.status = why == CLD_CONTINUED ? SIGCONT :
			   why == CLD_TRAPPED ? who->exit_code & 0x7f :
			   who->signal->group_exit_code & 0x7f;
	spin_lock_irqsave(&psig->siglock, flags);
	if (action->handler != SIG_IGN && !(action->flags & SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, PIDTYPE_TGID);
	wake_up_parent(who, parent);		/* wait4() hears of it in any case */
	spin_unlock_irqrestore(&psig->siglock, flags);
}
