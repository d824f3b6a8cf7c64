/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2): a timer whose expiries are read. read(2) sleeps until there is one and returns
 * how many there were.
 *
 *	set --> hrtimer --fires--> expired, ticks = 1, wakes --read--> ticks + those missed since
 *	          ^                                                       |
 *	          +-------------- started anew, if there is an interval --+
 *
 * A periodic timer interrupts once and then not again until somebody reads, however short its
 * interval is: what was missed follows from the time.
 *
 * TFD_TIMER_CANCEL_ON_SET: when the wall clock is set, reads of an absolute timer on it fail once
 * with ECANCELED. Such timers stand on cancel_list; offset is the wall clock's when the reader last
 * knew, or CANCELED.
 *
 * Locks: wqh.lock (interrupts off) for all of a timer but what is constant; the timer's callback
 * takes it. cancel_lock, outside of it, for cancel_list and might_cancel. Called by the VFS, the
 * timer interrupt, and the system call table. Linux's twin: fs/timerfd.c.
 */
#include <vitrix/anon_inodes.h>
#include <vitrix/cred.h>
#include <vitrix/hrtimer.h>
#include <vitrix/poll.h>
#include <vitrix/slab.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <generated/syscalls.h>
#include <vitrix/compat.h>

#define CANCELED	KTIME_MAX

struct timerfd_ctx {
	wait_queue_head_t wqh;
	struct hrtimer timer;
	ktime_t interval;		/* ns; 0: one shot */
	u64 ticks;			/* expiries that were not read */
	bool expired;			/* the callback ran, and the timer was not started again */
	int clockid;			/* (constant) */
	int settime_flags;		/* for fdinfo */
	bool might_cancel;		/* cancel_lock: on cancel_list */
	ktime_t offset;			/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	struct list_head cancel_entry;	/* cancel_lock */
};

static LIST_HEAD(cancel_list);
static DEFINE_SPINLOCK(cancel_lock, LC_MISC_SPIN);
static const struct file_operations timerfd_fops;

static bool is_alarm(const struct timerfd_ctx *ctx)
{
	return ctx->clockid == CLOCK_REALTIME_ALARM || ctx->clockid == CLOCK_BOOTTIME_ALARM;
}

/* Nothing suspends the machine: the clocks that would wake it are the same as the others. */
static int base_clock(const struct timerfd_ctx *ctx)
{
	if (ctx->clockid == CLOCK_REALTIME || ctx->clockid == CLOCK_REALTIME_ALARM)
		return CLOCK_REALTIME;
	return CLOCK_MONOTONIC;
}

static ktime_t wall_offset(void)
{
	return timekeeping_offs_real();
}

static enum hrtimer_restart timerfd_fired(struct hrtimer *timer)
{
	struct timerfd_ctx *ctx = container_of(timer, struct timerfd_ctx, timer);
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	ctx->expired = true;
	ctx->ticks++;
	wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return HRTIMER_NORESTART;
}

/* ---------------------------------------------------------------- the wall clock is set */

static void timerfd_clock_was_set(void)
{
	ktime_t offset = wall_offset();
	struct timerfd_ctx *ctx;
	unsigned long flags;

	spin_lock(&cancel_lock);
	list_for_each_entry(ctx, &cancel_list, cancel_entry) {
		spin_lock_irqsave(&ctx->wqh.lock, flags);
		if (ctx->offset != offset) {
			ctx->offset = CANCELED;
			ctx->ticks++;
			wake_up_locked_poll(&ctx->wqh, EPOLLIN);
		}
		spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	}
	spin_unlock(&cancel_lock);
}

/* Was it, since the last time this was asked? wqh.lock held. */
static bool timerfd_canceled(struct timerfd_ctx *ctx)
{
	if (!READ_ONCE(ctx->might_cancel) || ctx->offset != CANCELED)
		return false;
	ctx->offset = wall_offset();
	return true;
}

static void timerfd_set_cancel(struct timerfd_ctx *ctx, bool on)
{
	spin_lock(&cancel_lock);
	if (on && !ctx->might_cancel)
		list_add(&ctx->cancel_entry, &cancel_list);
	else if (!on && ctx->might_cancel)
		list_del_init(&ctx->cancel_entry);
	WRITE_ONCE(ctx->might_cancel, on);
	spin_unlock(&cancel_lock);
}

/* ---------------------------------------------------------------- setting */

/* ns until it is due, 0 if it is not set. wqh.lock held. */
static ktime_t timerfd_remaining(struct timerfd_ctx *ctx)
{
	return max(hrtimer_get_remaining(&ctx->timer), 0L);
}

/* A periodic timer that has expired: counts what was missed and starts it again. wqh.lock held. */
static u64 timerfd_catch_up(struct timerfd_ctx *ctx)
{
	u64 missed;

	if (!ctx->expired || !ctx->interval)
		return 0;
	missed = hrtimer_forward_now(&ctx->timer, ctx->interval) - 1;
	hrtimer_start(&ctx->timer, ctx->timer.expires, HRTIMER_MODE_ABS);
	return missed;
}

/* Stops the timer. wqh.lock is held afterwards; not before, since a running callback wants it. */
static void timerfd_stop(struct timerfd_ctx *ctx)
{
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (hrtimer_try_to_cancel(&ctx->timer) >= 0)
			return;
		spin_unlock_irq(&ctx->wqh.lock);
		cpu_relax();
	}
}

/* Stopped, wqh.lock held. 0, or -ECANCELED with the timer set nevertheless. */
static int timerfd_arm(struct timerfd_ctx *ctx, int flags, ktime_t value, ktime_t interval)
{
	bool absolute = flags & TFD_TIMER_ABSTIME;

	ctx->expired = false;
	ctx->ticks = 0;
	ctx->interval = interval;
	/* "In a second" does not move when the wall clock is set; "at noon" does. */
	hrtimer_init(&ctx->timer, absolute ? base_clock(ctx) : CLOCK_MONOTONIC, timerfd_fired);
	if (value) {
		hrtimer_start(&ctx->timer, value, absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
		if (timerfd_canceled(ctx))
			return -ECANCELED;
	}
	ctx->settime_flags = flags;
	return 0;
}

/* A timerfd's, or ERR_PTR(-EBADF, -EINVAL). */
static struct timerfd_ctx *timerfd_get(int ufd, struct fd *f)
{
	*f = fdget(ufd);
	if (!f->file)
		return ERR_PTR(-EBADF);
	if (f->file->f_op != &timerfd_fops) {
		fdput(*f);
		return ERR_PTR(-EINVAL);
	}
	return f->file->private_data;
}

static long do_timerfd_settime(int ufd, int flags, const void *utmr, void *otmr, bool time32)
{
	struct timespec64 value, interval;
	ktime_t old_value, old_interval;
	struct timerfd_ctx *ctx;
	struct fd f;
	int ret;

	ret = get_itimerspec(&value, &interval, utmr, time32);
	if (ret)
		return ret;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
	    !timespec64_valid(&value) || !timespec64_valid(&interval))
		return -EINVAL;
	ctx = timerfd_get(ufd, &f);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = -EPERM;
	if (is_alarm(ctx) && !capable(CAP_WAKE_ALARM))
		goto out;
	timerfd_set_cancel(ctx, base_clock(ctx) == CLOCK_REALTIME && (flags & TFD_TIMER_ABSTIME) &&
				(flags & TFD_TIMER_CANCEL_ON_SET));
	timerfd_stop(ctx);
	if (ctx->expired && ctx->interval)
		hrtimer_forward_now(&ctx->timer, ctx->interval);
	old_value = timerfd_remaining(ctx);
	old_interval = ctx->interval;
	ret = timerfd_arm(ctx, flags, timespec64_to_ktime(value), timespec64_to_ktime(interval));
	spin_unlock_irq(&ctx->wqh.lock);
	if (!ret && otmr)
		ret = put_itimerspec(old_value, old_interval, otmr, time32);
out:
	fdput(f);
	return ret;
}

long __x64_sys_timerfd_settime(int ufd, int flags, const struct __kernel_itimerspec __user *utmr,
			       struct __kernel_itimerspec __user *otmr)
{
	return do_timerfd_settime(ufd, flags, utmr, otmr, false);
}

long __ia32_sys_timerfd_settime32(int ufd, int flags, const struct old_itimerspec32 __user *utmr,
				  struct old_itimerspec32 __user *otmr)
{
	return do_timerfd_settime(ufd, flags, utmr, otmr, true);
}

static long do_timerfd_gettime(int ufd, void *otmr, bool time32)
{
	struct timerfd_ctx *ctx;
	ktime_t value, interval;
	struct fd f;

	ctx = timerfd_get(ufd, &f);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	spin_lock_irq(&ctx->wqh.lock);
	if (ctx->expired && ctx->interval) {
		ctx->ticks += timerfd_catch_up(ctx);
		ctx->expired = false;
	}
	value = timerfd_remaining(ctx);
	interval = ctx->interval;
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return put_itimerspec(value, interval, otmr, time32);
}

long __x64_sys_timerfd_gettime(int ufd, struct __kernel_itimerspec __user *otmr)
{
	return do_timerfd_gettime(ufd, otmr, false);
}

long __ia32_sys_timerfd_gettime32(int ufd, struct old_itimerspec32 __user *otmr)
{
	return do_timerfd_gettime(ufd, otmr, true);
}

/* ---------------------------------------------------------------- the file */

static ssize_t timerfd_read_one(struct file *file, struct iov_iter *to)
{
	struct timerfd_ctx *ctx = file->private_data;
	long ret = -EAGAIN;
	u64 ticks = 0;

	if (iov_iter_count(to) < sizeof(ticks))
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (!(file->f_flags & O_NONBLOCK))
		ret = wait_event_interruptible_locked_irq(&ctx->wqh, ctx->ticks);
	if (timerfd_canceled(ctx)) {
		/* What was counted is void, and a timer that has expired stays off. */
		ctx->ticks = 0;
		ctx->expired = false;
		ret = -ECANCELED;
	}
	if (ctx->ticks) {
		ticks = ctx->ticks + timerfd_catch_up(ctx);
		ctx->expired = false;
		ctx->ticks = 0;
	}
	spin_unlock_irq(&ctx->wqh.lock);
	if (!ticks)
		return ret;
	return copy_to_iter(&ticks, sizeof(ticks), to) == sizeof(ticks) ? (ssize_t)sizeof(ticks)
									 : -EFAULT;
}

static ssize_t timerfd_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	if (likely(to->seg_left >= to->count))
		return timerfd_read_one(file, to);
	return anon_each_segment(file, to, timerfd_read_one);
}

static __poll_t timerfd_poll(struct file *file, poll_table *wait)
{
	struct timerfd_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->wqh, wait);
	return READ_ONCE(ctx->ticks) ? EPOLLIN : 0;
}

/* TFD_IOC_SET_TICKS: for who restores a saved process. */
static long timerfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct timerfd_ctx *ctx = file->private_data;
	int ret = 0;
	u64 ticks;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (get_user(ticks, (u64 *)arg))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (timerfd_canceled(ctx)) {
		ret = -ECANCELED;
	} else {
		ctx->ticks = ticks;
		wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	}
	spin_unlock_irq(&ctx->wqh.lock);
	return ret;
}

static void timerfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;
	struct timespec64 v, i;
	u64 ticks;

	spin_lock_irq(&ctx->wqh.lock);
	v = ns_to_timespec64(timerfd_remaining(ctx));
	i = ns_to_timespec64(ctx->interval);
	ticks = ctx->ticks;
	spin_unlock_irq(&ctx->wqh.lock);
	seq_printf(m, "clockid: %d\nticks: %llu\nsettime flags: 0%o\n", ctx->clockid, ticks,
		   ctx->settime_flags);
	seq_printf(m, "it_value: (%ld, %ld)\nit_interval: (%ld, %ld)\n", (long)v.tv_sec, v.tv_nsec,
		   (long)i.tv_sec, i.tv_nsec);
}

static int timerfd_release(struct inode *inode, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;

	timerfd_set_cancel(ctx, false);
	hrtimer_cancel(&ctx->timer);
	ASSERT(!waitqueue_active(&ctx->wqh));
	kfree(ctx);
	return 0;
}

static const struct file_operations timerfd_fops = {
	.llseek = noop_llseek,
	.read_iter = timerfd_read,
	.poll = timerfd_poll,
	.unlocked_ioctl = timerfd_ioctl,
	.release = timerfd_release,
	.show_fdinfo = timerfd_show_fdinfo,
};

long __x64_sys_timerfd_create(int clockid, int flags)
{
	struct timerfd_ctx *ctx;
	int fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	if (clockid != CLOCK_MONOTONIC && clockid != CLOCK_REALTIME && clockid != CLOCK_BOOTTIME &&
	    clockid != CLOCK_REALTIME_ALARM && clockid != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	if ((clockid == CLOCK_REALTIME_ALARM || clockid == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	INIT_LIST_HEAD(&ctx->cancel_entry);
	ctx->clockid = clockid;
	ctx->offset = wall_offset();
	hrtimer_init(&ctx->timer, base_clock(ctx), timerfd_fired);
	fd = anon_inode_getfd("[timerfd]", &timerfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static int __init timerfd_init(void)
{
	clock_was_set_notify = timerfd_clock_was_set;
	return 0;
}
device_initcall(timerfd_init);
