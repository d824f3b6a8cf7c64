/* SPDX-License-Identifier: MIT */
/*
 * wait4(2) and waitid(2): a parent asks for the changes of its children. Linux's twin: the second
 * half of kernel/exit.c.
 *
 *   do_wait          sleeps on the process's wait_chldexit until a child has something to tell
 *     consider       one child: dead? stopped? continued? 0: nothing for this caller
 *       wait_task_zombie, wait_task_stopped, wait_task_continued
 *                    take the news (unless WNOWAIT), drop tasklist_lock, return the pid
 *
 * A process waits for the children of all its threads. News is taken under tasklist_lock, so that
 * one waiter gets it; the waiter sets its state before it looks, so that no wake-up is lost.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include <linux/wait.h>
#include "signal_internal.h"

struct wait_opts {
	enum pid_type type;		/* PIDTYPE_MAX: any child */
	struct pid *pid;
	int flags;			/* W* */
	int stat;			/* out: status as wait4 gives it */
	struct { int cause, status; pid_t pid; uid_t uid; } info;	/* out, for waitid */
	struct rusage *rusage;		/* out if not NULL */
	struct wait_queue_entry entry;
	int nothing;			/* what to return if no child has news: 0 or -ECHILD */
};

static bool eligible_pid(struct wait_opts *wo, struct task_struct *p)
{
	switch (wo->type) {
	case PIDTYPE_PID:
		return task_pid(p) == wo->pid;
	case PIDTYPE_PGID:
		return task_pgrp(p) == wo->pid;
	default:
		return true;
	}
}

/* Clone children, which do not send SIGCHLD, are waited for only when asked for; tracees always. */
static bool eligible_child(struct wait_opts *wo, struct task_struct *p, bool traced)
{
	if (!eligible_pid(wo, p))
		return false;
	if (traced || (wo->flags & __WALL))
		return true;
	return (p->exit_signal != SIGCHLD) == !!(wo->flags & __WCLONE);
}

/* The child's times, faults and memory, and those of its own children, become the parent's. */
static void account_reaped_child(struct task_struct *p)
{
	struct signal_struct *psig = current->signal, *sig = p->signal;
	u64 utime, stime;

	/* p is ours alone: its list of threads does not change any more */
	thread_group_cputime(p, &utime, &stime);
	spin_lock_irq(&current->sighand->siglock);
	psig->cutime += utime + sig->cutime;
	psig->cstime += stime + sig->cstime;
	psig->cmin_flt += p->min_flt + sig->min_flt + sig->cmin_flt;
	psig->cmaj_flt += p->maj_flt + sig->maj_flt + sig->cmaj_flt;
	psig->cnvcsw += p->nvcsw + sig->nvcsw + sig->cnvcsw;
	psig->cnivcsw += p->nivcsw + sig->nivcsw + sig->cnivcsw;
	psig->cmaxrss = max(psig->cmaxrss, max(sig->maxrss, sig->cmaxrss));
	spin_unlock_irq(&current->sighand->siglock);
}

static void set_info(struct wait_opts *wo, int cause, int status, pid_t pid, uid_t uid)
{
	wo->info.cause = cause;
	wo->info.status = status;
	wo->info.pid = pid;
	wo->info.uid = uid;
}

static uid_t task_uid(struct task_struct *p)
{
	uid_t uid;

	rcu_read_lock();
	uid = __task_cred(p)->uid;
	rcu_read_unlock();
	return uid;
}

/*
 * Its tracer has reaped p, whose real parent is another process: that one may do so now. The new
 * exit_state.
 */
static int hand_to_real_parent(struct task_struct *p)
{
	int state = EXIT_ZOMBIE;

	spin_lock_irq(&tasklist_lock);
	ptrace_unlink(p);
	if (thread_group_empty(p) && do_notify_parent(p, p->exit_signal))
		state = EXIT_DEAD;
	p->exit_state = state;
	spin_unlock_irq(&tasklist_lock);
	return state;
}

/* tasklist_lock held; returns with it released unless 0. */
static int wait_task_zombie(struct wait_opts *wo, struct task_struct *p)
{
	pid_t pid = p->pid;
	uid_t uid = task_uid(p);
	bool reap = !(wo->flags & WNOWAIT);
	int status, state = EXIT_DEAD;

	if (!(wo->flags & WEXITED))
		return 0;
	if (unlikely(p->ptrace) && ptrace_reparented(p) && thread_group_leader(p))
		state = EXIT_TRACE;
	if (reap)
		p->exit_state = state;	/* ours: no other waiter looks at it again */
	else
		get_task_struct(p);
	spin_unlock_irq(&tasklist_lock);
	__set_current_state(TASK_RUNNING);	/* what follows may sleep */

	if (wo->rusage)
		getrusage(p, RUSAGE_BOTH, wo->rusage);
	status = (p->signal->flags & SIGNAL_GROUP_EXIT) ? p->signal->group_exit_code : p->exit_code;
	wo->stat = status;
	if (reap) {
		if (likely(state == EXIT_DEAD)) {
			if (thread_group_leader(p))
				account_reaped_child(p);
		} else {
			state = hand_to_real_parent(p);
		}
		if (state == EXIT_DEAD)
			release_task(p);
	} else {
		put_task_struct(p);
	}
	if (status & 0x7f)
		set_info(wo, (status & 0x80) ? CLD_DUMPED : CLD_KILLED, status & 0x7f, pid, uid);
	else
		set_info(wo, CLD_EXITED, status >> 8, pid, uid);
	return pid;
}

/* For news that leave the child alive. tasklist_lock held, released. */
static int tell_living(struct wait_opts *wo, struct task_struct *p, int stat, int cause, int status)
{
	pid_t pid = p->pid;

	wo->stat = stat;
	set_info(wo, cause, status, pid, task_uid(p));
	get_task_struct(p);
	spin_unlock_irq(&tasklist_lock);
	__set_current_state(TASK_RUNNING);
	if (wo->rusage)
		getrusage(p, RUSAGE_BOTH, wo->rusage);
	put_task_struct(p);
	return pid;
}

/*
 * A stop is told once: group_exit_code, or exit_code for a tracer, holds the signal until somebody
 * took it.
 */
static int wait_task_stopped(struct wait_opts *wo, struct task_struct *p, bool traced)
{
	int sig = 0, *code = NULL;

	if (!traced && !(wo->flags & WUNTRACED))
		return 0;
	spin_lock(&p->sighand->siglock);
	if (traced) {
		if ((p->jobctl & JOBCTL_TRACED) && !(p->jobctl & JOBCTL_LISTENING))
			code = &p->exit_code;
	} else if (p->signal->flags & SIGNAL_STOP_STOPPED) {
		code = &p->signal->group_exit_code;
	}
	if (code) {
		sig = *code;
		if (!(wo->flags & WNOWAIT))
			*code = 0;
	}
	spin_unlock(&p->sighand->siglock);
	return sig ? tell_living(wo, p, (sig << 8) | 0x7f, traced ? CLD_TRAPPED : CLD_STOPPED,
				 sig) : 0;
}

static int wait_task_continued(struct wait_opts *wo, struct task_struct *p)
{
	bool continued;

	if (!(wo->flags & WCONTINUED))
		return 0;
	spin_lock(&p->sighand->siglock);
	continued = p->signal->flags & SIGNAL_STOP_CONTINUED;
	if (!(wo->flags & WNOWAIT))
		p->signal->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock(&p->sighand->siglock);
	return continued ? tell_living(wo, p, 0xffff, CLD_CONTINUED, SIGCONT) : 0;
}

/*
 * 0: p has no news for this caller, tasklist_lock still held. Else its pid, lock released. traced:
 * the caller is p's tracer, else its real parent.
 */
static int consider(struct wait_opts *wo, struct task_struct *p, bool traced)
{
	int ret;

	if (p->exit_state == EXIT_DEAD || !eligible_child(wo, p, traced))
		return 0;
	if (unlikely(p->exit_state == EXIT_TRACE)) {
		if (!traced)
			wo->nothing = 0;	/* it will be a zombie again in a moment */
		return 0;
	}
	/* Who traces his own child hears of each stop once, as its tracer. */
	if (unlikely(p->ptrace) && !traced && !ptrace_reparented(p))
		traced = true;
	/* The zombie of a tracee is its tracer's first. */
	if (p->exit_state == EXIT_ZOMBIE && (traced || !p->ptrace) &&
	    (!thread_group_leader(p) || thread_group_empty(p)))
		return wait_task_zombie(wo, p);
	/* Alive, or a dead leader whose threads live on: there may be news later. */
	if (!p->exit_state || !traced || (wo->flags & (WCONTINUED | WEXITED)))
		wo->nothing = 0;
	ret = wait_task_stopped(wo, p, traced);
	return ret ? ret : wait_task_continued(wo, p);
}

/* Is current, or with __WNOTHREAD only this thread, the parent? */
static bool is_ours(struct wait_opts *wo, struct task_struct *parent)
{
	return parent == current ||
	       (!(wo->flags & __WNOTHREAD) && same_thread_group(parent, current));
}

/* The one child that is asked for, without a walk over its brothers. */
static int wait_one(struct wait_opts *wo)
{
	struct task_struct *p = pid_task(wo->pid, PIDTYPE_TGID);
	int ret = 0;

	if (p && is_ours(wo, p->real_parent))
		ret = consider(wo, p, false);
	if (ret)
		return ret;
	p = pid_task(wo->pid, PIDTYPE_PID);	/* a tracee may be any thread */
	return p && unlikely(p->ptrace) && is_ours(wo, p->parent) ? consider(wo, p, true) : 0;
}

static int wait_any(struct wait_opts *wo)
{
	struct task_struct *t, *p;
	int ret;

	for_each_thread(current, t) {
		if ((wo->flags & __WNOTHREAD) && t != current)
			continue;
		list_for_each_entry(p, &t->children, sibling) {
			ret = consider(wo, p, false);
			if (ret)
				return ret;
		}
		list_for_each_entry(p, &t->ptraced, ptrace_entry) {
			ret = consider(wo, p, true);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* Called by __wake_up_parent() with the child as key. */
static int child_wait_callback(struct wait_queue_entry *entry, unsigned int mode, void *key)
{
	struct wait_opts *wo = container_of(entry, struct wait_opts, entry);
	struct task_struct *p = key;

	if (!eligible_pid(wo, p))
		return 0;
	if ((wo->flags & __WNOTHREAD) && entry->private != p->parent)
		return 0;
	return default_wake_function(entry, mode, key);
}

/* pid of a child with news, 0 (WNOHANG), -ECHILD, -ERESTARTSYS. */
static long do_wait(struct wait_opts *wo)
{
	wait_queue_head_t *wq = &current->signal->wait_chldexit;
	long ret;

	wo->entry = (struct wait_queue_entry){ .private = current, .func = child_wait_callback };
	add_wait_queue(wq, &wo->entry);
	for (;;) {
		wo->nothing = -ECHILD;
		ret = 0;
		set_current_state(TASK_INTERRUPTIBLE);
		if (wo->type == PIDTYPE_MAX || wo->pid) {
			spin_lock_irq(&tasklist_lock);
			ret = wo->type == PIDTYPE_PID ? wait_one(wo) : wait_any(wo);
			if (ret)
				break;
			spin_unlock_irq(&tasklist_lock);
		}
		ret = wo->nothing;
		if (ret || (wo->flags & WNOHANG))
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(wq, &wo->entry);
	return ret;
}

/* With a reference: another thread may change the group, which then may vanish. */
static struct pid *get_own_pgrp(void)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(task_pgrp(current));
	rcu_read_unlock();
	return pid;
}

/* r: filled if it is not NULL and the result is a pid. */
static __always_inline long wait4(pid_t upid, int *stat_addr, int options, struct rusage *r)
{
	struct wait_opts wo = { .type = PIDTYPE_MAX, .flags = options | WEXITED };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (upid == (-0x7fffffff - 1))
		return -ESRCH;
	if (upid > 0) {
		wo.type = PIDTYPE_PID;
		wo.pid = find_get_pid(upid);
	} else if (upid != -1) {
		wo.type = PIDTYPE_PGID;
		wo.pid = upid ? find_get_pid(-upid) : get_own_pgrp();
	}
	wo.rusage = r;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (ret > 0 && stat_addr && put_user(wo.stat, stat_addr))
		return -EFAULT;
	return ret;
}

long __x64_sys_wait4(pid_t upid, int __user *stat_addr, int options, struct rusage __user *ru)
{
	struct rusage r;
	long ret = wait4(upid, stat_addr, options, ru ? &r : NULL);

	return ret > 0 && ru && copy_to_user(ru, &r, sizeof(r)) ? -EFAULT : ret;
}

long __ia32_compat_sys_wait4(pid_t upid, int __user *stat_addr, int options,
			     struct compat_rusage __user *ru)
{
	struct rusage r;
	long ret = wait4(upid, stat_addr, options, ru ? &r : NULL);

	return ret > 0 && ru && put_compat_rusage(&r, ru) ? -EFAULT : ret;
}

/* Whom waitid's (which, upid) means: sets wo->type and wo->pid. */
static int waitid_whom(struct wait_opts *wo, int which, pid_t upid)
{
	switch (which) {
	case P_ALL:
		wo->type = PIDTYPE_MAX;
		return 0;
	case P_PID:
		if (upid <= 0)
			return -EINVAL;
		wo->type = PIDTYPE_PID;
		wo->pid = find_get_pid(upid);
		return 0;
	case P_PGID:
		if (upid < 0)
			return -EINVAL;
		wo->type = PIDTYPE_PGID;
		wo->pid = upid ? find_get_pid(upid) : get_own_pgrp();
		return 0;
	case P_PIDFD:
		return upid < 0 ? -EINVAL : -EBADF;	/* there are no pidfds */
	default:
		return -EINVAL;
	}
}

/* wo->info tells of the child if the result is above 0; r as for wait4(). */
static long do_waitid(struct wait_opts *wo, int which, pid_t upid, int options, struct rusage *r)
{
	long ret;

	*wo = (struct wait_opts){ .flags = options, .rusage = r };
	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_whom(wo, which, upid);
	if (ret)
		return ret;
	ret = do_wait(wo);
	put_pid(wo->pid);
	return ret;
}

long __x64_sys_waitid(int which, pid_t upid, struct siginfo __user *infop, int options,
		      struct rusage __user *ru)
{
	struct wait_opts wo;
	struct rusage r;
	long ret = do_waitid(&wo, which, upid, options, ru ? &r : NULL);

	if (ret == -EINVAL || ret == -EBADF)	/* nobody was waited for */
		return ret;
	if (ret > 0 && ru && copy_to_user(ru, &r, sizeof(r)))
		return -EFAULT;
	if (!infop)
		return min(ret, 0L);
	/* No child: zeroes, so that si_pid tells WNOHANG's caller. */
	if (put_user(ret > 0 ? SIGCHLD : 0, &infop->si_signo) || put_user(0, &infop->si_errno) ||
	    put_user(wo.info.cause, &infop->si_code) || put_user(wo.info.pid, &infop->si_pid) ||
	    put_user(wo.info.uid, &infop->si_uid) || put_user(wo.info.status, &infop->si_status))
		return -EFAULT;
	return min(ret, 0L);
}

long __ia32_compat_sys_waitid(int which, pid_t upid, struct compat_siginfo __user *infop,
			      int options, struct compat_rusage __user *ru)
{
	struct wait_opts wo;
	struct rusage r;
	long ret = do_waitid(&wo, which, upid, options, ru ? &r : NULL);

	if (ret == -EINVAL || ret == -EBADF)
		return ret;
	if (ret > 0 && ru && put_compat_rusage(&r, ru))
		return -EFAULT;
	if (!infop)
		return min(ret, 0L);
	if (put_user(ret > 0 ? SIGCHLD : 0, &infop->si_signo) || put_user(0, &infop->si_errno) ||
	    put_user(wo.info.cause, &infop->si_code) || put_user(wo.info.pid, &infop->chld.pid) ||
	    put_user(wo.info.uid, &infop->chld.uid) ||
	    put_user(wo.info.status, &infop->chld.status))
		return -EFAULT;
	return min(ret, 0L);
}
