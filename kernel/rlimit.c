/* SPDX-License-Identifier: MIT */
/*
 * Resource limits: getrlimit(2), setrlimit, prlimit64. Linux's twin: kernel/sys.c. The limits
 * belong to the process; they change under siglock and are read without a lock, one word at a time.
 */
#include <vitrix/sched.h>
#include <vitrix/cred.h>
#include <vitrix/fs.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <vitrix/nospec.h>
#include <generated/syscalls.h>

/* Sets *new (if any) after *old (if any) is taken. tsk stays: it is current or referenced. */
static int do_prlimit(struct task_struct *tsk, unsigned int resource, const struct rlimit *new,
		      struct rlimit *old)
{
	struct rlimit *rlim;
	unsigned long flags;
	int err = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new) {
		if (new->rlim_cur > new->rlim_max)
			return -EINVAL;
		if (resource == RLIMIT_NOFILE && new->rlim_max > sysctl_nr_open)
			return -EPERM;
	}
	rlim = &tsk->signal->rlim[array_index_nospec(resource, RLIM_NLIMITS)];
	if (!lock_task_sighand(tsk, &flags))
		return -ESRCH;
	if (new && new->rlim_max > rlim->rlim_max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	if (!err && old)
		*old = *rlim;
	if (!err && new) {
		WRITE_ONCE(rlim->rlim_cur, new->rlim_cur);
		WRITE_ONCE(rlim->rlim_max, new->rlim_max);
	}
	unlock_task_sighand(tsk, &flags);
	return err;
}

long __x64_sys_getrlimit(unsigned int resource, struct rlimit __user *rlim)
{
	struct rlimit value;
	int err = do_prlimit(current, resource, NULL, &value);

	if (!err && copy_to_user(rlim, &value, sizeof(value)))
		return -EFAULT;
	return err;
}

long __x64_sys_setrlimit(unsigned int resource, struct rlimit __user *rlim)
{
	struct rlimit value;

	if (copy_from_user(&value, rlim, sizeof(value)))
		return -EFAULT;
	return do_prlimit(current, resource, &value, NULL);
}

/* prlimit(2): all ids of the target must be the caller's real ones. rcu_read_lock() held. */
static int check_prlimit_permission(struct task_struct *task)
{
	const struct cred *cred = current_cred(), *tcred;

	if (task == current)
		return 0;
	tcred = __task_cred(task);
	if (cred->uid == tcred->euid && cred->uid == tcred->suid && cred->uid == tcred->uid &&
	    cred->gid == tcred->egid && cred->gid == tcred->sgid && cred->gid == tcred->gid)
		return 0;
	return capable(CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

long __x64_sys_prlimit64(pid_t pid, unsigned int resource, const struct rlimit64 __user *new_rlim,
			 struct rlimit64 __user *old_rlim)
{
	struct rlimit new, old;
	struct task_struct *tsk;
	int err;

	static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64), "two 64-bit words");
	if (new_rlim && copy_from_user(&new, new_rlim, sizeof(new)))
		return -EFAULT;
	rcu_read_lock();
	tsk = pid ? find_task_by_vpid(pid) : current;
	err = tsk ? check_prlimit_permission(tsk) : -ESRCH;
	if (!err)
		get_task_struct(tsk);
	rcu_read_unlock();
	if (err)
		return err;
	err = do_prlimit(tsk, resource, new_rlim ? &new : NULL, old_rlim ? &old : NULL);
	if (!err && old_rlim && copy_to_user(old_rlim, &old, sizeof(old)))
		err = -EFAULT;
	put_task_struct(tsk);
	return err;
}

/* ---- the same for 32-bit programs: what does not fit is infinite ---- */

#define COMPAT_RLIM_INFINITY	0xffffffffU
#define OLD_RLIM_INFINITY	0x7fffffffU	/* when they had a sign */

static u32 narrow_limit(u64 value, u32 infinity)
{
	return value > infinity ? infinity : value;
}

static long compat_getrlimit(unsigned int resource, struct compat_rlimit *rlim, u32 infinity)
{
	struct compat_rlimit narrow;
	struct rlimit value;
	int err = do_prlimit(current, resource, NULL, &value);

	if (err)
		return err;
	narrow.rlim_cur = narrow_limit(value.rlim_cur, infinity);
	narrow.rlim_max = narrow_limit(value.rlim_max, infinity);
	return copy_to_user(rlim, &narrow, sizeof(narrow)) ? -EFAULT : 0;
}

long __ia32_compat_sys_getrlimit(unsigned int resource, struct compat_rlimit __user *rlim)
{
	return compat_getrlimit(resource, rlim, COMPAT_RLIM_INFINITY);
}

/* i386, 76. */
long __ia32_sys_old_getrlimit(unsigned int resource, struct compat_rlimit __user *rlim)
{
	return compat_getrlimit(resource, rlim, OLD_RLIM_INFINITY);
}

long __ia32_compat_sys_setrlimit(unsigned int resource, struct compat_rlimit __user *rlim)
{
	struct compat_rlimit narrow;
	struct rlimit value;

	if (copy_from_user(&narrow, rlim, sizeof(narrow)))
		return -EFAULT;
	value.rlim_cur = narrow.rlim_cur == COMPAT_RLIM_INFINITY ? RLIM_INFINITY : narrow.rlim_cur;
	value.rlim_max = narrow.rlim_max == COMPAT_RLIM_INFINITY ? RLIM_INFINITY : narrow.rlim_max;
	return do_prlimit(current, resource, &value, NULL);
}
