/* SPDX-License-Identifier: MIT */
/*
 * setitimer(2), getitimer(2), alarm(2): one timer of each kind per process.
 *
 *	ITIMER_REAL     real time       SIGALRM    an hrtimer, allocated at first use
 *	ITIMER_VIRTUAL  user time       SIGVTALRM  watched by the tick: posix-cpu-timers.c
 *	ITIMER_PROF     user + system   SIGPROF    the same
 *
 * ITIMER_REAL lives on through exec, and ends with the process (exit_itimers()).
 * Locks: siglock; the hrtimer's callback takes none of ours. Who sets ITIMER_REAL cancels the
 * hrtimer first, without a lock, and starts it under siglock. Linux's twin: kernel/time/itimer.c.
 */
#include <vitrix/err.h>
#include <vitrix/pid.h>
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>
#include "internal.h"

struct real_itimer {
	struct hrtimer timer;		/* first: signal->real_timer points to it */
	ktime_t interval;		/* changed while the timer is not active */
	struct pid *pid;		/* the process, with a reference */
};

static struct real_itimer *real_itimer(struct signal_struct *sig)
{
	struct hrtimer *timer = smp_load_acquire(&sig->real_timer);

	return timer ? container_of(timer, struct real_itimer, timer) : NULL;
}

static enum hrtimer_restart real_itimer_fn(struct hrtimer *timer)
{
	struct real_itimer *it = container_of(timer, struct real_itimer, timer);

	kill_pid_info(SIGALRM, SEND_SIG_PRIV, it->pid);
	if (!it->interval)
		return HRTIMER_NORESTART;
	hrtimer_forward_user(timer, it->interval);
	return HRTIMER_RESTART;
}

/* The process's ITIMER_REAL, made if there is none yet; NULL without memory. */
static struct real_itimer *get_real_itimer(void)
{
	struct signal_struct *sig = current->signal;
	struct real_itimer *it = real_itimer(sig), *new;

	if (it)
		return it;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	hrtimer_init(&new->timer, CLOCK_MONOTONIC, real_itimer_fn);
	new->pid = get_pid(task_tgid(current));
	spin_lock_irq(&current->sighand->siglock);
	it = real_itimer(sig);
	if (!it)
		smp_store_release(&sig->real_timer, &new->timer);
	spin_unlock_irq(&current->sighand->siglock);
	if (it) {
		put_pid(new->pid);
		kfree(new);
	}
	return it ? it : new;
}

/* The process's last thread exits. */
void free_real_itimer(struct signal_struct *sig)
{
	struct real_itimer *it = real_itimer(sig);

	if (!it)
		return;
	sig->real_timer = NULL;
	hrtimer_cancel(&it->timer);
	put_pid(it->pid);
	kfree(it);
}

/* ns left, at least one microsecond while it runs. */
static ktime_t real_left(struct real_itimer *it)
{
	if (!it || !hrtimer_active(&it->timer))
		return 0;
	return max(hrtimer_get_remaining(&it->timer), NSEC_PER_USEC);
}

/* value 0 stops it. 0 or -ENOMEM. */
static int set_real(ktime_t value, ktime_t interval, ktime_t *old_value, ktime_t *old_interval)
{
	struct real_itimer *it = value ? get_real_itimer() : real_itimer(current->signal);

	*old_value = *old_interval = 0;
	if (!it)
		return value ? -ENOMEM : 0;
	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		*old_value = real_left(it);
		*old_interval = it->interval;
		/* The callback wants siglock: it may not be waited for under it. */
		if (hrtimer_try_to_cancel(&it->timer) >= 0)
			break;
		spin_unlock_irq(&current->sighand->siglock);
		cpu_relax();
	}
	it->interval = value ? interval : 0;
	current->signal->it_real_incr = it->interval;
	if (value)
		hrtimer_start(&it->timer, value, HRTIMER_MODE_REL);
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
}

static void read_cpu_timer(struct cpu_itimer *it, u64 now, ktime_t *value, ktime_t *interval)
{
	if (!it->expires)
		*value = 0;
	else	/* overdue: the next tick sees it */
		*value = it->expires > now ? min(it->expires - now, (u64)KTIME_MAX) : TICK_NSEC;
	*interval = it->incr;
}

/* set: replaces it by value, interval. */
static void cpu_itimer(int which, bool set, ktime_t value, ktime_t interval, ktime_t *old_value,
		       ktime_t *old_interval)
{
	struct signal_struct *sig = current->signal;
	struct cpu_itimer *it = which == ITIMER_VIRTUAL ? &sig->it_virt : &sig->it_prof;
	u64 now;

	spin_lock_irq(&current->sighand->siglock);
	now = process_cpu_sample(current, which == ITIMER_VIRTUAL ? CPUCLOCK_VIRT : CPUCLOCK_PROF);
	read_cpu_timer(it, now, old_value, old_interval);
	if (set) {
		/* A tick more: the one that goes on is counted in full. */
		it->expires = value ? now + value + TICK_NSEC : 0;
		it->incr = value ? interval : 0;
	}
	spin_unlock_irq(&current->sighand->siglock);
}

static ktime_t old_timeval_ns(struct __kernel_old_timeval *tv)
{
	struct timespec64 ts = { tv->tv_sec, tv->tv_usec * NSEC_PER_USEC };

	return timespec64_to_ktime(ts);
}

static bool timeval_valid(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < USEC_PER_SEC;
}

static int put_itimerval(ktime_t value, ktime_t interval, void *to, bool time32)
{
	struct timespec64 v = ns_to_timespec64(value), i = ns_to_timespec64(interval);
	struct __kernel_old_itimerval kval = {
		.it_interval = { i.tv_sec, i.tv_nsec / NSEC_PER_USEC },
		.it_value = { v.tv_sec, v.tv_nsec / NSEC_PER_USEC },
	};
	struct old_itimerval32 kval32 = {
		.it_interval = { kval.it_interval.tv_sec, kval.it_interval.tv_usec },
		.it_value = { kval.it_value.tv_sec, kval.it_value.tv_usec },
	};

	if (time32)
		return copy_to_user(to, &kval32, sizeof(kval32)) ? -EFAULT : 0;
	return copy_to_user(to, &kval, sizeof(kval)) ? -EFAULT : 0;
}

/* No value means zeroes: what Linux does too. */
static int get_itimerval(struct __kernel_old_itimerval *to, const void *from, bool time32)
{
	struct old_itimerval32 old;

	*to = (struct __kernel_old_itimerval){ 0 };
	if (!from)
		return 0;
	if (!time32)
		return copy_from_user(to, from, sizeof(*to)) ? -EFAULT : 0;
	if (copy_from_user(&old, from, sizeof(old)))
		return -EFAULT;
	to->it_interval.tv_sec = old.it_interval.tv_sec;
	to->it_interval.tv_usec = old.it_interval.tv_usec;
	to->it_value.tv_sec = old.it_value.tv_sec;
	to->it_value.tv_usec = old.it_value.tv_usec;
	return 0;
}

static long do_getitimer(int which, void *value, bool time32)
{
	struct real_itimer *it;
	ktime_t v, i;

	if (which == ITIMER_REAL) {
		spin_lock_irq(&current->sighand->siglock);
		it = real_itimer(current->signal);
		v = real_left(it);
		i = it ? it->interval : 0;
		spin_unlock_irq(&current->sighand->siglock);
	} else if (which == ITIMER_VIRTUAL || which == ITIMER_PROF) {
		cpu_itimer(which, false, 0, 0, &v, &i);
	} else {
		return -EINVAL;
	}
	return put_itimerval(v, i, value, time32);
}

long __x64_sys_getitimer(int which, struct __kernel_old_itimerval __user *value)
{
	return do_getitimer(which, value, false);
}

long __ia32_compat_sys_getitimer(int which, struct old_itimerval32 __user *value)
{
	return do_getitimer(which, value, true);
}

static long do_setitimer(int which, const void *value, void *ovalue, bool time32)
{
	struct __kernel_old_itimerval new;
	ktime_t v, i, old_v, old_i;

	if (get_itimerval(&new, value, time32))
		return -EFAULT;
	if (!timeval_valid(&new.it_value) || !timeval_valid(&new.it_interval))
		return -EINVAL;
	v = old_timeval_ns(&new.it_value);
	i = old_timeval_ns(&new.it_interval);
	if (which == ITIMER_REAL) {
		int err = set_real(v, i, &old_v, &old_i);

		if (err)
			return err;
	} else if (which == ITIMER_VIRTUAL || which == ITIMER_PROF) {
		cpu_itimer(which, true, v, i, &old_v, &old_i);
	} else {
		return -EINVAL;
	}
	return ovalue ? put_itimerval(old_v, old_i, ovalue, time32) : 0;
}

long __x64_sys_setitimer(int which, struct __kernel_old_itimerval __user *value,
			 struct __kernel_old_itimerval __user *ovalue)
{
	return do_setitimer(which, value, ovalue, false);
}

long __ia32_compat_sys_setitimer(int which, struct old_itimerval32 __user *value,
				 struct old_itimerval32 __user *ovalue)
{
	return do_setitimer(which, value, ovalue, true);
}

/* Seconds that the alarm before had left, rounded, but not to 0. */
long __x64_sys_alarm(unsigned int seconds)
{
	ktime_t old_value, old_interval;
	int err = set_real(seconds * NSEC_PER_SEC, 0, &old_value, &old_interval);

	if (err)
		return err;
	if (old_value && old_value < NSEC_PER_SEC)
		return 1;
	return (old_value + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
}
