/* SPDX-License-Identifier: MIT */
/*
 * Timers that fire at a nanosecond: per CPU a red-black tree by expiry for each clock base; the
 * CPU's clock event device is programmed for the earliest. Linux's twin: kernel/time/hrtimer.c.
 */
#ifndef VITRIX_HRTIMER_H
#define VITRIX_HRTIMER_H

#include <vitrix/rbtree.h>
#include <vitrix/percpu.h>
#include <vitrix/ktime.h>

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
enum hrtimer_mode { HRTIMER_MODE_ABS, HRTIMER_MODE_REL };

struct hrtimer {
	struct rb_node node;		/* base->lock */
	ktime_t expires;		/* on its clock */
	/* Called from the timer interrupt with no timer lock held, interrupts off. */
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	int clock;			/* CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME */
	int cpu;
	u8 state;			/* HRTIMER_* */
};

void hrtimer_init(struct hrtimer *timer, clockid_t clock,
		  enum hrtimer_restart (*fn)(struct hrtimer *));
void hrtimer_start(struct hrtimer *timer, ktime_t time, enum hrtimer_mode mode);
int hrtimer_cancel(struct hrtimer *timer);	/* waits for a running callback; 1: was active */
int hrtimer_try_to_cancel(struct hrtimer *timer);	/* -1: the callback runs now */
bool hrtimer_active(const struct hrtimer *timer);
ktime_t hrtimer_get_remaining(const struct hrtimer *timer);
u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval);	/* overruns */
/* Sleeps until expires (absolute, CLOCK_MONOTONIC; KTIME_MAX: for ever) or woken; the caller has
 * set its state. 0: time is over; -EINTR: woken before. */
int schedule_hrtimeout(ktime_t expires);
int schedule_hrtimeout_clock(ktime_t expires, clockid_t clock);
/* Called in task context after the wall clock was set; for timerfd. May be NULL. */
extern void (*clock_was_set_notify)(void);
void hrtimer_interrupt(void);			/* the clock event device fired; interrupts off */
ktime_t hrtimer_next_event(void);		/* for idle */

/* The clock event device of this CPU, one-shot: arch/x86/kernel/time.c */
struct clock_event_device {
	const char *name;
	void (*set_next_event)(u64 delta_ns);	/* from now; interrupts off */
	u64 min_delta_ns, max_delta_ns;
};
DECLARE_PER_CPU(struct clock_event_device *, cpu_clockevent);
void clockevents_register_device(struct clock_event_device *dev);	/* of this CPU */

/* A monotonically counting register. The best (highest rating) is used. */
struct clocksource {
	const char *name;
	int rating;
	u64 (*read)(void);
	u64 mask, freq_hz;
	u32 mult, shift;		/* ns = (cycles * mult) >> shift */
	bool is_tsc;			/* read() is RDTSC and nothing else: the vDSO may do it */
};
void clocksource_register(struct clocksource *cs);	/* fills mult and shift from freq_hz */
/* The tick: timer_interrupt (arch) -> do_timer -> scheduler_tick. */
struct pt_regs;
void do_timer(struct pt_regs *regs);
void timer_interrupt(struct pt_regs *regs);
void tick_nohz_idle_enter(void);		/* idle loop: the tick stops until a task runs */
void tick_nohz_idle_exit(void);
void read_persistent_clock64(struct timespec64 *ts);	/* RTC; arch */

#endif
