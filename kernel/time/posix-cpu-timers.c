/* SPDX-License-Identifier: MIT */
/*
 * Clocks that count CPU time, and the limits that the tick watches: RLIMIT_CPU, ITIMER_VIRTUAL,
 * ITIMER_PROF, timer_create(2) on a CPU clock. Their resolution is the tick.
 *
 * A process's time is that of its dead threads (in signal_struct) and the sum over the living,
 * whose list is stable under tasklist_lock or siglock. The exact clock (SCHED) is the scheduler's;
 * PROF and VIRT count ticks.
 *
 * Linux's twin: kernel/time/posix-cpu-timers.c. Left out: RLIMIT_RTTIME, sleeping on a CPU clock.
 */
#include <vitrix/err.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include "internal.h"

u64 thread_cpu_sample(struct task_struct *p, int what)
{
	switch (what) {
	case CPUCLOCK_PROF:
		return READ_ONCE(p->utime) + READ_ONCE(p->stime);
	case CPUCLOCK_VIRT:
		return READ_ONCE(p->utime);
	}
	return task_sched_runtime(p);
}

u64 process_cpu_sample(struct task_struct *p, int what)
{
	struct signal_struct *sig = p->signal;
	struct task_struct *t;
	u64 sum;

	if (what == CPUCLOCK_PROF)
		sum = sig->utime + sig->stime;
	else if (what == CPUCLOCK_VIRT)
		sum = sig->utime;
	else
		sum = sig->sum_sched_runtime;
	for_each_thread(p, t)
		sum += thread_cpu_sample(t, what);
	return sum;
}

/*
 * Which task a negative clockid means; tasklist_lock held. NULL: none, or one that may not be
 * asked.
 */
static struct task_struct *clock_task(clockid_t clockid)
{
	pid_t pid = ~(clockid >> 3);
	struct task_struct *p = pid ? find_task_by_vpid(pid) : current;

	if (!p || (clockid & 3) > CPUCLOCK_SCHED)
		return NULL;
	if (clockid & CPUCLOCK_PERTHREAD_MASK)
		return same_thread_group(p, current) ? p : NULL;
	return pid == 0 || p == current || thread_group_leader(p) ? p : NULL;
}

/* CPU time by a negative clockid, ns. 0 or -EINVAL. Task context. */
int posix_cpu_clock_get(clockid_t clockid, ktime_t *now)
{
	struct task_struct *p;
	int ret = -EINVAL;

	rcu_read_lock();
	spin_lock_irq(&tasklist_lock);
	p = clock_task(clockid);
	if (p) {
		*now = clockid & CPUCLOCK_PERTHREAD_MASK ? thread_cpu_sample(p, clockid & 3)
							 : process_cpu_sample(p, clockid & 3);
		ret = 0;
	}
	spin_unlock_irq(&tasklist_lock);
	rcu_read_unlock();
	return ret;
}

/* Is there such a clock? 0 or -EINVAL. */
int posix_cpu_clock_check(clockid_t clockid)
{
	ktime_t ignored;

	return posix_cpu_clock_get(clockid, &ignored);
}

/* Has the timer expired at now? Then it is set anew, or off. siglock held. */
static bool itimer_expired(struct cpu_itimer *it, u64 now)
{
	if (!it->expires || now < it->expires)
		return false;
	it->expires = it->incr ? it->expires + it->incr : 0;
	if (it->expires && it->expires <= now)
		it->expires = now + it->incr;
	return true;
}

/* What RLIMIT_CPU says of a process that used ns: a signal to send it, or 0. siglock held. */
static int cpu_limit_signal(struct signal_struct *sig, u64 ns)
{
	struct rlimit *lim = &sig->rlim[RLIMIT_CPU];

	if (lim->rlim_max != RLIM_INFINITY && ns >= lim->rlim_max * NSEC_PER_SEC)
		return SIGKILL;
	if (lim->rlim_cur == RLIM_INFINITY || ns < lim->rlim_cur * NSEC_PER_SEC)
		return 0;
	if (lim->rlim_cur < lim->rlim_max)
		WRITE_ONCE(lim->rlim_cur, ns / NSEC_PER_SEC + 1);	/* again in a second */
	return SIGXCPU;
}

/*
 * The tick hit current: have its process's CPU timers expired? What is watched is looked at first
 * without a lock, as mostly nothing is. An exiting task is past being told.
 */
void run_posix_cpu_timers(void)
{
	struct task_struct *p = current;
	struct signal_struct *sig = p->signal;
	bool virt, prof;
	int limit;

	if ((p->flags & (PF_EXITING | PF_KTHREAD | PF_IDLE)) || !sig)
		return;
	posix_cpu_timers_expire();
	if (likely(!sig->it_virt.expires && !sig->it_prof.expires &&
		   sig->rlim[RLIMIT_CPU].rlim_cur == RLIM_INFINITY))
		return;
	spin_lock(&p->sighand->siglock);
	virt = sig->it_virt.expires &&
	       itimer_expired(&sig->it_virt, process_cpu_sample(p, CPUCLOCK_VIRT));
	prof = sig->it_prof.expires &&
	       itimer_expired(&sig->it_prof, process_cpu_sample(p, CPUCLOCK_PROF));
	limit = sig->rlim[RLIMIT_CPU].rlim_cur == RLIM_INFINITY ? 0 :
		cpu_limit_signal(sig, process_cpu_sample(p, CPUCLOCK_SCHED));
	spin_unlock(&p->sighand->siglock);
	if (virt)
		do_send_sig_info(SIGVTALRM, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	if (prof)
		do_send_sig_info(SIGPROF, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	if (limit)
		do_send_sig_info(limit, SEND_SIG_PRIV, p, PIDTYPE_TGID);
}
