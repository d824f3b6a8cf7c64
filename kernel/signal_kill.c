/* SPDX-License-Identifier: MIT */
/*
 * Who may signal whom: kill(2), tkill, tgkill, sigqueue(3)'s calls, and their likes inside the
 * kernel. Linux's twin: kernel/signal.c. Targets are found under rcu_read_lock() (one process) or
 * tasklist_lock (a process group, all processes).
 */
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "signal_internal.h"

/* kill(2): the sender's real or effective id is the receiver's real or saved one. */
static bool kill_ok_by_cred(struct task_struct *t)
{
	const struct cred *cred = current_cred(), *tcred;
	bool ok;

	rcu_read_lock();
	tcred = __task_cred(t);
	ok = cred->euid == tcred->suid || cred->euid == tcred->uid ||
	     cred->uid == tcred->suid || cred->uid == tcred->uid;
	rcu_read_unlock();
	return ok || capable(CAP_KILL);
}

/* 0, -EINVAL, -EPERM. The kernel's own signals are always permitted. */
int check_kill_permission(int sig, struct k_siginfo *info, struct task_struct *t)
{
	if (!valid_signal(sig))
		return -EINVAL;
	if (info == SEND_SIG_PRIV || (info != SEND_SIG_NOINFO && info->si_code > 0))
		return 0;
	if (same_thread_group(current, t) || kill_ok_by_cred(t))
		return 0;
	/* A shell may continue what it started, whoever that has become. */
	if (sig == SIGCONT && task_session(t) == task_session(current))
		return 0;
	return -EPERM;
}

int group_send_sig_info(int sig, struct k_siginfo *info, struct task_struct *p)
{
	int err;

	rcu_read_lock();
	err = check_kill_permission(sig, info, p);
	rcu_read_unlock();
	if (!err && sig)
		err = do_send_sig_info(sig, info, p, PIDTYPE_TGID);
	return err;
}

/* One member that could be signalled makes it a success. */
int __kill_pgrp_info(int sig, struct k_siginfo *info, struct pid *pgrp)
{
	struct task_struct *p;
	bool success = false;
	int ret = -ESRCH;

	if (!pgrp)
		return -ESRCH;
	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		p->signal->group_signals++;
		ret = group_send_sig_info(sig, info, p);
		success |= !ret;
	}
	return success ? 0 : ret;
}

/* The process that has pid, or that pid is a thread of. */
int kill_pid_info(int sig, struct k_siginfo *info, struct pid *pid)
{
	struct task_struct *p;
	int err;

	do {
		err = -ESRCH;
		rcu_read_lock();
		p = pid_task(pid, PIDTYPE_PID);
		if (p)
			err = group_send_sig_info(sig, info, p);
		rcu_read_unlock();
		/* An exec in another thread may have just taken the number over: once more. */
	} while (p && err == -ESRCH);
	return err;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	return kill_pid_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

int kill_pgrp(struct pid *pid, int sig, int priv)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&tasklist_lock, flags);
	err = __kill_pgrp_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

/* ---- the system calls ---- */

static struct k_siginfo user_siginfo(int sig, int code)
{
	struct k_siginfo info = { .si_signo = sig, .si_code = code };

	info.rt.pid = current->tgid;
	info.rt.uid = current_uid();
	return info;
}

static int kill_one(int sig, struct k_siginfo *info, pid_t nr)
{
	int err;

	rcu_read_lock();
	err = kill_pid_info(sig, info, find_pid(nr));
	rcu_read_unlock();
	return err;
}

/* kill(-1): all but init and the sender itself. -EPERM counts only if it is all there was. */
static int kill_all(int sig, struct k_siginfo *info)
{
	struct task_struct *p;
	int err, ret = 0, count = 0;

	for_each_process(p) {
		if (p->pid <= 1 || same_thread_group(p, current))
			continue;
		p->signal->group_signals++;
		err = group_send_sig_info(sig, info, p);
		count++;
		if (err != -EPERM)
			ret = err;
	}
	return count ? ret : -ESRCH;
}

long __x64_sys_kill(pid_t pid, int sig)
{
	struct k_siginfo info = user_siginfo(sig, SI_USER);
	int err;

	if (pid > 0)
		return kill_one(sig, &info, pid);
	if (pid == -0x7fffffff - 1)
		return -ESRCH;
	spin_lock_irq(&tasklist_lock);
	if (pid == -1)
		err = kill_all(sig, &info);
	else
		err = __kill_pgrp_info(sig, &info, pid ? find_pid(-pid) : task_pgrp(current));
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* To one thread; tgid > 0: which must belong to that process, else its number was reused. */
static int send_to_thread(pid_t tgid, pid_t pid, int sig, struct k_siginfo *info)
{
	struct task_struct *p;
	int err = -ESRCH;

	rcu_read_lock();
	p = find_task_by_vpid(pid);
	if (p && (tgid <= 0 || p->tgid == tgid)) {
		err = check_kill_permission(sig, info, p);
		/* One that is being released right now was there when we looked. */
		if (!err && sig) {
			err = do_send_sig_info(sig, info, p, PIDTYPE_PID);
			if (err == -ESRCH)
				err = 0;
		}
	}
	rcu_read_unlock();
	return err;
}

long __x64_sys_tgkill(pid_t tgid, pid_t pid, int sig)
{
	struct k_siginfo info = user_siginfo(sig, SI_TKILL);

	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	return send_to_thread(tgid, pid, sig, &info);
}

long __x64_sys_tkill(pid_t pid, int sig)
{
	struct k_siginfo info = user_siginfo(sig, SI_TKILL);

	if (pid <= 0)
		return -EINVAL;
	return send_to_thread(0, pid, sig, &info);
}

/* A siginfo that looks like the kernel's or kill's may be sent to oneself only. */
static bool may_queue_info(const struct k_siginfo *info, pid_t pid)
{
	return (info->si_code < 0 && info->si_code != SI_TKILL) || current->pid == pid;
}

static long queue_info(pid_t pid, int sig, struct k_siginfo *info)
{
	if (!may_queue_info(info, pid))
		return -EPERM;
	info->si_signo = sig;
	return kill_one(sig, info, pid);
}

static long queue_info_to_thread(pid_t tgid, pid_t pid, int sig, struct k_siginfo *info)
{
	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	if (!may_queue_info(info, pid))
		return -EPERM;
	info->si_signo = sig;
	return send_to_thread(tgid, pid, sig, info);
}

long __x64_sys_rt_sigqueueinfo(pid_t pid, int sig, struct siginfo __user *uinfo)
{
	struct k_siginfo info;

	return copy_siginfo_from_user(&info, uinfo) ? -EFAULT : queue_info(pid, sig, &info);
}

long __ia32_compat_sys_rt_sigqueueinfo(pid_t pid, int sig, struct compat_siginfo __user *uinfo)
{
	struct k_siginfo info;

	return copy_siginfo_from_user32(&info, sig, uinfo) ? -EFAULT : queue_info(pid, sig, &info);
}

long __x64_sys_rt_tgsigqueueinfo(pid_t tgid, pid_t pid, int sig, struct siginfo __user *uinfo)
{
	struct k_siginfo info;

	return copy_siginfo_from_user(&info, uinfo) ? -EFAULT :
	       queue_info_to_thread(tgid, pid, sig, &info);
}

long __ia32_compat_sys_rt_tgsigqueueinfo(pid_t tgid, pid_t pid, int sig,
					 struct compat_siginfo __user *uinfo)
{
	struct k_siginfo info;

	return copy_siginfo_from_user32(&info, sig, uinfo) ? -EFAULT :
	       queue_info_to_thread(tgid, pid, sig, &info);
}
