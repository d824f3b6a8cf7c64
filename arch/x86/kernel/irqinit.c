/* SPDX-License-Identifier: MIT */
/*
 * Decides at boot who delivers interrupts. Linux's twins: arch/x86/kernel/irqinit.c,
 * apic/probe_64.c.
 *
 *   tables              local APIC   IOAPIC    then
 *   ACPI (MADT)             yes        yes     IOAPICs; 8259 masked
 *   MP tables               yes        yes     the same: microvm without ACPI
 *   none                    yes     answers    one IOAPIC at 0xfec00000, ISA lines straight through
 *   nolapic, noapic, or none of them           8259
 */
#include <vitrix/init.h>
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <arch/apic.h>

#define DEFAULT_IOAPIC	0xfec00000UL

static void __init use_i8259(bool lapic)
{
	if (!i8259_init()) {
		pr_err("no interrupt controller: devices will have to be polled\n");
		return;
	}
	if (lapic)		/* its INTR comes in by LINT0 */
		apic_write(APIC_LVT0, APIC_LVT_EXTINT);
}

/* After acpi_tables_init(); interrupts off. */
void __init irq_init(void)
{
	bool lapic;

	/* Before LINT0 is closed: an 8259 that still holds its line up then would leave a request
	 * behind that nobody owns any more. */
	i8259_disable();
	lapic = lapic_init();
	smp_prepare_boot_cpu(lapic ? read_apic_id() : boot_cpu_data.initial_apicid);
	if (lapic && !nr_ioapics_found() && !mptable_parse())
		ioapic_register(0, DEFAULT_IOAPIC, 0);
	if (!lapic || cmdline_has("noapic") || !ioapic_init())
		use_i8259(lapic);
	smp_found_cpus_report();
}
