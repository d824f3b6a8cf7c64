/* SPDX-License-Identifier: MIT */
/*
 * Chooses the machine's clock and its alarm. Linux's twin: arch/x86/kernel/time.c.
 *
 *   clock (clocksource), rating           alarm (clock event)
 *     kvm-clock  400                        local APIC, TSC deadline
 *     tsc        300 (150 if it may stop)   local APIC, one-shot
 *     hpet       250                        PIT by IRQ 0
 *     acpi_pm    200
 *
 * Called once by start_kernel() after interrupt controllers and ACPI's tables, interrupts off.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/apic.h>
#include <arch/time.h>

__path void time_init(void)
{
	pm_timer_init();
	hpet_init();
	kvmclock_init();
	tsc_calibrate();
	tsc_clocksource_register();
	/* The clock first: registering an alarm starts the tick. */
	if (!apic_timer_init() && !pit_clockevent_init())
		panic("no timer: neither a local APIC nor a PIT");
}
