/* SPDX-License-Identifier: MIT */
/*
 * The high precision event timer, used as a clock only: a counter of 10 MHz and more that all
 * CPUs share. Linux's twin: arch/x86/kernel/hpet.c; Intel's IA-PC HPET specification. Where it
 * is: ACPI's HPET table.
 */
#include <vitrix/acpi.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/vmalloc.h>
#include <arch/io.h>
#include <arch/time.h>

#define HPET_CAPABILITIES	0x000
#define HPET_CONFIG		0x010
#define HPET_COUNTER		0x0f0
#define HPET_ENABLE		1UL
#define FEMTO_PER_SEC		1000000000000000ULL
#define HPET_MAX_PERIOD		100000000	/* fs: the specification's limit */
#define HPET_SIZE		1024

static volatile char *hpet;

/* The low half alone: one access, and the same on 32-bit counters. */
static u64 hpet_read(void)
{
	return readl(hpet + HPET_COUNTER);
}

struct ref_counter hpet_ref = {
	.name = "HPET",
	.read = hpet_read,
	.mask = 0xffffffff,
};

static struct clocksource clocksource_hpet = {
	.name = "hpet",
	.rating = 250,
	.read = hpet_read,
	.mask = 0xffffffff,
};

void __init hpet_init(void)
{
	u32 period;

	if (!acpi_info.hpet_address || cmdline_has("nohpet"))
		return;
	hpet = ioremap(acpi_info.hpet_address, HPET_SIZE);
	if (!hpet)
		return;
	period = readq(hpet + HPET_CAPABILITIES) >> 32;
	if (!period || period > HPET_MAX_PERIOD) {
		pr_warn("hpet: nothing sound at %llx\n", acpi_info.hpet_address);
		iounmap(hpet);
		return;
	}
	writeq(readq(hpet + HPET_CONFIG) | HPET_ENABLE, hpet + HPET_CONFIG);
	hpet_ref.freq_hz = clocksource_hpet.freq_hz = FEMTO_PER_SEC / period;
	clocksource_register(&clocksource_hpet);
}
