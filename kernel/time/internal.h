/* SPDX-License-Identifier: MIT */
/* Private to kernel/time. */
#ifndef KERNEL_TIME_INTERNAL_H
#define KERNEL_TIME_INTERNAL_H

#include <vitrix/hrtimer.h>
#include <vitrix/sched.h>

/* timekeeping.c */
void timekeeping_tick(void);			/* folds the time that passed into the base */
void timekeeping_set_clocksource(struct clocksource *cs);
ktime_t timekeeping_offs_real(void);		/* CLOCK_REALTIME - CLOCK_MONOTONIC */
ktime_t ktime_get_coarse(void);			/* CLOCK_MONOTONIC as of the last tick */
ktime_t ktime_get_coarse_real(void);
/* The clock's correction, ns a second, scaled by 2^32. */
void timekeeping_set_rate(s64 rate);
u64 timekeeping_max_idle_ns(void);	/* the clocksource must be read at least that often */

/* clocksource.c: mult and shift so that ns = (cycles * mult) >> shift for counters of hz */
void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 hz);

/* clockevents.c: this CPU's device, interrupts off */
void clockevents_program(ktime_t expires);	/* fires at expires or earlier */
void clockevents_fired(void);

/* hrtimer.c */
void clock_was_set(void);			/* offs_real changed: absolute timers move */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);
/*
 * For user's periodic timers in their callback: moves the expiry behind now, and so far that a tiny
 * interval cannot keep the CPU in the timer interrupt. Returns how many intervals were stepped
 * over.
 */
u64 hrtimer_forward_user(struct hrtimer *timer, ktime_t interval);
ktime_t clock_now(int clock);			/* of one of an hrtimer's clocks */
/* The hrtimer clock behind a clockid_t, or -EINVAL. */
int hrtimer_clock(clockid_t clockid);

/* ntp.c */
void ntp_tick(ktime_t now);		/* interrupts off */
void ntp_clear(void);			/* the wall clock was set */
bool ntp_slewing(void);			/* ntp_tick() has to come about once a second */

struct __kernel_timex;
int do_adjtimex(struct __kernel_timex *txc);	/* the clock's state, TIME_*; -EINVAL, -EPERM */
int clock_adjtime(clockid_t which_clock, struct __kernel_timex *txc);

/* posix-clocks.c */
int posix_clock_get(clockid_t clockid, ktime_t *now);	/* 0 or -EINVAL */

/* posix-cpu-timers.c. what: CPUCLOCK_*; ns of CPU time. */
#define CPUCLOCK_PROF	0	/* user and system, by ticks */
#define CPUCLOCK_VIRT	1	/* user, by ticks */
#define CPUCLOCK_SCHED	2	/* exact */
#define CPUCLOCK_PERTHREAD_MASK	4
u64 thread_cpu_sample(struct task_struct *p, int what);
/* tasklist_lock or p's siglock held */
u64 process_cpu_sample(struct task_struct *p, int what);
int posix_cpu_clock_get(clockid_t clockid, ktime_t *now);
int posix_cpu_clock_check(clockid_t clockid);
void run_posix_cpu_timers(void);		/* from the tick, interrupts off */

/* posix-timers.c */
void posix_cpu_timers_expire(void);	/* this process's timers on CPU clocks; from the tick */

/* itimer.c */
void free_real_itimer(struct signal_struct *sig);

#endif
