/* SPDX-License-Identifier: MIT */
/*
 * ACPI's power management timer: 3.579545 MHz, 24 or 32 bits wide, at an I/O port that the FADT
 * names. Slow to read, but on every PC. Linux's twin: drivers/clocksource/acpi_pm.c.
 */
#include <vitrix/acpi.h>
#include <vitrix/init.h>
#include <arch/io.h>
#include <arch/time.h>

#define PM_TIMER_HZ	3579545
#define ALIVE_READS	10000

static u64 pm_timer_read(void)
{
	return inl(acpi_info.pm_timer_port);
}

struct ref_counter pm_timer_ref = {
	.name = "the ACPI timer",
	.read = pm_timer_read,
	.mask = 0xffffff,
};

static struct clocksource clocksource_acpi_pm = {
	.name = "acpi_pm",
	.rating = 200,
	.read = pm_timer_read,
	.mask = 0xffffff,
	.freq_hz = PM_TIMER_HZ,
};

/* A port that the table names but nobody serves reads as ones. */
static bool __init counts(void)
{
	u64 first = pm_timer_read();

	for (int i = 0; i < ALIVE_READS; i++)
		if (pm_timer_read() != first)
			return true;
	return false;
}

void __init pm_timer_init(void)
{
	if (!acpi_info.pm_timer_port || !counts())
		return;
	pm_timer_ref.freq_hz = PM_TIMER_HZ;
	if (acpi_info.pm_timer_32bit)
		pm_timer_ref.mask = clocksource_acpi_pm.mask = 0xffffffff;
	clocksource_register(&clocksource_acpi_pm);
}
