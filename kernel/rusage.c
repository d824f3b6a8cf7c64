/* SPDX-License-Identifier: MIT */
/*
 * What a process has used: getrusage(2), times(2), and the sums behind them. Linux's twin:
 * getrusage in kernel/sys.c, kernel/sched/cputime.c.
 *
 * A living thread's counts are in its task_struct; release_task() adds those of dead threads to
 * signal_struct; wait4() adds those of a reaped child, and of what that child had waited for, to
 * the parent's c... fields. Locks: siglock, for the sums of the process.
 */
#include <vitrix/sched.h>
#include <vitrix/signal.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <vitrix/compat.h>
#include <generated/syscalls.h>
#include <linux/times.h>

void thread_group_cputime(struct task_struct *tsk, u64 *utime, u64 *stime)
{
	struct task_struct *t;
	u64 u, s;

	*utime = tsk->signal->utime;
	*stime = tsk->signal->stime;
	for_each_thread(tsk, t) {
		task_cputime(t, &u, &s);
		*utime += u;
		*stime += s;
	}
}

static void add_thread(struct task_struct *t, struct rusage *r)
{
	r->ru_nvcsw += t->nvcsw;
	r->ru_nivcsw += t->nivcsw;
	r->ru_minflt += t->min_flt;
	r->ru_majflt += t->maj_flt;
}

/* siglock held. The result's maxrss is in KiB. */
static void add_children(struct signal_struct *sig, struct rusage *r, u64 *utime, u64 *stime)
{
	*utime += sig->cutime;
	*stime += sig->cstime;
	r->ru_nvcsw += sig->cnvcsw;
	r->ru_nivcsw += sig->cnivcsw;
	r->ru_minflt += sig->cmin_flt;
	r->ru_majflt += sig->cmaj_flt;
	r->ru_maxrss = sig->cmaxrss;
}

static void add_self(struct task_struct *p, struct rusage *r, u64 *utime, u64 *stime)
{
	struct signal_struct *sig = p->signal;
	struct task_struct *t;
	u64 u, s;

	thread_group_cputime(p, &u, &s);
	*utime += u;
	*stime += s;
	r->ru_nvcsw += sig->nvcsw;
	r->ru_nivcsw += sig->nivcsw;
	r->ru_minflt += sig->min_flt;
	r->ru_majflt += sig->maj_flt;
	r->ru_maxrss = max(r->ru_maxrss, (long)sig->maxrss);
	for_each_thread(p, t)
		add_thread(t, r);
}

static void set_timeval(struct __kernel_old_timeval *tv, u64 ns)
{
	tv->tv_sec = ns / NSEC_PER_SEC;
	tv->tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

void getrusage(struct task_struct *p, int who, struct rusage *r)
{
	u64 utime = 0, stime = 0;
	struct mm_struct *mm;
	unsigned long flags;

	memset(r, 0, sizeof(*r));
	if (!lock_task_sighand(p, &flags))
		return;
	if (who == RUSAGE_THREAD) {
		task_cputime(p, &utime, &stime);
		add_thread(p, r);
		r->ru_maxrss = p->signal->maxrss;
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH)
		add_children(p->signal, r, &utime, &stime);
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH)
		add_self(p, r, &utime, &stime);
	unlock_task_sighand(p, &flags);

	set_timeval(&r->ru_utime, utime);
	set_timeval(&r->ru_stime, stime);
	if (who == RUSAGE_CHILDREN || p->exit_state)
		return;
	mm = get_task_mm(p);
	if (mm) {
		long pages = max(mm->hiwater_rss, mm_rss(mm));

		r->ru_maxrss = max(r->ru_maxrss, pages << (PAGE_SHIFT - 10));
		mmput(mm);
	}
}

int put_compat_rusage(const struct rusage *r, struct compat_rusage *ru)
{
	struct compat_rusage r32 = {
		.ru_utime = { r->ru_utime.tv_sec, r->ru_utime.tv_usec },
		.ru_stime = { r->ru_stime.tv_sec, r->ru_stime.tv_usec },
		.ru_maxrss = r->ru_maxrss, .ru_ixrss = r->ru_ixrss, .ru_idrss = r->ru_idrss,
		.ru_isrss = r->ru_isrss, .ru_minflt = r->ru_minflt, .ru_majflt = r->ru_majflt,
		.ru_nswap = r->ru_nswap, .ru_inblock = r->ru_inblock,
		.ru_oublock = r->ru_oublock, .ru_msgsnd = r->ru_msgsnd,
		.ru_msgrcv = r->ru_msgrcv, .ru_nsignals = r->ru_nsignals,
		.ru_nvcsw = r->ru_nvcsw, .ru_nivcsw = r->ru_nivcsw,
	};

	return copy_to_user(ru, &r32, sizeof(r32)) ? -EFAULT : 0;
}

long __ia32_compat_sys_getrusage(int who, struct compat_rusage __user *ru)
{
	struct rusage r;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &r);
	return put_compat_rusage(&r, ru);
}

long __x64_sys_getrusage(int who, struct rusage __user *ru)
{
	struct rusage r;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &r);
	return copy_to_user(ru, &r, sizeof(r)) ? -EFAULT : 0;
}

/* In ticks of 1/USER_HZ s. */
#define NSEC_PER_TICK	(NSEC_PER_SEC / USER_HZ)

static void do_times(struct tms *tms)
{
	u64 utime, stime;

	spin_lock_irq(&current->sighand->siglock);
	thread_group_cputime(current, &utime, &stime);
	tms->tms_utime = utime / NSEC_PER_TICK;
	tms->tms_stime = stime / NSEC_PER_TICK;
	tms->tms_cutime = current->signal->cutime / NSEC_PER_TICK;
	tms->tms_cstime = current->signal->cstime / NSEC_PER_TICK;
	spin_unlock_irq(&current->sighand->siglock);
}

/* The result counts from boot. */
long __x64_sys_times(struct tms __user *tbuf)
{
	struct tms tms;

	if (tbuf) {
		do_times(&tms);
		if (copy_to_user(tbuf, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return ktime_get() / NSEC_PER_TICK;
}

long __ia32_compat_sys_times(struct compat_tms __user *tbuf)
{
	struct compat_tms tms32;
	struct tms tms;

	if (tbuf) {
		do_times(&tms);
		tms32.tms_utime = tms.tms_utime;
		tms32.tms_stime = tms.tms_stime;
		tms32.tms_cutime = tms.tms_cutime;
		tms32.tms_cstime = tms.tms_cstime;
		if (copy_to_user(tbuf, &tms32, sizeof(tms32)))
			return -EFAULT;
	}
	return ktime_get() / NSEC_PER_TICK;
}
