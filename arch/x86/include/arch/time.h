/* SPDX-License-Identifier: MIT */
/*
 * The machine's clocks: arch/x86/kernel/{time,tsc,kvmclock,hpet,i8253,rtc}.c, the ACPI timer.
 * What counts and what interrupts is chosen in time_init(); everybody else uses <vitrix/ktime.h>.
 */
#ifndef ARCH_TIME_H
#define ARCH_TIME_H

#include <vitrix/hrtimer.h>

extern u32 tsc_khz;		/* 0 until time_init() */

/* Busy waits, any context. Before the TSC is calibrated they wait as if it ran at 4 GHz. */
void udelay(unsigned long usecs);
void mdelay(unsigned long msecs);

/* A counter of known rate to measure others with; present() says whether it counts. */
struct ref_counter {
	const char *name;
	bool (*start)(void);		/* NULL: always runs. false: not there */
	u64 (*read)(void);
	u64 mask;
	u64 freq_hz;
};
extern struct ref_counter pm_timer_ref, hpet_ref, pit_ref;

/* TSC (tsc.c). tsc_calibrate() measures the LAPIC timer in the same window. */
void tsc_calibrate(void);
void tsc_clocksource_register(void);
bool kvmclock_init(void);	/* kvmclock.c: true if the hypervisor gave the TSC's rate */

#define PIT_TICK_RATE	1193182UL
bool pit_clockevent_init(void);	/* i8253.c: through IRQ 0; false: no chip */
void hpet_init(void);
void pm_timer_init(void);

#endif
