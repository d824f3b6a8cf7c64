/* SPDX-License-Identifier: MIT */
/*
 * prctl(2): small properties of the calling process. Linux's twin: kernel/sys.c. Options about
 * capabilities: kernel/capability.c. What is not here is -EINVAL, as from a Linux built without it.
 * Locks: tasklist_lock where children are told; all else is current's own.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <generated/syscalls.h>
#include <linux/prctl.h>

static long set_name(const char __user *uname)
{
	char comm[sizeof(current->comm)] = "";

	if (strncpy_from_user(comm, uname, sizeof(comm) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, comm);
	return 0;
}

static long get_name(char __user *uname)
{
	char comm[sizeof(current->comm)];

	get_task_comm(comm, current);
	return copy_to_user(uname, comm, sizeof(comm)) ? -EFAULT : 0;
}

static long set_dumpable(unsigned long value)
{
	if (value > 1)
		return -EINVAL;
	current->mm->dumpable = value;
	return 0;
}

/*
 * All descendants learn that there is a subreaper above them, so that find_new_reaper() need not
 * look in vain; new ones inherit it. The list of processes has every parent before its children.
 */
static long set_child_subreaper(bool on)
{
	struct signal_struct *parent;
	struct task_struct *p;

	spin_lock_irq(&tasklist_lock);
	current->signal->is_child_subreaper = on;
	if (on) {
		for_each_process(p) {
			parent = p->real_parent->signal;
			if (parent == current->signal || parent->has_child_subreaper)
				p->signal->has_child_subreaper = 1;
		}
	}
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

static long prctl_get(int option, unsigned long arg2, bool more_args)
{
	switch (option) {
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int *)arg2);
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_GET_NAME:
		return get_name((char *)arg2);
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_GET_TIMERSLACK:
		return current->timer_slack_ns;
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, (int **)arg2);
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)current->signal->is_child_subreaper, (int *)arg2);
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || more_args ? -EINVAL : current->no_new_privs;
	default:
		return -EINVAL;
	}
}

/*
 * Which process may trace this one, beside its ancestors: Yama's question. With ptrace_scope 0,
 * Debian's and the only one here, everybody may who has the rights: nothing is remembered. But the
 * process must be there.
 */
static long set_ptracer(unsigned long pid)
{
	struct task_struct *task;

	if (!pid || (int)pid == -1)	/* nobody; anybody */
		return 0;
	task = find_get_task_by_vpid(pid);
	if (!task)
		return -EINVAL;
	put_task_struct(task);
	return 0;
}

long __x64_sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
		     unsigned long arg5)
{
	bool more_args = arg3 || arg4 || arg5;
	long ret = cap_task_prctl(option, arg2, arg3, arg4, arg5);

	if (ret != -ENOSYS)
		return ret;
	switch (option) {
	case PR_SET_PDEATHSIG:
		if (!valid_signal(arg2))
			return -EINVAL;
		current->pdeath_signal = arg2;
		return 0;
	case PR_SET_DUMPABLE:
		return set_dumpable(arg2);
	case PR_SET_NAME:
		return set_name((const char *)arg2);
	case PR_SET_TIMING:
		return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_SET_TIMERSLACK:
		current->timer_slack_ns = (long)arg2 > 0 ? arg2 :
					  current->default_timer_slack_ns;
		return 0;
	case PR_SET_CHILD_SUBREAPER:
		return set_child_subreaper(arg2);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || more_args)
			return -EINVAL;
		current->no_new_privs = 1;	/* for good, and for all descendants */
		return 0;
	case PR_SET_PTRACER:
		return set_ptracer(arg2);
	case PR_SET_MM:
		if (arg5 || (arg4 && arg2 != PR_SET_MM_AUXV && arg2 != PR_SET_MM_MAP &&
			     arg2 != PR_SET_MM_MAP_SIZE))
			return -EINVAL;
		return capable(CAP_SYS_RESOURCE) ? -EINVAL : -EPERM;
	default:
		return prctl_get(option, arg2, more_args);
	}
}
