/* SPDX-License-Identifier: MIT */
/*
 * The timer interrupt and the tick.
 *
 *	device fires --> timer_interrupt(regs)
 *	                   hrtimer_interrupt()        timers that are due
 *	                   do_timer(regs)             every 1/HZ s: jiffies, whose time it was,
 *	                     scheduler_tick()         the running task's slice,
 *	                     rcu_check_callbacks()    what RCU deferred, CPU time limits
 *	                   program the device for the earlier of the next timer and the next tick
 *	  ... on the way out, to user mode --> schedule() if TIF_NEED_RESCHED was set
 *
 * The device is one-shot; a tick is one more thing that it is programmed for. While a CPU idles it
 * has no tick: jiffies are caught up from the clock when it comes back.
 *
 * Locks: each CPU's tick_cpu is its own, interrupts off; jiffies_lock for jiffies, which whichever
 * CPU comes first counts up. Linux's twin: kernel/time/tick-{common,sched}.c, timer.c.
 */
#include <vitrix/trace_ring.h>
#include <vitrix/printk.h>
#include <vitrix/cputime.h>
#include <vitrix/rcu.h>
#include <vitrix/tick.h>
#include <vitrix/watchdog.h>
#include <arch/ptrace.h>
#include "internal.h"

unsigned long volatile jiffies;
static DEFINE_SPINLOCK(jiffies_lock, LC_TIMEKEEPER);
static ktime_t jiffies_updated;		/* when the last jiffy was due; jiffies_lock */

struct tick_cpu {
	ktime_t next;			/* when this CPU's next tick is due */
	bool stopped;			/* idle */
};
static DEFINE_PER_CPU(struct tick_cpu, tick_cpus) = { .next = KTIME_MAX };

static void update_jiffies(ktime_t now)
{
	unsigned long ticks;

	if (now - READ_ONCE(jiffies_updated) < (ktime_t)TICK_NSEC)
		return;
	spin_lock(&jiffies_lock);
	if (now - jiffies_updated < (ktime_t)TICK_NSEC) {
		spin_unlock(&jiffies_lock);
		return;
	}
	ticks = (now - jiffies_updated) / TICK_NSEC;
	jiffies = jiffies + ticks;
	WRITE_ONCE(jiffies_updated, jiffies_updated + ticks * TICK_NSEC);
	spin_unlock(&jiffies_lock);
	timekeeping_tick();
	calc_global_load(ticks);
}

/*
 * The next multiple of the tick after now, so that ticks keep their distance however late one was.
 */
static void tick_advance(struct tick_cpu *tick, ktime_t now)
{
	if (tick->next <= now)
		tick->next += ((now - tick->next) / TICK_NSEC + 1) * TICK_NSEC;
}

/* A tick is due. From timer_interrupt(), interrupts off. */
void __path do_timer(struct pt_regs *regs)
{
	ktime_t now = ktime_get();

	tick_advance(this_cpu_ptr(&tick_cpus), now);
	update_jiffies(now);
	account_process_tick(user_mode(regs), now);
	/* Nobody reads under RCU in user mode. The idle loop says itself when it is quiescent. */
	if (user_mode(regs))
		rcu_note_quiescent();
	scheduler_tick();
	rcu_check_callbacks();
	run_posix_cpu_timers();
	printk_tick();
	trace_wake_readers();
	watchdog_tick(regs);
}

/* The clock event device of this CPU fired. In the interrupt, interrupts off, after irq_enter(). */
void __path timer_interrupt(struct pt_regs *regs)
{
	struct tick_cpu *tick = this_cpu_ptr(&tick_cpus);
	ktime_t begin = ktime_get(), now;

	clockevents_fired();
	hrtimer_interrupt();
	now = ktime_get();
	if (tick->stopped)
		update_jiffies(now);
	else if (now >= tick->next)
		do_timer(regs);
	/* However many timers are due: half of the time is for others than timer callbacks. */
	clockevents_program(max(hrtimer_next_event(), now + (now - begin)));
	if (!tick->stopped)
		clockevents_program(tick->next);
}

void tick_setup(void)
{
	struct tick_cpu *tick = this_cpu_ptr(&tick_cpus);

	ASSERT(irqs_disabled());
	tick->next = ktime_get() + TICK_NSEC;
	clockevents_program(hrtimer_next_event());
	clockevents_program(tick->next);
}

/* The idle loop begins: no more ticks. Task context, interrupts on. */
void tick_nohz_idle_enter(void)
{
	local_irq_disable();
	this_cpu_ptr(&tick_cpus)->stopped = true;
	account_idle_enter(ktime_get());
	local_irq_enable();
}

bool tick_is_stopped(int cpu)
{
	return READ_ONCE(per_cpu(tick_cpus, cpu).stopped);
}

/*
 * About to halt. The device may still be set for the tick, which then comes once in vain. Callbacks
 * that wait for other CPUs' quiescent states want a look now and then, and so does a narrow
 * counter.
 */
void tick_nohz_arm(void)
{
	ktime_t next = min(hrtimer_next_event(), watchdog_idle_deadline());
	u64 max_idle = timekeeping_max_idle_ns();

	if (rcu_pending())
		max_idle = min(max_idle, TICK_NSEC);
	if (max_idle < (u64)KTIME_MAX)
		next = min(next, ktime_get() + (ktime_t)max_idle);
	if (next != KTIME_MAX)
		clockevents_program(next);
}

/* A task is to run: the tick goes on, and jiffies are right again. */
void tick_nohz_idle_exit(void)
{
	struct tick_cpu *tick = this_cpu_ptr(&tick_cpus);
	ktime_t now;

	local_irq_disable();
	now = ktime_get();
	update_jiffies(now);
	account_idle_exit(now);
	tick->stopped = false;
	if (tick->next != KTIME_MAX) {
		tick_advance(tick, now);
		clockevents_program(tick->next);
	}
	local_irq_enable();
}
