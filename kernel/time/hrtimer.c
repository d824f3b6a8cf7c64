/* SPDX-License-Identifier: MIT */
/*
 * Timers by the nanosecond. Each CPU has a red-black tree by expiry for each of two clocks, whose
 * first nodes say when the CPU's clock event device has to fire next.
 *
 *	hrtimer_start()       into this CPU's tree; first of all? program the device
 *	timer_interrupt()
 *	  hrtimer_interrupt() takes out what is due and calls it, lock released, interrupts off
 *
 *	state:  INACTIVE --start--> ENQUEUED --due--> INACTIVE, and base->running = timer
 *	                                              while the callback runs
 *
 * A timer on CLOCK_REALTIME is due when CLOCK_MONOTONIC reaches expires - offs_real; when the wall
 * clock is set, clock_was_set() has every CPU look again. BOOTTIME and TAI are the same as
 * MONOTONIC and REALTIME (timekeeping.c).
 *
 * Locks: base->lock, interrupts off: trees, running, and the timers whose ->cpu it is. Who starts
 * and cancels one timer at the same time from several places must serialize that itself. Linux's
 * twin: kernel/time/hrtimer.c. Left out: slack.
 */
#include <vitrix/err.h>
#include <generated/trace_events.h>
#include <linux/time.h>
#include "internal.h"

#define HRTIMER_INACTIVE	0
#define HRTIMER_ENQUEUED	1

/* A user's periodic timer interrupts at most this often, ns. */
#define USER_MIN_PERIOD		(100 * NSEC_PER_USEC)

enum { BASE_MONOTONIC, BASE_REALTIME, NR_BASES };

struct hrtimer_base {
	spinlock_t lock;
	struct rb_root_cached tree[NR_BASES];
	struct hrtimer *running;
};
static DEFINE_PER_CPU(struct hrtimer_base, hrtimer_bases) = { .lock = SPINLOCK_INIT(LC_HRTIMER) };

static struct hrtimer *first_timer(struct rb_root_cached *tree)
{
	return rb_entry_safe(rb_first_cached(tree), struct hrtimer, node);
}

static int base_index(const struct hrtimer *timer)
{
	return timer->clock == CLOCK_REALTIME ? BASE_REALTIME : BASE_MONOTONIC;
}

int hrtimer_clock(clockid_t clockid)
{
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return CLOCK_REALTIME;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return CLOCK_MONOTONIC;
	}
	return -EINVAL;
}

ktime_t clock_now(int clock)
{
	return clock == CLOCK_REALTIME ? ktime_get_real() : ktime_get();
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock,
		  enum hrtimer_restart (*fn)(struct hrtimer *))
{
	int base_clock = hrtimer_clock(clock);

	ASSERT(base_clock >= 0 && fn);
	timer->function = fn;
	timer->clock = base_clock;
	timer->cpu = raw_smp_processor_id();	/* any: hrtimer_start() moves it */
	timer->state = HRTIMER_INACTIVE;
	timer->expires = 0;
}

/* The base whose lock rules the timer, locked. */
static struct hrtimer_base *lock_base(const struct hrtimer *timer, unsigned long *flags)
{
	for (;;) {
		int cpu = READ_ONCE(timer->cpu);
		struct hrtimer_base *base = per_cpu_ptr(&hrtimer_bases, cpu);

		spin_lock_irqsave(&base->lock, *flags);
		if (likely(cpu == timer->cpu))
			return base;
		spin_unlock_irqrestore(&base->lock, *flags);
	}
}

static void enqueue(struct hrtimer_base *base, struct hrtimer *timer)
{
	struct rb_root_cached *tree = &base->tree[base_index(timer)];
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	ASSERT(timer->state == HRTIMER_INACTIVE);
	while (*link) {
		parent = *link;
		if (timer->expires < rb_entry(parent, struct hrtimer, node)->expires) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&timer->node, parent, link);
	rb_insert_color_cached(&timer->node, tree, leftmost);
	timer->state = HRTIMER_ENQUEUED;
}

static void dequeue(struct hrtimer_base *base, struct hrtimer *timer)
{
	rb_erase_cached(&timer->node, &base->tree[base_index(timer)]);
	timer->state = HRTIMER_INACTIVE;
}

/* When the timer is due, CLOCK_MONOTONIC. */
static ktime_t monotonic_expiry(const struct hrtimer *timer)
{
	if (timer->clock != CLOCK_REALTIME || timer->expires == KTIME_MAX)
		return timer->expires;
	return timer->expires - timekeeping_offs_real();
}

/* base locked */
static ktime_t next_event(struct hrtimer_base *base)
{
	ktime_t next = KTIME_MAX;

	for (int i = 0; i < NR_BASES; i++) {
		struct hrtimer *timer = first_timer(&base->tree[i]);

		if (timer && monotonic_expiry(timer) < next)
			next = monotonic_expiry(timer);
	}
	return next;
}

/*
 * time: absolute on the timer's clock, or from now, ns. A timer that is active is moved. Any
 * context, also the timer's own callback (which then returns HRTIMER_NORESTART).
 */
void hrtimer_start(struct hrtimer *timer, ktime_t time, enum hrtimer_mode mode)
{
	unsigned long flags;
	struct hrtimer_base *base = lock_base(timer, &flags);
	struct hrtimer_base *mine = this_cpu_ptr(&hrtimer_bases);

	if (timer->state == HRTIMER_ENQUEUED)
		dequeue(base, timer);
	if (mode == HRTIMER_MODE_REL)
		time = ktime_add_safe(clock_now(timer->clock), max(time, 0L));
	timer->expires = time;
	/*
	 * To this CPU's tree; but while its callback runs, ->running of the other base must find
	 * it.
	 */
	if (base != mine && base->running != timer) {
		WRITE_ONCE(timer->cpu, smp_processor_id());
		spin_unlock(&base->lock);
		spin_lock(&mine->lock);
		base = mine;
	}
	trace_hrtimer_start(timer, timer->function, time);
	enqueue(base, timer);
	if (base == mine)
		clockevents_program(monotonic_expiry(timer));
	spin_unlock_irqrestore(&base->lock, flags);
}

bool hrtimer_active(const struct hrtimer *timer)
{
	unsigned long flags;
	struct hrtimer_base *base = lock_base(timer, &flags);
	bool active = timer->state == HRTIMER_ENQUEUED || base->running == timer;

	spin_unlock_irqrestore(&base->lock, flags);
	return active;
}

/*
 * 1: it was active and is no more; 0: it was not; -1: its callback runs on another CPU. Any
 * context.
 */
int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	unsigned long flags;
	struct hrtimer_base *base = lock_base(timer, &flags);
	int ret = 0;

	if (base->running == timer) {
		ret = -1;
	} else if (timer->state == HRTIMER_ENQUEUED) {
		dequeue(base, timer);
		trace_hrtimer_cancel(timer);
		ret = 1;
	}
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

/* Afterwards neither the timer is active nor its callback runs. Not from the callback itself. */
int hrtimer_cancel(struct hrtimer *timer)
{
	int ret;

	while ((ret = hrtimer_try_to_cancel(timer)) < 0)
		cpu_relax();
	return ret;
}

/* ns until it is due; negative: it is overdue. */
ktime_t hrtimer_get_remaining(const struct hrtimer *timer)
{
	return READ_ONCE(timer->expires) - clock_now(timer->clock);
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	u64 steps;

	ASSERT(interval > 0);
	if (timer->expires > now)
		return 0;
	steps = (u64)(now - timer->expires) / interval + 1;
	timer->expires = ktime_add_safe(timer->expires, (ktime_t)steps * interval);
	return steps;
}

/*
 * Moves the expiry of a timer that is not queued by whole intervals behind now; returns how many.
 */
u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, clock_now(timer->clock), interval);
}

u64 hrtimer_forward_user(struct hrtimer *timer, ktime_t interval)
{
	ktime_t now = clock_now(timer->clock);

	if (interval < USER_MIN_PERIOD)
		now += USER_MIN_PERIOD;
	return hrtimer_forward(timer, now, interval);
}

static void run_timer(struct hrtimer_base *base, struct hrtimer *timer, ktime_t now)
{
	enum hrtimer_restart restart;

	dequeue(base, timer);
	base->running = timer;
	spin_unlock(&base->lock);
	trace_hrtimer_expire_entry(timer, timer->function, now);
	restart = timer->function(timer);
	trace_hrtimer_expire_exit(timer);
	spin_lock(&base->lock);
	ASSERT(base->running == timer);
	/* The callback, or somebody else meanwhile, may have started it anew. */
	if (restart == HRTIMER_RESTART && timer->state == HRTIMER_INACTIVE)
		enqueue(base, timer);
	base->running = NULL;
}

/*
 * Calls what is due. From the timer interrupt, interrupts off; the caller programs the next event.
 */
void hrtimer_interrupt(void)
{
	struct hrtimer_base *base = this_cpu_ptr(&hrtimer_bases);
	ktime_t now = ktime_get();
	struct hrtimer *timer;

	spin_lock(&base->lock);
	for (int i = 0; i < NR_BASES; i++)
		while ((timer = first_timer(&base->tree[i])) && monotonic_expiry(timer) <= now)
			run_timer(base, timer, now);
	spin_unlock(&base->lock);
}

/* CLOCK_MONOTONIC; KTIME_MAX: none. Interrupts off. */
ktime_t hrtimer_next_event(void)
{
	struct hrtimer_base *base = this_cpu_ptr(&hrtimer_bases);
	ktime_t next;

	spin_lock(&base->lock);
	next = next_event(base);
	spin_unlock(&base->lock);
	return next;
}

void (*clock_was_set_notify)(void);

void clock_was_set(void)
{
	unsigned long flags = local_irq_save();
	int cpu;

	clockevents_program(hrtimer_next_event());
	/* Others look at their next tick; those that idle without one are woken to look. */
	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			smp_send_reschedule(cpu);
	local_irq_restore(flags);
	if (clock_was_set_notify)
		clock_was_set_notify();
}

/* ---- sleeping until a time ------------------------------------------------------------------ */

struct sleeper {
	struct hrtimer timer;
	struct task_struct *task;	/* NULL: time is over */
};

static enum hrtimer_restart wake_sleeper(struct hrtimer *timer)
{
	struct sleeper *s = container_of(timer, struct sleeper, timer);
	struct task_struct *task = s->task;

	WRITE_ONCE(s->task, NULL);
	/* s stays: its task waits for this callback's end in hrtimer_cancel(). */
	wake_up_process(task);
	return HRTIMER_NORESTART;
}

/* expires: absolute on clockid. The caller has set its state, which is TASK_RUNNING afterwards. */
int __sched schedule_hrtimeout_clock(ktime_t expires, clockid_t clockid)
{
	struct sleeper s = { .task = current };

	if (expires == KTIME_MAX) {
		schedule();
		__set_current_state(TASK_RUNNING);
		return -EINTR;
	}
	hrtimer_init(&s.timer, clockid, wake_sleeper);
	hrtimer_start(&s.timer, expires, HRTIMER_MODE_ABS);
	if (READ_ONCE(s.task))
		schedule();
	hrtimer_cancel(&s.timer);
	__set_current_state(TASK_RUNNING);
	return s.task ? -EINTR : 0;
}

int __sched schedule_hrtimeout(ktime_t expires)
{
	return schedule_hrtimeout_clock(expires, CLOCK_MONOTONIC);
}

/*
 * As schedule_hrtimeout(), by jiffies from now (LONG_MAX: for ever). Jiffies that were left, or 0.
 */
long __sched schedule_timeout(long timeout)
{
	ktime_t end, left;

	if (timeout == (long)(~0UL >> 1)) {
		schedule();
		return timeout;
	}
	ASSERT(timeout >= 0);
	if (timeout > KTIME_MAX / (long)TICK_NSEC)
		timeout = KTIME_MAX / (long)TICK_NSEC;
	end = ktime_add_safe(ktime_get(), timeout * (long)TICK_NSEC);
	if (!schedule_hrtimeout(end))
		return 0;
	left = end - ktime_get();
	return left > 0 ? DIV_ROUND_UP(left, (long)TICK_NSEC) : 0;
}
