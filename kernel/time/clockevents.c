/* SPDX-License-Identifier: MIT */
/*
 * Each CPU's one-shot alarm clock, which the platform registers.
 *
 * Programming the device may cost as much as a thousand instructions (a trap to the hypervisor), so
 * it is done only when it must fire earlier than it is set to; that it fires too early harms
 * nobody, the handler finds nothing due and sets it anew.
 *
 * Per CPU, with interrupts off. Linux's twin: kernel/time/clockevents.c.
 */
#include <vitrix/tick.h>
#include "internal.h"

DEFINE_PER_CPU(struct clock_event_device *, cpu_clockevent);
/* When the device will fire, CLOCK_MONOTONIC; KTIME_MAX: it is not set. */
static DEFINE_PER_CPU(ktime_t, armed_until) = KTIME_MAX;

void clockevents_register_device(struct clock_event_device *dev)
{
	unsigned long flags = local_irq_save();

	ASSERT(dev->set_next_event && dev->max_delta_ns > dev->min_delta_ns);
	this_cpu_write(cpu_clockevent, dev);
	this_cpu_write(armed_until, KTIME_MAX);
	tick_setup();
	local_irq_restore(flags);
}

void clockevents_program(ktime_t expires)
{
	struct clock_event_device *dev = this_cpu_read(cpu_clockevent);
	s64 delta;

	if (expires >= this_cpu_read(armed_until) || !dev)
		return;
	delta = expires - ktime_get();
	delta = clamp(delta, (s64)dev->min_delta_ns, (s64)dev->max_delta_ns);
	this_cpu_write(armed_until, expires);
	dev->set_next_event(delta);
}

/* The device fired: it is no longer set. */
void clockevents_fired(void)
{
	this_cpu_write(armed_until, KTIME_MAX);
}
