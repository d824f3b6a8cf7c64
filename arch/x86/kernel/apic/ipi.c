/* SPDX-License-Identifier: MIT */
/*
 * Messages from one local APIC to another, by the interrupt command register (SDM vol. 3, 11.6.1).
 * Linux's twin: arch/x86/kernel/apic/ipi.c, x2apic_phys.c.
 *
 *   xAPIC    two registers: the destination, then the command, which sends. The interrupt between
 *            the two may send itself, so interrupts are off. An NMI that sends (only when the
 *            machine is ending) waits for nothing and may spoil the destination: the stop that it
 *            is for is repeated.
 *   x2APIC   one MSR. Writing it orders nothing: the barrier makes sure that what the message is
 *            about is seen before the message.
 *
 * Destinations are physical: one message a CPU. Any context.
 */
#include <arch/apic.h>
#include <arch/irqflags.h>
#include <arch/smp.h>

#define APIC_ICR	0x300
#define APIC_ICR2	0x310
#define ICR_FIXED	0x00000
#define ICR_NMI		0x00400
#define ICR_INIT	0x00500
#define ICR_STARTUP	0x00600
#define ICR_BUSY	0x01000
#define ICR_ASSERT	0x04000
#define ICR_LEVEL	0x08000
#define BUSY_LOOPS	100000

/* The one before is on its way; QEMU's and newer hardware's always is. */
static void wait_icr_idle(void)
{
	for (int i = 0; i < BUSY_LOOPS && (apic_read(APIC_ICR) & ICR_BUSY); i++)
		cpu_relax();
}

static void icr_write(u32 apic_id, u32 command)
{
	unsigned long flags;

	if (x2apic_mode) {
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(0x800 + (APIC_ICR >> 4), (u64)apic_id << 32 | command);
		return;
	}
	flags = local_irq_save();
	wait_icr_idle();
	apic_write(APIC_ICR2, apic_id << 24);
	apic_write(APIC_ICR, command);
	local_irq_restore(flags);
}

void apic_send_ipi(int cpu, unsigned int vector)
{
	icr_write(smp_cpu_apic_id(cpu), ICR_FIXED | ICR_ASSERT | vector);
}

void apic_send_nmi(int cpu)
{
	icr_write(smp_cpu_apic_id(cpu), ICR_NMI | ICR_ASSERT);
}

/* The CPU is reset and waits for a start-up message, whatever it did before. */
void apic_send_init(u32 apic_id)
{
	icr_write(apic_id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	if (!x2apic_mode)
		wait_icr_idle();
	icr_write(apic_id, ICR_INIT | ICR_LEVEL);
}

/* It begins at phys, in real mode. A CPU that does not wait for this ignores it. */
void apic_send_startup(u32 apic_id, u32 phys)
{
	icr_write(apic_id, ICR_STARTUP | ICR_ASSERT | phys >> 12);
	if (!x2apic_mode)
		wait_icr_idle();
}
