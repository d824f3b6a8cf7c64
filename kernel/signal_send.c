/* SPDX-License-Identifier: MIT */
/*
 * Sending a signal: from "sig for t" to a woken thread. Linux's twin: the middle of
 * kernel/signal.c.
 *
 *   send_signal_locked
 *     prepare_signal     SIGCONT and the stop signals cancel each other; ignored ones end here
 *     queue it           in the thread's queue (PIDTYPE_PID) or the process's (any other type)
 *     complete_signal    picks a thread that does not block it and wakes it; a fatal one begins the
 *                        end of the whole process at once
 *
 * All with the receiver's siglock held; any context, interrupt handlers too.
 */
#include <vitrix/cred.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include <generated/trace_events.h>
#include "signal_internal.h"

/* force: from the kernel, so that even init gets a SIGKILL or SIGSTOP. */
static bool sig_ignored(struct task_struct *t, int sig, bool force)
{
	void *handler;

	/* Blocked signals wait: their action may be another when they are unblocked. */
	if ((t->blocked | t->real_blocked) & sigmask(sig))
		return false;
	/* A tracer sees what the task ignores. */
	if (unlikely(t->ptrace) && sig != SIGKILL)
		return false;
	handler = sig_handler(t, sig);
	/* A kernel thread never comes to get_signal(): a signal would only end all its sleeps. */
	if (unlikely(t->flags & PF_KTHREAD) && (handler == SIG_DFL || handler == SIG_IGN))
		return true;
	if (unlikely(is_global_init(t) && sig_kernel_only(sig)))
		return true;
	if (unlikely(t->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL &&
	    !(force && sig_kernel_only(sig)))
		return true;
	return sig_handler_ignored(handler, sig);
}

static void flush_group(struct task_struct *p, u64 mask)
{
	struct task_struct *t;

	flush_sigqueue_mask(mask, &p->signal->shared_pending);
	for_each_thread(p, t)
		flush_sigqueue_mask(mask, &t->pending);
}

/*
 * SIGCONT acts when it is sent, whether blocked, ignored or handled: stop signals that wait are
 * gone and stopped threads run. That the parent is to hear of it is left in signal->flags; the
 * first thread that comes through get_signal() tells, since here tasklist_lock may not be held.
 */
static void prepare_sigcont(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	struct task_struct *t;
	unsigned int why = 0;

	flush_group(p, SIG_KERNEL_STOP_MASK);
	for_each_thread(p, t) {
		task_clear_jobctl_pending(t, JOBCTL_STOP_PENDING);
		if (unlikely(t->ptrace & PT_SEIZED)) {
			ptrace_trap_notify(t);
			continue;
		}
		t->jobctl &= ~JOBCTL_STOPPED;
		wake_up_state(t, __TASK_STOPPED);
	}
	if (sig->flags & SIGNAL_STOP_STOPPED)
		why = SIGNAL_CLD_CONTINUED;
	else if (sig->group_stop_count)
		why = SIGNAL_CLD_STOPPED;	/* a stop that had begun is told as done */
	if (why) {
		signal_set_stop_flags(sig, why | SIGNAL_STOP_CONTINUED);
		sig->group_stop_count = 0;
		sig->group_exit_code = 0;
	}
}

/* What a signal does by being sent. false: nothing more to do, nobody has to see it. */
static bool prepare_signal(int sig, struct task_struct *p, bool force)
{
	if (p->signal->flags & SIGNAL_GROUP_EXIT)
		return false;			/* dying already */
	if (sig_kernel_stop(sig))
		flush_group(p, sigmask(SIGCONT));
	else if (sig == SIGCONT)
		prepare_sigcont(p);
	return !sig_ignored(p, sig, force);
}

/* Would p be a good one to deliver to: able to, and not busy with another signal? */
static bool wants_signal(int sig, struct task_struct *p)
{
	if (sigismember(&p->blocked, sig) || (p->flags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (p->jobctl & (JOBCTL_STOPPED | JOBCTL_TRACED))
		return false;
	return task_is_running_on_cpu(p) || !signal_pending(p);
}

static struct task_struct *choose_thread(int sig, struct task_struct *p, enum pid_type type)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t;

	if (wants_signal(sig, p))
		return p;
	if (type == PIDTYPE_PID || thread_group_empty(p))
		return NULL;
	/* in turn, so that not one thread gets them all */
	t = signal->curr_target;
	while (!wants_signal(sig, t)) {
		t = next_thread(t);
		if (t == signal->curr_target)
			return NULL;
	}
	signal->curr_target = t;
	return t;
}

/* Its default action is the end of the process. */
static bool sig_fatal(struct task_struct *p, int sig)
{
	return !(sigmask(sig) & (SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK)) &&
	       sig_handler(p, sig) == SIG_DFL;
}

static void complete_signal(int sig, struct task_struct *p, enum pid_type type)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t = choose_thread(sig, p, type);

	if (!t)
		return;		/* it waits until somebody unblocks it */
	if (sig_fatal(p, sig) && !(signal->flags & SIGNAL_GROUP_EXIT) &&
	    !sigismember(&t->real_blocked, sig) && !sig_kernel_coredump(sig) &&
	    (sig == SIGKILL || likely(!p->ptrace))) {
		/*
		 * All threads die of it, in whatever they are doing: no need to wait for t's turn.
		 */
		signal->flags = SIGNAL_GROUP_EXIT;
		signal->group_exit_code = sig;
		signal->group_stop_count = 0;
		for_each_thread(p, t) {
			task_clear_jobctl_pending(t, JOBCTL_PENDING_MASK);
			sigaddset(&t->pending.signal, SIGKILL);
			signal_wake_up(t, true);
		}
		return;
	}
	signal_wake_up(t, sig == SIGKILL);
}

/*
 * t shall look at its signals: wakes it from an interruptible sleep, if fatal also from a killable
 * one.
 */
void signal_wake_up(struct task_struct *t, bool fatal)
{
	unsigned int state = TASK_INTERRUPTIBLE;

	set_tsk_thread_flag(t, TIF_SIGPENDING);
	if (fatal && !(t->jobctl & JOBCTL_PTRACE_FROZEN)) {
		t->jobctl &= ~(JOBCTL_STOPPED | JOBCTL_TRACED);
		state |= TASK_WAKEKILL | __TASK_TRACED;
	}
	/* One that runs on another CPU looks when it is interrupted. */
	if (!wake_up_state(t, state) && t != current && task_is_running_on_cpu(t))
		smp_send_reschedule(READ_ONCE(t->cpu));
}

static void fill_info(struct k_siginfo *to, int sig, struct k_siginfo *info)
{
	if (!is_si_special(info)) {
		*to = *info;
		return;
	}
	memset(to, 0, sizeof(*to));
	to->si_signo = sig;
	if (info == SEND_SIG_PRIV) {
		to->si_code = SI_KERNEL;
	} else {
		to->si_code = SI_USER;
		to->rt.pid = current->tgid;
		to->rt.uid = current_uid();
	}
}

/* q may be NULL: then only the bit says that sig waits. */
static void queue_signal(int sig, struct task_struct *t, struct sigqueue *q, enum pid_type type)
{
	struct sigpending *pending = type == PIDTYPE_PID ? &t->pending : &t->signal->shared_pending;

	if (q)
		list_add_tail(&q->list, &pending->list);
	sigaddset(&pending->signal, sig);
	if (waitqueue_active(&t->sighand->signalfd_wqh))
		wake_up(&t->sighand->signalfd_wqh);
	complete_signal(sig, t, type);
}

/* result as in events.tbl. */
__bounded_frame static void tell_signal(int sig, struct k_siginfo *info, struct task_struct *t,
			enum pid_type type, int result)
{
	int errno = 0, code = info == SEND_SIG_PRIV ? SI_KERNEL : SI_USER;

	if (!is_si_special(info)) {
		errno = info->si_errno;
		code = info->si_code;
	}
	trace_signal_generate(sig, errno, code, t, type != PIDTYPE_PID, result);
	/* One that ends the process at once is never taken, nor is one that is ignored. */
	if (static_branch_unlikely(&trace_key_signal_info) && sig != SIGKILL &&
	    (result == 1 || (t->signal->flags & SIGNAL_GROUP_EXIT))) {
		struct k_siginfo filled;

		fill_info(&filled, sig, info);
		__trace_signal_info(t, &filled, result == 1);
	}
}

/* 0, also if it is ignored; -EAGAIN: a queued real-time signal for which there is no room. */
int send_signal_locked(int sig, struct k_siginfo *info, struct task_struct *t, enum pid_type type)
{
	struct sigpending *pending = type == PIDTYPE_PID ? &t->pending : &t->signal->shared_pending;
	struct sigqueue *q = NULL;

	assert_spin_locked(&t->sighand->siglock);
	if (!prepare_signal(sig, t, info == SEND_SIG_PRIV)) {
		tell_signal(sig, info, t, type, 1);
		return 0;
	}
	if (sig < SIGRTMIN && sigismember(&pending->signal, sig)) {
		tell_signal(sig, info, t, type, 2);
		return 0;			/* waits already */
	}
	/* Nobody sees SIGKILL's details. */
	if (sig != SIGKILL && !(t->flags & PF_KTHREAD)) {
		/* What the kernel or kill(2) sends has to arrive, whatever the limit. */
		bool override = sig < SIGRTMIN && (is_si_special(info) || info->si_code >= 0);

		q = sigqueue_new(sig, t, GFP_ATOMIC, override);
		if (q) {
			fill_info(&q->info, sig, info);
			q->info.si_signo = sig;
		} else if (sig >= SIGRTMIN && !is_si_special(info) && info->si_code != SI_USER) {
			return -EAGAIN;		/* sigqueue(3) promises the value or an error */
		}
	}
	queue_signal(sig, t, q, type);
	tell_signal(sig, info, t, type, 0);
	return 0;
}

/* Without a permission check. type PIDTYPE_PID: to the thread p, else to its process. */
__bounded_frame
int do_send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p, enum pid_type type)
{
	unsigned long flags;
	int err;

	if (!lock_task_sighand(p, &flags))
		return -ESRCH;
	err = send_signal_locked(sig, info, p, type);
	unlock_task_sighand(p, &flags);
	return err;
}

int send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p)
{
	if (!valid_signal(sig) || !sig)
		return sig ? -EINVAL : 0;
	return do_send_sig_info(sig, info, p, PIDTYPE_PID);
}

int send_sig(int sig, struct task_struct *p, int priv)
{
	return send_sig_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, p);
}

/* siglock held: who takes q off copies the count with it. */
static void add_overrun(struct sigqueue *q, u64 missed)
{
	u64 overrun = (u64)q->info.timer.overrun + min(missed, 0x7fffffffUL);

	q->info.timer.overrun = (int)min(overrun, 0x7fffffffUL);
}

/*
 * A posix timer fires: its preallocated q goes into the queue. 0; 1: ignored; -1: nobody there. If
 * q still waits from last time the user sees an overrun instead. missed: so many expiries besides
 * this one are told of by it.
 */
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type, u64 missed)
{
	int sig = q->info.si_signo, ret = -1;
	struct task_struct *t;
	unsigned long flags;

	ASSERT(q->flags & SIGQUEUE_PREALLOC);
	rcu_read_lock();
	t = pid_task(pid, type);
	if (!t || !lock_task_sighand(t, &flags))
		goto out;
	ret = 1;
	if (!prepare_signal(sig, t, false))
		goto unlock;
	ret = 0;
	if (!list_empty(&q->list)) {
		ASSERT(q->info.si_code == SI_TIMER);
		add_overrun(q, missed + 1);
		goto unlock;
	}
	q->info.timer.overrun = 0;
	add_overrun(q, missed);
	queue_signal(sig, t, q, type);
unlock:
	unlock_task_sighand(t, &flags);
out:
	rcu_read_unlock();
	return ret;
}

/* ---- signals that current cannot escape: faults ---- */

static void force_sig_to_current(struct k_siginfo *info, bool always_default)
{
	struct task_struct *t = current;
	struct k_sigaction *action = &t->sighand->action[info->si_signo - 1];
	bool blocked;
	unsigned long flags;

	spin_lock_irqsave(&t->sighand->siglock, flags);
	blocked = sigismember(&t->blocked, info->si_signo);
	if (blocked || action->handler == SIG_IGN || always_default) {
		/* To return would be to fault again, for ever: the default action, death. */
		action->handler = SIG_DFL;
		sigdelset(&t->blocked, info->si_signo);
	}
	/* To debug init shall not leave it killable. */
	if (action->handler == SIG_DFL && !t->ptrace)
		t->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_signal_locked(info->si_signo, info, t, PIDTYPE_PID);
	/* It may have been waiting, blocked, so that sending it woke nobody. */
	recalc_sigpending();
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}

void force_sig(int sig)
{
	struct k_siginfo info = { .si_signo = sig, .si_code = SI_KERNEL };

	force_sig_to_current(&info, false);
}

void force_sig_fault(int sig, int code, void *addr)
{
	struct k_siginfo info = { .si_signo = sig, .si_code = code };

	info.fault.addr = addr;
	force_sig_to_current(&info, false);
}

/* sig's frame could not be built. If sig is SIGSEGV itself its handler cannot help either. */
void force_sigsegv(int sig)
{
	struct k_siginfo info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

	force_sig_to_current(&info, sig == SIGSEGV);
}
