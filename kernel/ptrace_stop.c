/* SPDX-License-Identifier: MIT */
/*
 * The tracee's side of ptrace(2): it stops, tells its tracer, sleeps until the tracer lets it go
 * on, and looks at what the tracer left for it. Linux's twin: the ptrace parts of kernel/signal.c.
 *
 *   signal-delivery-stop   ptrace_signal()       get_signal() has taken a signal
 *   group-stop, INTERRUPT  do_jobctl_trap()      JOBCTL_TRAP_STOP or _NOTIFY is set
 *   syscall-stop           ptrace_report_syscall_entry(), _exit()
 *   event-stop             ptrace_event()        fork, exec, exit ...
 *                 all by ptrace_stop()
 *
 *   tracee   exit_code = what stopped it; JOBCTL_TRACED; SIGCHLD and a wake-up for the tracer
 *   tracer   wait4() takes exit_code; requests; resume: exit_code = the signal, TRACED goes
 *   tracee   takes exit_code and goes on
 *
 * JOBCTL_TRACED says whether it sleeps in here; the state alone does not, as a wake-up may be a
 * stray one. SIGKILL clears it, but not while a request is under way (JOBCTL_PTRACE_FROZEN).
 * siglock protects jobctl; current->ptrace changes under both tasklist_lock and siglock.
 */
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/string.h>
#include "signal_internal.h"

/* Tells tracer and, if a group stop is complete with this, the real parent. */
static void tell_of_stop(bool group_stop_done, int why)
{
	spin_lock_irq(&tasklist_lock);
	if (current->ptrace)
		do_notify_parent_cldstop(current, true, why);
	if (group_stop_done && (!current->ptrace || ptrace_reparented(current)))
		do_notify_parent_cldstop(current, false, why);
	spin_unlock_irq(&tasklist_lock);
}

/*
 * siglock is held, let go while it sleeps, and held again. The signal that the tracer wants, or
 * exit_code if it could not stop: nobody traces, or death is near.
 */
static int ptrace_stop(int exit_code, int why, unsigned long message, struct k_siginfo *info)
{
	bool group_stop_done = false;

	if (!current->ptrace || __fatal_signal_pending(current))
		return exit_code;
	current->ptrace_message = message;
	current->last_siginfo = info;
	current->exit_code = exit_code;
	current->jobctl |= JOBCTL_TRACED;
	set_current_state(__TASK_TRACED);
	if (why == CLD_STOPPED && (current->jobctl & JOBCTL_STOP_PENDING))
		group_stop_done = task_participate_group_stop(current);
	task_clear_jobctl_pending(current, JOBCTL_TRAP_STOP);
	if (info && info->si_code >> 8 == PTRACE_EVENT_STOP)
		task_clear_jobctl_pending(current, JOBCTL_TRAP_NOTIFY);
	task_clear_jobctl_trapping(current);
	/* Whoever is told wants to look at a task that sleeps: it shall not preempt this one. */
	preempt_disable();
	spin_unlock_irq(&current->sighand->siglock);
	tell_of_stop(group_stop_done, why);
	for (;;) {
		set_current_state(__TASK_TRACED);
		preempt_enable_no_resched();
		if (!(READ_ONCE(current->jobctl) & JOBCTL_TRACED))
			break;
		schedule();
		preempt_disable();
	}
	__set_current_state(TASK_RUNNING);
	spin_lock_irq(&current->sighand->siglock);
	exit_code = current->exit_code;
	current->exit_code = 0;
	current->last_siginfo = NULL;
	current->ptrace_message = 0;
	current->jobctl &= ~(JOBCTL_LISTENING | JOBCTL_PTRACE_FROZEN);
	/* What came in while it slept did not wake it. Never clears the flag. */
	recalc_sigpending_tsk(current);
	return exit_code;
}

/* A stop that is no signal's: its siginfo says which. siglock held. */
static int do_notify(int signr, int exit_code, int why, unsigned long message)
{
	struct k_siginfo info = { .si_signo = signr, .si_code = exit_code };

	info.rt.pid = current->pid;
	info.rt.uid = current_uid();
	return ptrace_stop(exit_code, why, message, &info);
}

int ptrace_notify(int exit_code, unsigned long message)
{
	int signr;

	spin_lock_irq(&current->sighand->siglock);
	signr = do_notify(SIGTRAP, exit_code, CLD_TRAPPED, message);
	spin_unlock_irq(&current->sighand->siglock);
	return signr;
}

void __ptrace_event(int event, unsigned long message)
{
	if (ptrace_event_enabled(current, event))
		ptrace_notify(event << 8 | SIGTRAP, message);
	else if (event == PTRACE_EVENT_EXEC && !(current->ptrace & PT_SEIZED))
		send_sig(SIGTRAP, current, 0);	/* what exec was before it was an event */
}

static void report_syscall(unsigned long message)
{
	unsigned int ptrace = current->ptrace;
	int signr;

	if (!ptrace)
		return;
	signr = ptrace_notify(SIGTRAP | (ptrace & PT_TRACESYSGOOD ? 0x80 : 0), message);
	/* No signal was delivered: the tracer's choice is a new one. */
	if (signr)
		send_sig(signr, current, 1);
}

bool ptrace_report_syscall_entry(struct pt_regs *regs)
{
	report_syscall(PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return !fatal_signal_pending(current);
}

void ptrace_report_syscall_exit(struct pt_regs *regs, bool step)
{
	if (step)
		user_single_step_report(regs);
	else
		report_syscall(PTRACE_EVENTMSG_SYSCALL_EXIT);
}

/* The tracer sees each signal before its action. The one to act on, or 0. siglock held. */
int ptrace_signal(int signr, struct k_siginfo *info)
{
	/* The tracer may turn it into a stop signal. */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	signr = ptrace_stop(signr, CLD_TRAPPED, 0, info);
	if (!signr)
		return 0;
	if (signr != info->si_signo) {
		memset(info, 0, sizeof(*info));
		info->si_signo = signr;
		info->si_code = SI_USER;
		rcu_read_lock();
		info->rt.pid = current->parent->tgid;
		info->rt.uid = __task_cred(current->parent)->uid;
		rcu_read_unlock();
	}
	if (sigismember(&current->blocked, signr) || fatal_signal_pending(current)) {
		send_signal_locked(signr, info, current, PIDTYPE_PID);
		signr = 0;
	}
	return signr;
}

/*
 * A group stop of a tracee, or PTRACE_INTERRUPT's, or news of either for one that listens. siglock
 * held, and again at return.
 */
void do_jobctl_trap(void)
{
	struct signal_struct *signal = current->signal;
	int signr = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (!(current->ptrace & PT_SEIZED)) {
		ptrace_stop(signr, CLD_STOPPED, 0, NULL);
		return;
	}
	if (!signal->group_stop_count && !(signal->flags & SIGNAL_STOP_STOPPED))
		signr = SIGTRAP;
	do_notify(signr, signr | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
}

/* t, traced, shall look at its signals; resume: out of a ptrace stop. siglock held. */
void ptrace_signal_wake_up(struct task_struct *t, bool resume)
{
	set_tsk_thread_flag(t, TIF_SIGPENDING);
	if (resume)
		t->jobctl &= ~JOBCTL_TRACED;
	if (!wake_up_state(t, TASK_INTERRUPTIBLE | (resume ? __TASK_TRACED : 0)) &&
	    t != current && task_is_running_on_cpu(t))
		smp_send_reschedule(READ_ONCE(t->cpu));
}

/* Job control did something to t, which was seized: it tells its tracer. siglock held. */
void ptrace_trap_notify(struct task_struct *t)
{
	if (task_set_jobctl_pending(t, JOBCTL_TRAP_NOTIFY))
		ptrace_signal_wake_up(t, t->jobctl & JOBCTL_LISTENING);
}
