/* SPDX-License-Identifier: MIT */
/*
 * Taking signals, in the task that gets them, on its way to user mode. Linux's twin: get_signal()
 * in kernel/signal.c. Called by do_signal() (arch/x86/kernel/signal.c), which builds the handler's
 * frame. Locks: siglock, let go around whatever sleeps; tasklist_lock when the parent is told. Left
 * out: core dumps.
 */
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <generated/trace_events.h>
#include <generated/syscalls.h>
#include "signal_internal.h"

/* The parent is to hear of a stop or continue that somebody else caused. siglock held; released. */
static void tell_parent(struct signal_struct *signal)
{
	int why = (signal->flags & SIGNAL_CLD_CONTINUED) ? CLD_CONTINUED : CLD_STOPPED;

	signal->flags &= ~SIGNAL_CLD_MASK;
	spin_unlock_irq(&current->sighand->siglock);
	spin_lock_irq(&tasklist_lock);
	do_notify_parent_cldstop(current, false, why);
	if (unlikely(ptrace_reparented(current->group_leader)))
		do_notify_parent_cldstop(current->group_leader, true, why);
	spin_unlock_irq(&tasklist_lock);
}

static void __noreturn die_of(int sig)
{
	spin_unlock_irq(&current->sighand->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(sig);
}

/*
 * The default action of sig: signal(7). siglock held. false: go on with the next signal, siglock
 * still held; true: siglock was dropped, all may have changed. Death does not return.
 */
static bool default_action(int sig)
{
	struct signal_struct *signal = current->signal;

	if (sig_kernel_ignore(sig))
		return false;
	if (unlikely(signal->flags & SIGNAL_UNKILLABLE) && !sig_kernel_only(sig))
		return false;
	if (!sig_kernel_stop(sig))
		die_of(sig);
	/* POSIX: terminal stops do not stop an orphaned group, which nobody could continue. */
	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irq(&current->sighand->siglock);
		orphaned = is_current_pgrp_orphaned();
		if (orphaned)
			return true;
		/* A SIGCONT in between cleared JOBCTL_STOP_DEQUEUED: then there is no stop. */
		spin_lock_irq(&current->sighand->siglock);
	}
	return do_signal_stop(sig);
}

bool get_signal(struct ksignal *ksig)
{
	struct sighand_struct *sighand = current->sighand;
	struct signal_struct *signal = current->signal;
	struct k_sigaction *ka;
	int sig;

	ksig->sig = 0;
	if (!signal_pending(current))
		return false;
relock:
	spin_lock_irq(&sighand->siglock);
	if (unlikely(signal->flags & SIGNAL_CLD_MASK)) {
		tell_parent(signal);
		goto relock;
	}
	for (;;) {
		if (unlikely((signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task)) {
			sigdelset(&current->pending.signal, SIGKILL);
			recalc_sigpending();
			die_of(SIGKILL);
		}
		if (unlikely(current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0))
			goto relock;
		if (unlikely(current->jobctl & JOBCTL_TRAP_MASK)) {
			do_jobctl_trap();
			spin_unlock_irq(&sighand->siglock);
			goto relock;
		}
		sig = dequeue_synchronous_signal(&ksig->info);
		if (!sig)
			sig = dequeue_signal(current, current->blocked, &ksig->info);
		if (!sig)
			break;
		if (unlikely(current->ptrace) && sig != SIGKILL) {
			sig = ptrace_signal(sig, &ksig->info);
			if (!sig)
				continue;
		}
		ka = &sighand->action[sig - 1];
		trace_signal_deliver(sig, ksig->info.si_errno, ksig->info.si_code,
				     (unsigned long)ka->handler, ka->flags);
		trace_signal_info(current, &ksig->info);
		if (ka->handler == SIG_IGN)
			continue;
		if (ka->handler != SIG_DFL) {
			ksig->ka = *ka;
			ksig->sig = sig;
			if (ka->flags & SA_ONESHOT)
				ka->handler = SIG_DFL;
			break;
		}
		if (default_action(sig))
			goto relock;
	}
	spin_unlock_irq(&sighand->siglock);
	return ksig->sig;
}

/* The handler's frame stands (or not: failed). */
void signal_setup_done(int failed, struct ksignal *ksig)
{
	u64 blocked;

	if (failed) {
		force_sigsegv(ksig->sig);
		return;
	}
	/* The mask that sigsuspend had put aside is in the frame: rt_sigreturn restores it. */
	current->restore_sigmask = false;
	blocked = current->blocked | ksig->ka.mask;
	if (!(ksig->ka.flags & SA_NODEFER))
		sigaddset(&blocked, ksig->sig);
	set_current_blocked(blocked);
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}
}

/* The restart of a call whose continuation is gone. */
long do_no_restart_syscall(struct restart_block *param)
{
	return -EINTR;
}

/* What do_signal() lets a program call after a stop: the rest of a sleep, poll or futex wait. */
long __x64_sys_restart_syscall(void)
{
	struct restart_block *restart = &current->restart_block;

	return restart->fn(restart);
}
