/* SPDX-License-Identifier: MIT */
/*
 * timer_create(2) and kin: timers of a process that send a signal.
 *
 * The signal's memory (sigqueue) is taken when the timer is made, so that expiry cannot fail. While
 * the signal is still pending further expiries are counted in it (overrun). A timer with an
 * interval starts itself anew in its callback.
 *
 *	timer on a wall or monotonic clock: an hrtimer
 *	timer on a CPU clock:               looked at by the tick of the process's own threads
 *
 * Locks: siglock protects signal->posix_timers and ids; timer->lock (class LC_ALARM_LOCK, below
 * siglock) the settings. The callback takes neither: what it reads changes only while the hrtimer
 * is cancelled. users counts the list's reference and those of calls in progress; the last one
 * frees. Linux's twin: kernel/time/posix-timers.c. Left out: CPU clocks of other processes and
 * threads.
 */
#include <vitrix/err.h>
#include <vitrix/pid.h>
#include <vitrix/signal.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <linux/time.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>
#include "internal.h"

struct k_itimer {
	struct list_head list;		/* siglock */
	spinlock_t lock;
	atomic_t users;
	bool deleted;			/* lock */
	bool on_cpu_clock;
	bool counted;			/* lock; in nr_cpu_timers */
	int id;
	clockid_t clockid;
	int notify;			/* SIGEV_* */
	enum pid_type type;		/* PIDTYPE_PID: one thread */
	struct pid *pid;		/* to whom */
	struct sigqueue *q;
	ktime_t interval;		/* ns; 0: one shot */
	struct hrtimer timer;
	struct pid *thread;		/* CPU clock of the thread with it; with a reference */
	u64 cpu_expires;		/* lock; ns of CPU time, 0: off */
};

/* How many timers on CPU clocks were set in the system: the tick looks no further while it is 0. */
static atomic_t nr_cpu_timers;

static void put_timer(struct k_itimer *t)
{
	if (!refcount_dec_and_test(&t->users))
		return;
	sigqueue_free(t->q);
	put_pid(t->pid);
	put_pid(t->thread);
	kfree(t);
}

/* Of the calling process, with a reference; NULL if there is none. */
static struct k_itimer *find_timer(int id)
{
	struct k_itimer *t, *found = NULL;

	spin_lock_irq(&current->sighand->siglock);
	list_for_each_entry(t, &current->signal->posix_timers, list) {
		if (t->id == id) {
			refcount_inc(&t->users);
			found = t;
			break;
		}
	}
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

/* missed: expiries besides this one that nobody was told of. */
static void notify(struct k_itimer *t, u64 missed)
{
	if (t->notify != SIGEV_NONE)
		send_sigqueue(t->q, t->pid, t->type, missed);
}

static enum hrtimer_restart posix_timer_fn(struct hrtimer *timer)
{
	struct k_itimer *t = container_of(timer, struct k_itimer, timer);
	u64 steps = t->interval ? hrtimer_forward_user(timer, t->interval) : 0;

	notify(t, steps ? steps - 1 : 0);
	return t->interval ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* ---- CPU clocks ----------------------------------------------------------------------------- */

/* Is the timer's clock one that current's ticks drive? */
static bool clock_is_mine(const struct k_itimer *t)
{
	return !t->thread || t->thread == task_pid(current);
}

static u64 cpu_clock_now(struct k_itimer *t)
{
	return t->clockid == CLOCK_THREAD_CPUTIME_ID ? task_sched_runtime(current)
						     : process_cpu_sample(current, CPUCLOCK_SCHED);
}

/* The clocks as the tick found them: a tiny interval is not due again while the tick is at work. */
struct cpu_now { u64 thread, process; };

/*
 * Takes the next expired timer of the process behind prev (NULL, or unlinked meanwhile: from the
 * start) with a reference, and sets it anew; NULL: no more. siglock held.
 */
static struct k_itimer *next_expired(struct k_itimer *prev, const struct cpu_now *clocks,
				     u64 *missed)
{
	struct list_head *head = &current->signal->posix_timers;
	struct list_head *at = prev && !list_empty(&prev->list) ? &prev->list : head;

	while ((at = at->next) != head) {
		struct k_itimer *t = list_entry(at, struct k_itimer, list);
		u64 now = t->thread ? clocks->thread : clocks->process, expires;

		if (!t->cpu_expires || !clock_is_mine(t))
			continue;
		spin_lock(&t->lock);
		expires = t->cpu_expires;
		if (!expires || now < expires) {
			spin_unlock(&t->lock);
			continue;
		}
		*missed = t->interval ? (now - expires) / t->interval : 0;
		t->cpu_expires = t->interval ? expires + (*missed + 1) * t->interval : 0;
		spin_unlock(&t->lock);
		refcount_inc(&t->users);
		return t;
	}
	return NULL;
}

void posix_cpu_timers_expire(void)
{
	struct k_itimer *t = NULL, *prev;
	struct cpu_now clocks;
	u64 missed;

	if (likely(!atomic_read(&nr_cpu_timers)))
		return;
	spin_lock(&current->sighand->siglock);
	clocks.thread = task_sched_runtime(current);
	clocks.process = process_cpu_sample(current, CPUCLOCK_SCHED);
	spin_unlock(&current->sighand->siglock);
	do {
		prev = t;
		spin_lock(&current->sighand->siglock);
		t = next_expired(prev, &clocks, &missed);
		spin_unlock(&current->sighand->siglock);
		if (prev)
			put_timer(prev);
		if (t)
			notify(t, missed);
	} while (t);
}

/* ---- creating -------------------------------------------------------------------------------- */

/* Fills in whom to tell; with a reference to the pid. 0 or -EINVAL. */
static int set_target(struct k_itimer *t, const struct sigevent *ev)
{
	struct task_struct *thread;

	t->notify = ev->sigev_notify;
	t->type = PIDTYPE_TGID;
	if (t->notify != SIGEV_NONE && (ev->sigev_signo < 1 || ev->sigev_signo > 64))
		return -EINVAL;
	switch (t->notify) {
	case SIGEV_NONE:
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		t->pid = get_pid(task_tgid(current));
		return 0;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		thread = find_get_task_by_vpid(ev->sigev_notify_thread_id);
		if (!thread)
			return -EINVAL;
		t->type = PIDTYPE_PID;
		if (same_thread_group(thread, current))
			t->pid = find_get_pid(thread->pid);
		put_task_struct(thread);
		return t->pid ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int set_clock(struct k_itimer *t, clockid_t clockid)
{
	t->clockid = clockid;
	if (clockid == CLOCK_PROCESS_CPUTIME_ID || clockid == CLOCK_THREAD_CPUTIME_ID) {
		t->on_cpu_clock = true;
		if (clockid == CLOCK_THREAD_CPUTIME_ID)
			t->thread = get_pid(task_pid(current));
		return 0;
	}
	if (clockid == CLOCK_REALTIME_ALARM || clockid == CLOCK_BOOTTIME_ALARM)
		return -EOPNOTSUPP;
	if (hrtimer_clock(clockid) < 0)
		return -EINVAL;
	hrtimer_init(&t->timer, clockid, posix_timer_fn);
	return 0;
}

/*
 * Its number. From here on another thread may delete it: t is the list's. value_is_id: its signal's
 * value is the number.
 */
static int publish(struct k_itimer *t, bool value_is_id)
{
	struct signal_struct *sig = current->signal;
	int id;

	spin_lock_irq(&current->sighand->siglock);
	id = t->id = sig->next_posix_timer_id;
	sig->next_posix_timer_id = (id + 1) & 0x7fffffff;
	t->q->info.timer.tid = id;
	if (value_is_id)
		t->q->info.timer.value = id;
	list_add(&t->list, &sig->posix_timers);
	spin_unlock_irq(&current->sighand->siglock);
	return id;
}

/* event: NULL for the default, SIGALRM with the timer's number. */
static long do_timer_create(clockid_t which_clock, const struct sigevent *event,
			    timer_t __user *created_timer_id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct k_itimer *t;
	long ret;
	int id;

	if (event)
		ev = *event;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -EAGAIN;
	spin_lock_init(&t->lock, LC_ALARM_LOCK);
	atomic_set(&t->users, 1);
	ret = set_clock(t, which_clock);
	if (ret)
		goto out_free;
	ret = set_target(t, &ev);
	if (ret)
		goto out_free;
	ret = -EAGAIN;
	t->q = sigqueue_alloc();
	if (!t->q)
		goto out_pid;
	t->q->info.si_signo = ev.sigev_signo;
	t->q->info.si_code = SI_TIMER;
	t->q->info.timer.value = (unsigned long)ev.sigev_value.sival_ptr;
	id = publish(t, !event);
	if (put_user(id, created_timer_id)) {
		__x64_sys_timer_delete(id);
		return -EFAULT;
	}
	return 0;
out_pid:
	put_pid(t->pid);
out_free:
	put_pid(t->thread);
	kfree(t);
	return ret;
}

long __x64_sys_timer_create(clockid_t which_clock, struct sigevent __user *timer_event_spec,
			    timer_t __user *created_timer_id)
{
	struct sigevent ev;

	if (timer_event_spec && copy_from_user(&ev, timer_event_spec, sizeof(ev)))
		return -EFAULT;
	return do_timer_create(which_clock, timer_event_spec ? &ev : NULL, created_timer_id);
}

long __ia32_compat_sys_timer_create(clockid_t which_clock,
				    struct compat_sigevent __user *timer_event_spec,
				    timer_t __user *created_timer_id)
{
	struct compat_sigevent ev32;
	struct sigevent ev = { 0 };

	if (timer_event_spec) {
		if (copy_from_user(&ev32, timer_event_spec, sizeof(ev32)))
			return -EFAULT;
		ev.sigev_value.sival_ptr = compat_ptr(ev32.value);
		ev.sigev_signo = ev32.signo;
		ev.sigev_notify = ev32.notify;
		ev.sigev_notify_thread_id = ev32.thread_id;
	}
	return do_timer_create(which_clock, timer_event_spec ? &ev : NULL, created_timer_id);
}

/* ---- setting, reading, deleting ------------------------------------------------------------ */

/* Stops it. timer->lock held: nobody starts it meanwhile. */
static void stop_timer(struct k_itimer *t)
{
	if (!t->on_cpu_clock) {
		hrtimer_cancel(&t->timer);
	} else if (t->counted) {
		t->cpu_expires = 0;
		t->counted = false;
		atomic_dec(&nr_cpu_timers);
	}
}

/* ns until it expires, at least 1 while it runs; 0: it does not. now: of its clock, if a CPU's. */
static ktime_t time_left(struct k_itimer *t, u64 now)
{
	s64 left;

	if (t->on_cpu_clock) {
		if (!t->cpu_expires)
			return 0;
		left = (s64)(t->cpu_expires - now);
	} else {
		if (!hrtimer_active(&t->timer))
			return 0;
		left = hrtimer_get_remaining(&t->timer);
	}
	return max(left, (s64)1);
}

/* What a CPU clock shows, read before timer->lock is taken: siglock stands above it. */
static u64 sample_for(struct k_itimer *t)
{
	u64 now = 0;

	if (t->on_cpu_clock && clock_is_mine(t)) {
		spin_lock_irq(&current->sighand->siglock);
		now = cpu_clock_now(t);
		spin_unlock_irq(&current->sighand->siglock);
	}
	return now;
}

static void start_timer(struct k_itimer *t, ktime_t value, bool absolute, u64 now)
{
	if (t->on_cpu_clock) {
		t->cpu_expires = max(absolute ? (u64)value : now + (u64)value, 1UL);
		t->counted = true;
		atomic_inc(&nr_cpu_timers);
		return;
	}
	/* "In a second" does not move when the wall clock is set; "at noon" does. */
	t->timer.clock = absolute ? hrtimer_clock(t->clockid) : CLOCK_MONOTONIC;
	hrtimer_start(&t->timer, value, absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
}

static long do_timer_settime(timer_t timer_id, int flags, const void *new_setting,
			     void *old_setting, bool time32)
{
	struct timespec64 value, interval;
	ktime_t old_value = 0, old_interval = 0;
	struct k_itimer *t;
	bool gone;
	u64 now;
	int err;

	if (!new_setting)
		return -EINVAL;
	err = get_itimerspec(&value, &interval, new_setting, time32);
	if (err)
		return err;
	if (!timespec64_valid(&value) || !timespec64_valid(&interval))
		return -EINVAL;
	t = find_timer(timer_id);
	if (!t)
		return -EINVAL;
	now = sample_for(t);
	spin_lock_irq(&t->lock);
	gone = t->deleted;
	if (!gone) {
		ktime_t first = timespec64_to_ktime(value);

		old_value = time_left(t, now);
		old_interval = t->interval;
		stop_timer(t);
		WRITE_ONCE(t->q->overrun_last, 0);
		t->interval = first ? timespec64_to_ktime(interval) : 0;
		if (first)
			start_timer(t, first, flags & TIMER_ABSTIME, now);
	}
	spin_unlock_irq(&t->lock);
	put_timer(t);
	if (gone)
		return -EINVAL;
	return old_setting ? put_itimerspec(old_value, old_interval, old_setting, time32) : 0;
}

long __x64_sys_timer_settime(timer_t timer_id, int flags,
			     const struct __kernel_itimerspec __user *new_setting,
			     struct __kernel_itimerspec __user *old_setting)
{
	return do_timer_settime(timer_id, flags, new_setting, old_setting, false);
}

long __ia32_sys_timer_settime32(timer_t timer_id, int flags,
				struct old_itimerspec32 __user *new_setting,
				struct old_itimerspec32 __user *old_setting)
{
	return do_timer_settime(timer_id, flags, new_setting, old_setting, true);
}

static long do_timer_gettime(timer_t timer_id, void *setting, bool time32)
{
	struct k_itimer *t = find_timer(timer_id);
	ktime_t value, interval;
	u64 now;

	if (!t)
		return -EINVAL;
	now = sample_for(t);
	spin_lock_irq(&t->lock);
	value = time_left(t, now);
	interval = t->interval;
	spin_unlock_irq(&t->lock);
	put_timer(t);
	return put_itimerspec(value, interval, setting, time32);
}

long __x64_sys_timer_gettime(timer_t timer_id, struct __kernel_itimerspec __user *setting)
{
	return do_timer_gettime(timer_id, setting, false);
}

long __ia32_sys_timer_gettime32(timer_t timer_id, struct old_itimerspec32 __user *setting)
{
	return do_timer_gettime(timer_id, setting, true);
}

/* Of the signal that was delivered last, though the next may be on its way: timer_getoverrun(2). */
long __x64_sys_timer_getoverrun(timer_t timer_id)
{
	struct k_itimer *t = find_timer(timer_id);
	int overrun;

	if (!t)
		return -EINVAL;
	overrun = READ_ONCE(t->q->overrun_last);
	put_timer(t);
	return overrun;
}

/* t was taken off the list: stops it and drops the list's reference. */
static void delete_timer(struct k_itimer *t)
{
	spin_lock_irq(&t->lock);
	ASSERT(!t->deleted);
	t->deleted = true;
	stop_timer(t);
	spin_unlock_irq(&t->lock);
	put_timer(t);
}

long __x64_sys_timer_delete(timer_t timer_id)
{
	struct k_itimer *t = find_timer(timer_id);
	bool mine;

	if (!t)
		return -EINVAL;
	/* Two threads may delete it at the same time: the one that unlinks it does. */
	spin_lock_irq(&current->sighand->siglock);
	mine = !list_empty(&t->list);
	list_del_init(&t->list);
	spin_unlock_irq(&current->sighand->siglock);
	if (mine)
		delete_timer(t);
	put_timer(t);
	return mine ? 0 : -EINVAL;
}

/* exec, or the last thread's exit: no timer outlives that; ITIMER_REAL survives exec only. */
void exit_itimers(struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;
	struct k_itimer *t;

	ASSERT(tsk == current);
	for (;;) {
		spin_lock_irq(&tsk->sighand->siglock);
		t = list_first_entry_or_null(&sig->posix_timers, struct k_itimer, list);
		if (t)
			list_del_init(&t->list);
		spin_unlock_irq(&tsk->sighand->siglock);
		if (!t)
			break;
		delete_timer(t);
	}
	if (tsk->flags & PF_EXITING)
		free_real_itimer(sig);
}

/* Signals of timers that are gone do not reach the new program. siglock held. */
static void take_timer_signals(struct sigpending *from, struct sigpending *to)
{
	struct sigqueue *q, *next;
	u64 others = 0, timers = 0;

	list_for_each_entry_safe(q, next, &from->list, list) {
		if (q->info.si_code != SI_TIMER) {
			others |= sigmask(q->info.si_signo);
			continue;
		}
		timers |= sigmask(q->info.si_signo);
		list_move_tail(&q->list, &to->list);
	}
	from->signal &= ~(timers & ~others);
}

/* exec, after exit_itimers(). */
void flush_itimer_signals(void)
{
	struct sigpending gone = { .list = LIST_HEAD_INIT(gone.list) };

	spin_lock_irq(&current->sighand->siglock);
	take_timer_signals(&current->pending, &gone);
	take_timer_signals(&current->signal->shared_pending, &gone);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	flush_sigqueue(&gone);
}
