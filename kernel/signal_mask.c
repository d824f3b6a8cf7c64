/* SPDX-License-Identifier: MIT */
/*
 * Which signals a thread blocks, and waiting for signals: sigprocmask, sigpending, sigsuspend,
 * sigtimedwait, pause. Linux's twin: the last third of kernel/signal.c.
 *
 * task->blocked is changed by the task itself under siglock. saved_sigmask and restore_sigmask: a
 * call that waits with another mask (sigsuspend, ppoll, pselect) puts the old one aside; it comes
 * back at the return to user mode, or out of the handler's frame.
 */
#include <vitrix/hrtimer.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "signal_internal.h"

/* tsk will not take the signals in which any more: wakes other threads that can. */
void retarget_shared_pending(struct task_struct *tsk, u64 which)
{
	struct task_struct *t;
	u64 retarget = tsk->signal->shared_pending.signal & which;

	if (!retarget)
		return;
	for_each_thread(tsk, t) {
		if (t == tsk || (t->flags & PF_EXITING) || !(retarget & ~t->blocked))
			continue;
		retarget &= t->blocked;
		if (!signal_pending(t))
			signal_wake_up(t, false);
		if (!retarget)
			break;
	}
}

void set_task_blocked(struct task_struct *tsk, u64 newset)
{
	if (signal_pending(tsk) && !thread_group_empty(tsk))
		retarget_shared_pending(tsk, newset & ~tsk->blocked);
	tsk->blocked = newset;
	recalc_sigpending();
}

void set_current_blocked(u64 newset)
{
	newset &= ~SIG_KERNEL_ONLY_MASK;
	if (newset == current->blocked)
		return;			/* only the task itself changes it */
	spin_lock_irq(&current->sighand->siglock);
	set_task_blocked(current, newset);
	spin_unlock_irq(&current->sighand->siglock);
}

int sigprocmask(int how, u64 *set, u64 *oldset)
{
	u64 newset;

	if (oldset)
		*oldset = current->blocked;
	switch (how) {
	case SIG_BLOCK:
		newset = current->blocked | *set;
		break;
	case SIG_UNBLOCK:
		newset = current->blocked & ~*set;
		break;
	case SIG_SETMASK:
		newset = *set;
		break;
	default:
		return -EINVAL;
	}
	set_current_blocked(newset);
	return 0;
}

long __x64_sys_rt_sigprocmask(int how, unsigned long __user *nset, unsigned long __user *oset,
			      size_t sigsetsize)
{
	u64 old = current->blocked, new;
	int err;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (nset) {
		if (get_user(new, nset))
			return -EFAULT;
		err = sigprocmask(how, &new, NULL);
		if (err)
			return err;
	}
	return oset && put_user(old, oset) ? -EFAULT : 0;
}

long __x64_sys_rt_sigpending(unsigned long __user *uset, size_t sigsetsize)
{
	u64 set;

	if (sigsetsize > sizeof(sigset_t))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

/* ---- a mask for the duration of one call ---- */

int set_user_sigmask(const void *umask, size_t sigsetsize)
{
	u64 mask;

	if (!umask)
		return 0;
	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(mask, (const u64 *)umask))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	current->restore_sigmask = true;
	set_current_blocked(mask);
	return 0;
}

/* interrupted: a signal's handler shall run with the call's mask first; do_signal() restores. */
void restore_saved_sigmask_unless(bool interrupted)
{
	if (interrupted || !current->restore_sigmask)
		return;
	current->restore_sigmask = false;
	set_current_blocked(current->saved_sigmask);
}

static long sleep_until_signal(void)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return -ERESTARTNOHAND;
}

long __x64_sys_pause(void)
{
	return sleep_until_signal();
}

static long do_sigsuspend(u64 newset)
{
	current->saved_sigmask = current->blocked;
	set_current_blocked(newset);
	sleep_until_signal();
	current->restore_sigmask = true;
	return -ERESTARTNOHAND;
}

long __x64_sys_rt_sigsuspend(unsigned long __user *unewset, size_t sigsetsize)
{
	u64 newset;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(newset, unewset))
		return -EFAULT;
	return do_sigsuspend(newset);
}

/* ---- of the i386 table alone: masks of 32 signals ---- */

long __ia32_sys_sgetmask(void)
{
	return current->blocked;
}

/* The mask is an int, and its sign decides about the signals above 32. */
long __ia32_sys_ssetmask(int newmask)
{
	int old = current->blocked;

	set_current_blocked((long)newmask);
	return old;
}

long __ia32_sys_sigsuspend(int unused1, int unused2, u32 mask)
{
	return do_sigsuspend(mask);
}

long __ia32_sys_sigpending(u32 __user *uset)
{
	u64 set;

	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return put_user((u32)set, uset);
}

long __ia32_sys_sigprocmask(int how, u32 __user *nset, u32 __user *oset)
{
	u64 old = current->blocked;
	u32 set;

	if (nset) {
		if (get_user(set, nset))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set_current_blocked(old | set);
			break;
		case SIG_UNBLOCK:
			set_current_blocked(old & ~(u64)set);
			break;
		case SIG_SETMASK:
			set_current_blocked((old & ~0xffffffffUL) | set);
			break;
		default:
			return -EINVAL;
		}
	}
	return oset ? put_user((u32)old, oset) : 0;
}

/* ---- taking a signal by a call ---- */

/*
 * The next signal of `these`, or sleeps for one. While asleep they are unblocked, so that a sender
 * finds this thread and wakes it; real_blocked tells that their default action is not to be taken.
 */
static int wait_for_signal(u64 these, struct k_siginfo *info, ktime_t deadline, bool sleep)
{
	struct task_struct *tsk = current;
	u64 mask = ~(these & ~SIG_KERNEL_ONLY_MASK);
	int sig, err = 0;

	spin_lock_irq(&tsk->sighand->siglock);
	sig = dequeue_signal(tsk, mask, info);
	if (!sig && sleep) {
		tsk->real_blocked = tsk->blocked;
		tsk->blocked &= mask;
		recalc_sigpending();
		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock_irq(&tsk->sighand->siglock);

		err = schedule_hrtimeout(deadline);

		spin_lock_irq(&tsk->sighand->siglock);
		set_task_blocked(tsk, tsk->real_blocked);
		tsk->real_blocked = 0;
		sig = dequeue_signal(tsk, mask, info);
	}
	spin_unlock_irq(&tsk->sighand->siglock);
	if (sig)
		return sig;
	return err ? -EINTR : -EAGAIN;
}

/* *info is filled if a signal came, whose number is returned. */
static long sigtimedwait(const unsigned long *uthese, struct k_siginfo *info, const void *uts,
			 size_t sigsetsize, bool time32)
{
	ktime_t deadline = KTIME_MAX;
	struct timespec64 ts;
	bool sleep = true;
	u64 these;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(these, uthese))
		return -EFAULT;
	if (uts) {
		if (get_timespec(&ts, uts, time32))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		sleep = ts.tv_sec || ts.tv_nsec;
		deadline = ktime_add_safe(ktime_get(), timespec64_to_ktime(ts));
	}
	return wait_for_signal(these, info, deadline, sleep);
}

long __x64_sys_rt_sigtimedwait(const unsigned long __user *uthese, struct siginfo __user *uinfo,
			       const struct __kernel_timespec __user *uts, size_t sigsetsize)
{
	struct k_siginfo info;
	long sig = sigtimedwait(uthese, &info, uts, sigsetsize, false);

	if (sig > 0 && uinfo && copy_siginfo_to_user(uinfo, &info))
		return -EFAULT;
	return sig;
}

static long compat_sigtimedwait(const unsigned long *uthese, struct compat_siginfo *uinfo,
				const void *uts, size_t sigsetsize, bool time32)
{
	struct k_siginfo info;
	long sig = sigtimedwait(uthese, &info, uts, sigsetsize, time32);

	if (sig > 0 && uinfo && copy_siginfo_to_user32(uinfo, &info))
		return -EFAULT;
	return sig;
}

long __ia32_compat_sys_rt_sigtimedwait(const unsigned long __user *uthese,
				       struct compat_siginfo __user *uinfo,
				       const struct __kernel_timespec __user *uts, u32 sigsetsize)
{
	return compat_sigtimedwait(uthese, uinfo, uts, sigsetsize, false);
}

long __ia32_sys_rt_sigtimedwait_time32(const unsigned long __user *uthese,
				       struct compat_siginfo __user *uinfo,
				       struct old_timespec32 __user *uts, unsigned int sigsetsize)
{
	return compat_sigtimedwait(uthese, uinfo, uts, sigsetsize, true);
}
