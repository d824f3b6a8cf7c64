/* SPDX-License-Identifier: MIT */
/*
 * Who am I, and job control's groups: the pid calls, setpgid, setsid. Linux's twin: kernel/sys.c.
 * Groups and sessions change under tasklist_lock.
 */
#include <vitrix/sched.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/tty.h>
#include <generated/syscalls.h>

long __x64_sys_getpid(void)
{
	return current->tgid;
}

long __x64_sys_gettid(void)
{
	return current->pid;
}

/* The parent may be gone in the next moment, but not its task_struct. */
long __x64_sys_getppid(void)
{
	pid_t pid;

	rcu_read_lock();
	pid = READ_ONCE(current->real_parent)->tgid;
	rcu_read_unlock();
	return pid;
}

/* ---- process groups ---- */

/* pid 0: current's own. type: PIDTYPE_PGID or PIDTYPE_SID. */
static long get_group_id(pid_t pid, enum pid_type type)
{
	struct task_struct *p = current;
	long ret = -ESRCH;

	rcu_read_lock();
	if (pid)
		p = find_task_by_vpid(pid);
	if (p)
		ret = pid_vnr(READ_ONCE(p->signal->pids[type]));
	rcu_read_unlock();
	return ret;
}

long __x64_sys_getpgid(pid_t pid)
{
	return get_group_id(pid, PIDTYPE_PGID);
}

long __x64_sys_getpgrp(void)
{
	return get_group_id(0, PIDTYPE_PGID);
}

long __x64_sys_getsid(pid_t pid)
{
	return get_group_id(pid, PIDTYPE_SID);
}

/* May current move p to another group? setpgid(2), ERRORS. tasklist_lock held. */
static int check_setpgid(struct task_struct *p)
{
	struct task_struct *leader = current->group_leader;

	if (!p)
		return -ESRCH;
	if (!thread_group_leader(p))
		return -EINVAL;
	if (same_thread_group(p->real_parent, leader)) {
		if (task_session(p) != task_session(leader))
			return -EPERM;
		if (!(p->flags & PF_FORKNOEXEC))
			return -EACCES;
	} else if (p != leader) {
		return -ESRCH;
	}
	return p->signal->leader ? -EPERM : 0;
}

/* The group pgid, which must be p's own number or a group of this session; NULL: neither. */
static struct pid *find_group(struct task_struct *p, pid_t pgid)
{
	struct task_struct *member;
	struct pid *pgrp;

	if (pgid == p->pid)
		return task_pid(p);
	pgrp = find_pid(pgid);
	member = pid_task(pgrp, PIDTYPE_PGID);
	if (!member || task_session(member) != task_session(current->group_leader))
		return NULL;
	return pgrp;
}

long __x64_sys_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *p;
	struct pid *pgrp;
	int err;

	if (!pid)
		pid = current->tgid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	p = find_task_by_vpid(pid);
	err = check_setpgid(p);
	if (err)
		goto unlock;
	pgrp = find_group(p, pgid);
	if (!pgrp)
		err = -EPERM;
	else if (task_pgrp(p) != pgrp)
		change_pid(p, PIDTYPE_PGID, pgrp);
unlock:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* A new session with one group, both named after current, and without a terminal. */
long __x64_sys_setsid(void)
{
	struct task_struct *leader = current->group_leader;
	struct pid *sid;
	long ret = -EPERM;

	spin_lock_irq(&tasklist_lock);
	sid = task_pid(leader);
	/*
	 * Neither one who leads a session nor one whose number names a group that may have others.
	 */
	if (leader->signal->leader || pid_task(sid, PIDTYPE_PGID))
		goto unlock;
	leader->signal->leader = true;
	if (task_session(leader) != sid)
		change_pid(leader, PIDTYPE_SID, sid);
	if (task_pgrp(leader) != sid)
		change_pid(leader, PIDTYPE_PGID, sid);
	ret = pid_vnr(sid);
unlock:
	spin_unlock_irq(&tasklist_lock);
	if (ret > 0)
		proc_clear_tty(leader);
	return ret;
}
