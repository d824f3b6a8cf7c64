/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2), the tracer's side: becoming one, ceasing to be one, and letting the tracee go on. The
 * requests that read and write are in kernel/ptrace_request.c and arch/x86/kernel/ptrace.c; how a
 * tracee stops is in kernel/ptrace_stop.c. Linux's twin: kernel/ptrace.c.
 *
 *   tracer->ptraced ---> tracee (ptrace_entry) ---> the next one
 *   tracee->parent = the tracer; tracee->real_parent stays; wait4() looks at both families
 *
 * Each request but a few wants the tracee in a ptrace stop. freeze_traced() makes sure that it
 * stays there: not even SIGKILL ends the stop until unfreeze_traced(). So the tracee's registers,
 * memory and thread_struct are the tracer's alone, without a lock.
 *
 * Locks: tasklist_lock for the lists and, with siglock, for task->ptrace; cred_guard_mutex against
 * an exec that changes rights at the same time.
 */
#include <vitrix/cred.h>
#include <vitrix/mm.h>
#include <vitrix/pid.h>
#include <vitrix/ptrace.h>
#include <vitrix/rcu.h>
#include <generated/syscalls.h>
#include <linux/capability.h>
#include "fork_internal.h"
#include "signal_internal.h"

bool ptrace_may_access(struct task_struct *task, unsigned int mode)
{
	const struct cred *cred = current_cred(), *tcred;
	bool fs = mode & PTRACE_MODE_FSCREDS;
	uid_t uid = fs ? cred->fsuid : cred->uid;
	gid_t gid = fs ? cred->fsgid : cred->gid;
	bool ok;

	if (same_thread_group(task, current))
		return true;
	rcu_read_lock();
	tcred = __task_cred(task);
	ok = uid == tcred->euid && uid == tcred->suid && uid == tcred->uid &&
	     gid == tcred->egid && gid == tcred->sgid && gid == tcred->gid &&
	     !(tcred->cap_permitted & ~(fs ? cred->cap_effective | cred->cap_permitted :
					cred->cap_permitted));
	rcu_read_unlock();
	task_lock(task);
	if (task->mm && READ_ONCE(task->mm->dumpable) != 1)
		ok = false;
	task_unlock(task);
	return ok || capable(CAP_SYS_PTRACE);
}

bool ptracer_capable(struct task_struct *task, int cap)
{
	const struct cred *cred;
	bool ret;

	/* The tracer may let go of task at any moment, and its credentials with it. */
	rcu_read_lock();
	cred = READ_ONCE(task->ptracer_cred);
	ret = !cred || (cred->cap_effective >> cap & 1);
	rcu_read_unlock();
	return ret;
}

/* ---- the family ---- */

static void link(struct task_struct *child, struct task_struct *tracer, const struct cred *cred)
{
	list_add(&child->ptrace_entry, &tracer->ptraced);
	child->parent = tracer;
	child->ptracer_cred = get_cred(cred);
	set_tsk_thread_flag(child, TIF_PTRACED);
}

/* child is new. traced: its parent's tracer gets it, too. */
void ptrace_init_task(struct task_struct *child, bool traced)
{
	INIT_LIST_HEAD(&child->ptraced);
	INIT_LIST_HEAD(&child->ptrace_entry);
	child->ptracer_cred = NULL;
	child->last_siginfo = NULL;
	child->ptrace = 0;
	if (likely(!(current->ptrace | current->thread.rare)))
		return;
	/* What the tracer does to the parent's flags is not the child's. */
	arch_ptrace_init_child(child);
	if (!traced || !current->ptrace)
		return;
	child->ptrace = current->ptrace;
	link(child, current->parent, current->ptracer_cred);
	if (child->ptrace & PT_SEIZED)
		task_set_jobctl_pending(child, JOBCTL_TRAP_STOP);
	else
		sigaddset(&child->pending.signal, SIGSTOP);
	set_tsk_thread_flag(child, TIF_SIGPENDING);
}

void __ptrace_unlink(struct task_struct *child)
{
	const struct cred *cred = child->ptracer_cred;

	clear_tsk_thread_flag(child, TIF_SYSCALL_TRACE);
	clear_tsk_thread_flag(child, TIF_SYSCALL_EMU);
	clear_tsk_thread_flag(child, TIF_PTRACED);
	child->parent = child->real_parent;
	list_del_init(&child->ptrace_entry);
	child->ptracer_cred = NULL;
	put_cred(cred);

	spin_lock(&child->sighand->siglock);
	child->ptrace = 0;
	task_clear_jobctl_pending(child, JOBCTL_TRAP_MASK);
	task_clear_jobctl_trapping(child);
	/* Its process is stopped, or about to: it stops with the others. */
	if (!(child->flags & PF_EXITING) &&
	    ((child->signal->flags & SIGNAL_STOP_STOPPED) || child->signal->group_stop_count)) {
		child->jobctl |= JOBCTL_STOP_PENDING;
		if (!(child->jobctl & JOBCTL_STOP_SIGMASK))
			child->jobctl |= SIGSTOP;
	}
	if (child->jobctl & (JOBCTL_STOP_PENDING | JOBCTL_TRACED))
		ptrace_signal_wake_up(child, true);
	spin_unlock(&child->sighand->siglock);
}

/* Nobody would wait for a child of tracer. */
static bool ignores_children(struct task_struct *tracer)
{
	const struct k_sigaction *action = &tracer->sighand->action[SIGCHLD - 1];

	return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}

/* tasklist_lock held. true: p was dead already, and whoever called is to release it. */
static bool detach(struct task_struct *tracer, struct task_struct *p)
{
	bool dead;

	__ptrace_unlink(p);
	if (p->exit_state != EXIT_ZOMBIE)
		return false;
	dead = !thread_group_leader(p);
	if (!dead && thread_group_empty(p)) {
		/* The real parent could not see it until now. */
		if (!same_thread_group(p->real_parent, tracer))
			dead = do_notify_parent(p, p->exit_signal);
		else if (ignores_children(tracer))
			dead = true;
		if (dead)
			wake_up_parent(p, tracer);
	}
	if (dead)
		p->exit_state = EXIT_DEAD;
	return dead;
}

void exit_ptrace(struct task_struct *tracer, struct list_head *dead)
{
	struct task_struct *p, *n;

	list_for_each_entry_safe(p, n, &tracer->ptraced, ptrace_entry) {
		if (p->ptrace & PT_EXITKILL)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, p);
		if (detach(tracer, p))
			list_add(&p->reap_entry, dead);
	}
}

/* ---- attaching ---- */

/* 0, -EINVAL or -EPERM. */
static int check_options(unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	if ((options & PTRACE_O_SUSPEND_SECCOMP) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

static long traceme(void)
{
	long ret = -EPERM;

	spin_lock_irq(&tasklist_lock);
	if (!current->ptrace) {
		ret = 0;
		/* A parent that is on its way out would never let go of it. */
		if (!(current->real_parent->flags & PF_EXITING)) {
			current->ptrace = PT_PTRACED;
			link(current, current->real_parent, current_cred());
		}
	}
	spin_unlock_irq(&tasklist_lock);
	return ret;
}

/* tasklist_lock held. */
static long attach_locked(struct task_struct *task, unsigned int flags)
{
	if (task->exit_state || task->ptrace)
		return -EPERM;
	task->ptrace = flags;
	link(task, current, current_cred());
	if (!(flags & PT_SEIZED))
		send_sig_info(SIGSTOP, SEND_SIG_PRIV, task);
	spin_lock(&task->sighand->siglock);
	/* In a group stop: out of it, and into a ptrace stop, which attach() waits for. */
	if ((task->jobctl & JOBCTL_STOPPED) &&
	    task_set_jobctl_pending(task, JOBCTL_TRAP_STOP | JOBCTL_TRAPPING)) {
		task->jobctl &= ~JOBCTL_STOPPED;
		set_tsk_thread_flag(task, TIF_SIGPENDING);
		wake_up_state(task, __TASK_STOPPED);
	}
	spin_unlock(&task->sighand->siglock);
	return 0;
}

static long attach(struct task_struct *task, bool seize, unsigned long addr, unsigned long options)
{
	unsigned int flags = PT_PTRACED;
	long ret;

	if (seize) {
		if (addr || (options & ~(unsigned long)PTRACE_O_MASK))
			return -EIO;
		ret = check_options(options);
		if (ret)
			return ret;
		flags |= PT_SEIZED | options << PT_OPT_SHIFT;
	}
	if ((task->flags & PF_KTHREAD) || same_thread_group(task, current))
		return -EPERM;
	if (mutex_lock_interruptible(task->signal->cred_guard_mutex))
		return -ERESTARTNOINTR;
	ret = -EPERM;
	if (ptrace_may_access(task, PTRACE_MODE_REALCREDS)) {
		spin_lock_irq(&tasklist_lock);
		ret = attach_locked(task, flags);
		spin_unlock_irq(&tasklist_lock);
	}
	mutex_unlock(task->signal->cred_guard_mutex);
	if (!ret)
		(void)wait_event_killable(&jobctl_trapping_wait,
					  !(READ_ONCE(task->jobctl) & JOBCTL_TRAPPING));
	return ret;
}

static long ptrace_detach(struct task_struct *child, unsigned long data)
{
	if (!valid_signal(data))
		return -EIO;
	ptrace_disable(child);
	spin_lock_irq(&tasklist_lock);
	child->exit_code = data;
	detach(current, child);		/* frozen: it cannot be dead */
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

/* ---- holding the tracee in its stop ---- */

/* false: it is in no ptrace stop, or in one that does not count. tasklist_lock held. */
static bool freeze_traced(struct task_struct *child)
{
	bool ret = false;

	spin_lock(&child->sighand->siglock);
	if ((child->jobctl & JOBCTL_TRACED) && !(child->jobctl & JOBCTL_LISTENING) &&
	    !__fatal_signal_pending(child)) {
		child->jobctl |= JOBCTL_PTRACE_FROZEN;
		ret = true;
	}
	spin_unlock(&child->sighand->siglock);
	return ret;
}

static void unfreeze_traced(struct task_struct *child)
{
	unsigned long flags;

	if (!lock_task_sighand(child, &flags))
		return;
	child->jobctl &= ~JOBCTL_PTRACE_FROZEN;
	if (__fatal_signal_pending(child)) {
		child->jobctl &= ~JOBCTL_TRACED;
		wake_up_state(child, __TASK_TRACED);
	}
	unlock_task_sighand(child, &flags);
}

/* 0: child is current's tracee and, if it has to be, frozen in a stop; -ESRCH. */
static long check_attach(struct task_struct *child, bool may_run)
{
	long ret = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	if (child->ptrace && child->parent == current && (may_run || freeze_traced(child)))
		ret = 0;
	spin_unlock_irq(&tasklist_lock);
	/* It has set its state; its registers are all there when it has left its CPU for good. */
	if (!ret && !may_run)
		wait_task_inactive(child);
	return ret;
}

/* ---- going on ---- */

static void resume(struct task_struct *child, long request, unsigned long data)
{
	bool emu = request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP;

	if (request == PTRACE_SYSCALL)
		set_tsk_thread_flag(child, TIF_SYSCALL_TRACE);
	else
		clear_tsk_thread_flag(child, TIF_SYSCALL_TRACE);
	if (emu)
		set_tsk_thread_flag(child, TIF_SYSCALL_EMU);
	else
		clear_tsk_thread_flag(child, TIF_SYSCALL_EMU);
	if (request == PTRACE_SINGLESTEP || request == PTRACE_SYSEMU_SINGLESTEP)
		user_enable_single_step(child);
	else if (request == PTRACE_SINGLEBLOCK)
		user_enable_block_step(child);
	else
		user_disable_single_step(child);
	spin_lock_irq(&child->sighand->siglock);
	child->exit_code = data;
	child->jobctl &= ~JOBCTL_TRACED;
	wake_up_state(child, __TASK_TRACED);
	spin_unlock_irq(&child->sighand->siglock);
}

/* A stop without a signal; one that is in a stop already stops once more after it. */
static long interrupt(struct task_struct *child)
{
	unsigned long flags;

	if (!(child->ptrace & PT_SEIZED) || !lock_task_sighand(child, &flags))
		return -EIO;
	if (task_set_jobctl_pending(child, JOBCTL_TRAP_STOP))
		ptrace_signal_wake_up(child, child->jobctl & JOBCTL_LISTENING);
	unlock_task_sighand(child, &flags);
	return 0;
}

/* Stays stopped, but for the tracer it runs: it will be told when the group goes on. */
static long do_listen(struct task_struct *child)
{
	unsigned long flags;
	long ret = -EIO;

	if (!(child->ptrace & PT_SEIZED) || !lock_task_sighand(child, &flags))
		return -EIO;
	if (child->last_siginfo && child->last_siginfo->si_code >> 8 == PTRACE_EVENT_STOP) {
		child->jobctl |= JOBCTL_LISTENING;
		if (child->jobctl & JOBCTL_TRAP_NOTIFY)
			ptrace_signal_wake_up(child, true);
		ret = 0;
	}
	unlock_task_sighand(child, &flags);
	return ret;
}

static long set_options(struct task_struct *child, unsigned long data)
{
	long ret = check_options(data);

	if (!ret)
		child->ptrace = (child->ptrace & ~(PTRACE_O_MASK << PT_OPT_SHIFT)) |
				(unsigned int)data << PT_OPT_SHIFT;
	return ret;
}

/* What changes the course of things; all others read or write. */
static long control(struct task_struct *child, long request, unsigned long addr,
		    unsigned long data)
{
	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		if (!valid_signal(data))
			return -EIO;
		resume(child, request, data);
		return 0;
	case PTRACE_KILL:
		send_sig_info(SIGKILL, SEND_SIG_NOINFO, child);
		return 0;
	case PTRACE_INTERRUPT:
		return interrupt(child);
	case PTRACE_LISTEN:
		return do_listen(child);
	case PTRACE_DETACH:
		return ptrace_detach(child, data);
	case PTRACE_OLDSETOPTIONS:
	case PTRACE_SETOPTIONS:
		return set_options(child, data);
	default:
		return arch_ptrace(child, request, addr, data);
	}
}

long __x64_sys_ptrace(long request, long pid, unsigned long addr, unsigned long data)
{
	struct task_struct *child;
	long ret;

	if (request == PTRACE_TRACEME)
		return traceme();
	child = find_get_task_by_vpid(pid);
	if (!child)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
		ret = attach(child, request == PTRACE_SEIZE, addr, data);
		goto out;
	}
	ret = check_attach(child, request == PTRACE_KILL || request == PTRACE_INTERRUPT);
	if (ret)
		goto out;
	ret = control(child, request, addr, data);
	if (ret || request != PTRACE_DETACH)
		unfreeze_traced(child);
out:
	put_task_struct(child);
	return ret;
}
