/* SPDX-License-Identifier: MIT */
/*
 * The system calls about policy, priority and CPUs: sched(7), getpriority(2), sched_setaffinity(2).
 * Checks and user memory here; policy.c and core.c do it. Linux's twin: kernel/sched/core.c's end,
 * kernel/sys.c for get/setpriority.
 *
 * Who may: raising one's own priority is bounded by RLIMIT_NICE and RLIMIT_RTPRIO, other people's
 * tasks need CAP_SYS_NICE. Left out: SCHED_DEADLINE (-EINVAL), utilization clamps (-EINVAL).
 */
#include <vitrix/cred.h>
#include <vitrix/pid.h>
#include <vitrix/uaccess.h>
#include <vitrix/string.h>
#include <linux/sched/types.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include "sched.h"

/* With a reference; pid 0: current. -EINVAL for negative ones, -ESRCH. */
static struct task_struct *get_task(pid_t pid)
{
	struct task_struct *p;

	if (pid < 0)
		return ERR_PTR(-EINVAL);
	if (!pid) {
		get_task_struct(current);
		return current;
	}
	p = find_get_task_by_vpid(pid);
	return p ? p : ERR_PTR(-ESRCH);
}

static bool same_owner(struct task_struct *p)
{
	const struct cred *cred;
	bool same;

	rcu_read_lock();
	cred = __task_cred(p);
	same = current_euid() == cred->euid || current_euid() == cred->uid;
	rcu_read_unlock();
	return same;
}

static unsigned long task_rlimit_cur(struct task_struct *p, unsigned int limit)
{
	return READ_ONCE(p->signal->rlim[limit].rlim_cur);
}

/* May p become that nice, as far as RLIMIT_NICE goes? 20 there means nice 0, 40 nice -20. */
static bool nice_within_limit(struct task_struct *p, int nice)
{
	return 20 - nice <= (long)min(task_rlimit_cur(p, RLIMIT_NICE), 40UL);
}

__bounded_frame long __x64_sys_sched_yield(void)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(current, &flags);

	update_rq_clock(rq);
	rq->curr->sched_class->yield_task(rq, false);
	task_rq_unlock(rq, flags);
	schedule();
	return 0;
}

/* ---- policies -------------------------------------------------------------------------------- */

struct wanted {
	int policy;			/* -1: the one it has */
	int rt_priority, nice;
	bool reset_on_fork;
};

static bool other_policy(int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

/* policy: p's. */
static bool may_set(struct task_struct *p, int policy, const struct wanted *w)
{
	if (!same_owner(p) || (p->sched_reset_on_fork && !w->reset_on_fork))
		return false;
	if (rt_policy(w->policy)) {
		unsigned long limit = task_rlimit_cur(p, RLIMIT_RTPRIO);

		if (w->policy != policy && !limit)
			return false;
		return w->rt_priority <= p->rt_priority || w->rt_priority <= (long)min(limit, 99UL);
	}
	if (w->nice < task_nice(p) && !nice_within_limit(p, w->nice))
		return false;
	if (policy == SCHED_IDLE && w->policy != SCHED_IDLE)
		return nice_within_limit(p, task_nice(p));
	return true;
}

/* policy: p's. 0, -EINVAL, -EPERM. */
static long check_wanted(struct task_struct *p, int policy, const struct wanted *w)
{
	if (!other_policy(w->policy) && !rt_policy(w->policy))
		return -EINVAL;
	if (w->rt_priority < 0 || w->rt_priority >= RT_PRIORITIES ||
	    rt_policy(w->policy) != (w->rt_priority != 0))
		return -EINVAL;
	return may_set(p, policy, w) || capable(CAP_SYS_NICE) ? 0 : -EPERM;
}

/* Somebody else may give p another policy meanwhile: then all is asked again. */
static long set_policy(struct task_struct *p, const struct wanted *wanted)
{
	struct wanted w;
	int policy;
	long err;

	do {
		policy = READ_ONCE(p->policy);
		w = *wanted;
		if (w.policy < 0)
			w.policy = policy;
		err = check_wanted(p, policy, &w);
		if (err)
			return err;
	} while (!change_policy(p, policy, w.policy, w.rt_priority, w.nice, w.reset_on_fork));
	return 0;
}

/* policy -1: the one it has. */
static long do_setscheduler(pid_t pid, int policy, struct sched_param __user *uparam)
{
	struct sched_param param;
	struct task_struct *p;
	struct wanted w;
	long ret;

	if (!uparam || pid < 0)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	p = get_task(pid);
	if (IS_ERR(p))
		return PTR_ERR(p);
	w = (struct wanted){
		.policy = policy < 0 ? -1 : policy & ~SCHED_RESET_ON_FORK,
		.rt_priority = param.sched_priority,
		.nice = task_nice(p),
		.reset_on_fork = policy < 0 ? p->sched_reset_on_fork : policy & SCHED_RESET_ON_FORK,
	};
	ret = set_policy(p, &w);
	put_task_struct(p);
	return ret;
}

long __x64_sys_sched_setscheduler(pid_t pid, int policy, struct sched_param __user *param)
{
	if (policy < 0)
		return -EINVAL;
	return do_setscheduler(pid, policy, param);
}

long __x64_sys_sched_setparam(pid_t pid, struct sched_param __user *param)
{
	return do_setscheduler(pid, -1, param);
}

long __x64_sys_sched_getscheduler(pid_t pid)
{
	struct task_struct *p = get_task(pid);
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = p->policy | (p->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	put_task_struct(p);
	return ret;
}

long __x64_sys_sched_getparam(pid_t pid, struct sched_param __user *uparam)
{
	struct sched_param param = { 0 };
	struct task_struct *p;

	if (!uparam || pid < 0)
		return -EINVAL;
	p = get_task(pid);
	if (IS_ERR(p))
		return PTR_ERR(p);
	param.sched_priority = p->rt_priority;
	put_task_struct(p);
	return copy_to_user(uparam, &param, sizeof(param)) ? -EFAULT : 0;
}

static long copy_sched_attr(struct sched_attr __user *uattr, struct sched_attr *attr)
{
	u32 size;
	long err;

	memset(attr, 0, sizeof(*attr));
	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		err = -E2BIG;
	else
		err = copy_struct_from_user(attr, sizeof(*attr), uattr, size);
	if (err == -E2BIG && put_user((u32)sizeof(*attr), &uattr->size))
		err = -EFAULT;
	attr->sched_nice = clamp(attr->sched_nice, MIN_NICE, MAX_NICE);
	return err;
}

long __x64_sys_sched_setattr(pid_t pid, struct sched_attr __user *uattr, unsigned int flags)
{
	struct sched_attr attr;
	struct task_struct *p;
	struct wanted w;
	long ret;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	ret = copy_sched_attr(uattr, &attr);
	if (ret)
		return ret;
	if ((int)attr.sched_policy < 0 || attr.sched_flags & ~(u64)(SCHED_FLAG_RESET_ON_FORK |
								    SCHED_FLAG_KEEP_ALL))
		return -EINVAL;
	p = get_task(pid);
	if (IS_ERR(p))
		return PTR_ERR(p);
	w = (struct wanted){ attr.sched_policy, attr.sched_priority, attr.sched_nice,
			     attr.sched_flags & SCHED_FLAG_RESET_ON_FORK };
	if (attr.sched_flags & SCHED_FLAG_KEEP_POLICY)
		w.policy = -1;
	if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
		w.rt_priority = p->rt_priority;
		w.nice = task_nice(p);
	} else if (rt_policy(w.policy < 0 ? (int)p->policy : w.policy)) {
		w.nice = task_nice(p);
	}
	ret = set_policy(p, &w);
	put_task_struct(p);
	return ret;
}

long __x64_sys_sched_getattr(pid_t pid, struct sched_attr __user *uattr, unsigned int usize,
			     unsigned int flags)
{
	struct sched_attr attr = { 0 };
	struct task_struct *p;

	if (!uattr || pid < 0 || usize > PAGE_SIZE || usize < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	p = get_task(pid);
	if (IS_ERR(p))
		return PTR_ERR(p);
	attr.size = min(usize, (unsigned int)sizeof(attr));
	attr.sched_policy = p->policy;
	attr.sched_flags = p->sched_reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	if (rt_policy(p->policy))
		attr.sched_priority = p->rt_priority;
	else
		attr.sched_nice = task_nice(p);
	put_task_struct(p);
	if (!access_ok(uattr, usize))
		return -EFAULT;
	return copy_to_user(uattr, &attr, attr.size) ? -EFAULT : 0;
}

long __x64_sys_sched_get_priority_max(int policy)
{
	if (rt_policy(policy))
		return RT_PRIORITIES - 1;
	return other_policy(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

long __x64_sys_sched_get_priority_min(int policy)
{
	if (rt_policy(policy))
		return 1;
	return other_policy(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

static long rr_get_interval(pid_t pid, void *interval, bool time32)
{
	struct task_struct *p = get_task(pid);
	struct timespec64 ts;
	unsigned long flags;
	struct rq *rq;

	if (IS_ERR(p))
		return PTR_ERR(p);
	rq = task_rq_lock(p, &flags);
	ts = ns_to_timespec64(p->sched_class->get_rr_interval(rq, p));
	task_rq_unlock(rq, flags);
	put_task_struct(p);
	return put_timespec(&ts, interval, time32);
}

long __x64_sys_sched_rr_get_interval(pid_t pid, struct __kernel_timespec __user *interval)
{
	return rr_get_interval(pid, interval, false);
}

long __ia32_sys_sched_rr_get_interval_time32(pid_t pid, struct old_timespec32 __user *interval)
{
	return rr_get_interval(pid, interval, true);
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

long __x64_sys_sched_setaffinity(pid_t pid, unsigned int len, unsigned long __user *user_mask_ptr)
{
	unsigned long mask = 0;
	struct task_struct *p;
	long ret = -EPERM;

	if (copy_from_user(&mask, user_mask_ptr, min(len, (unsigned int)sizeof(mask))))
		return -EFAULT;
	p = get_task(pid);
	if (IS_ERR(p))
		return pid < 0 ? -ESRCH : PTR_ERR(p);
	if (same_owner(p) || capable(CAP_SYS_NICE))
		ret = set_cpus_allowed(p, mask);
	put_task_struct(p);
	return ret;
}

/* Returns how many bytes of mask there are. */
static long do_getaffinity(pid_t pid, unsigned int len, void *user_mask_ptr, size_t word)
{
	struct task_struct *p;
	unsigned long mask;

	if (len * 8UL < nr_cpu_ids || len % word)
		return -EINVAL;
	p = get_task(pid);
	if (IS_ERR(p))
		return pid < 0 ? -ESRCH : PTR_ERR(p);
	mask = p->cpus_mask & cpu_online_bits[0];
	put_task_struct(p);
	len = min(len, (unsigned int)sizeof(mask));
	return copy_to_user(user_mask_ptr, &mask, len) ? -EFAULT : (long)len;
}

long __x64_sys_sched_getaffinity(pid_t pid, unsigned int len, unsigned long __user *user_mask_ptr)
{
	return do_getaffinity(pid, len, user_mask_ptr, sizeof(long));
}

/* Bits of little-endian words are the same whatever a word's width. */
long __ia32_compat_sys_sched_getaffinity(pid_t pid, unsigned int len, u32 __user *user_mask_ptr)
{
	return do_getaffinity(pid, len, user_mask_ptr, sizeof(u32));
}

long __ia32_compat_sys_sched_setaffinity(pid_t pid, unsigned int len, u32 __user *user_mask_ptr)
{
	return __x64_sys_sched_setaffinity(pid, len, (unsigned long *)user_mask_ptr);
}

long __x64_sys_getcpu(unsigned int __user *cpup, unsigned int __user *nodep,
		      struct getcpu_cache __user *unused)
{
	int err = 0;

	if (cpup)
		err |= put_user((unsigned int)raw_smp_processor_id(), cpup);
	if (nodep)
		err |= put_user(0u, nodep);
	return err ? -EFAULT : 0;
}

/* ---- nice ------------------------------------------------------------------------------------ */

/* What getpriority() and setpriority() do to each task that which and who mean. */
struct prio_walk {
	bool set;
	int nice, result;
};

static void visit(struct prio_walk *walk, struct task_struct *p)
{
	const struct cred *cred = __task_cred(p);

	if (!walk->set) {
		walk->result = max(walk->result, 20 - task_nice(p));
		return;
	}
	if (current_euid() != cred->uid && current_euid() != cred->euid && !capable(CAP_SYS_NICE)) {
		walk->result = -EPERM;
		return;
	}
	if (walk->nice < task_nice(p) && !nice_within_limit(p, walk->nice) &&
	    !capable(CAP_SYS_NICE)) {
		walk->result = -EACCES;
		return;
	}
	if (walk->result == -ESRCH)
		walk->result = 0;
	set_user_nice(p, walk->nice);
}

static void visit_pgrp(struct prio_walk *walk, int who)
{
	struct pid *pgrp = who ? find_pid(who) : task_pgrp(current);
	struct task_struct *leader, *p;

	if (!pgrp)
		return;
	do_each_pid_task(pgrp, PIDTYPE_PGID, leader)
		for_each_thread(leader, p)
			visit(walk, p);
}

static void visit_user(struct prio_walk *walk, int who)
{
	uid_t uid = who ? (uid_t)who : current_uid();
	struct task_struct *leader, *p;

	for_each_process(leader)
		for_each_thread(leader, p)
			if (__task_cred(p)->uid == uid)
				visit(walk, p);
}

static long walk_priorities(struct prio_walk *walk, int which, int who)
{
	struct task_struct *p;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	walk->result = -ESRCH;
	rcu_read_lock();
	spin_lock_irq(&tasklist_lock);
	if (which == PRIO_PROCESS) {
		p = who ? find_task_by_vpid(who) : current;
		if (p)
			visit(walk, p);
	} else if (which == PRIO_PGRP) {
		visit_pgrp(walk, who);
	} else {
		visit_user(walk, who);
	}
	spin_unlock_irq(&tasklist_lock);
	rcu_read_unlock();
	return walk->result;
}

/* 20 - nice of the best of them: 1 to 40, so that it is never an error. */
long __x64_sys_getpriority(int which, int who)
{
	struct prio_walk walk = { .set = false };

	return walk_priorities(&walk, which, who);
}

long __x64_sys_setpriority(int which, int who, int niceval)
{
	struct prio_walk walk = { .set = true, .nice = clamp(niceval, MIN_NICE, MAX_NICE) };

	return walk_priorities(&walk, which, who);
}
