/* SPDX-License-Identifier: MIT */
/*
 * Off, again, or stopped: the machine's side of reboot(2) and panic. Linux's twin:
 * arch/x86/kernel/reboot.c.
 *
 *   restart    ACPI's reset register -> port 0xcf9 -> keyboard controller -> triple fault
 *   power off  ACPI S5; a machine that stays on is halted by the caller
 *
 * Each step is tried for a while before the next; the last cannot fail. Any context:
 * emergency_restart() comes from a panic in an interrupt. The other CPUs are stopped first.
 */
#include <vitrix/acpi.h>
#include <vitrix/printk.h>
#include <vitrix/reboot.h>
#include <vitrix/smp.h>
#include <arch/desc.h>
#include <arch/io.h>
#include <arch/irqflags.h>
#include <arch/time.h>

#define CF9_PORT	0xcf9
#define CF9_SYSTEM_RESET	0x02
#define CF9_RESET_NOW		0x04
#define KBD_STATUS	0x64
#define KBD_INPUT_FULL	0x02
#define KBD_PULSE_RESET	0xfe
#define NO_DEVICE	0xff

static void reset_by_cf9(void)
{
	outb(CF9_SYSTEM_RESET, CF9_PORT);
	udelay(50);
	outb(CF9_SYSTEM_RESET | CF9_RESET_NOW, CF9_PORT);
	udelay(1000);
}

static void reset_by_keyboard_controller(void)
{
	if (inb(KBD_STATUS) == NO_DEVICE)
		return;
	for (int i = 0; i < 1000 && (inb(KBD_STATUS) & KBD_INPUT_FULL); i++)
		udelay(10);
	outb(KBD_PULSE_RESET, KBD_STATUS);
	udelay(1000);
}

/*
 * An exception with no IDT to serve it, nor the exceptions that follow from that: the CPU resets.
 */
static void __noreturn reset_by_triple_fault(void)
{
	struct desc_ptr none = { 0, 0 };

	for (;;) {
		__asm__ volatile("lidt %0; int3" : : "m"(none));
		halt();
	}
}

void machine_restart(void)
{
	local_irq_disable();
	smp_send_stop();
	acpi_reset();
	reset_by_cf9();
	reset_by_keyboard_controller();
	reset_by_triple_fault();
}

void emergency_restart(void)
{
	machine_restart();
}

void machine_power_off(void)
{
	local_irq_disable();
	smp_send_stop();
	acpi_power_off();
	pr_err("power off: the machine stays on\n");
}

void machine_halt(void)
{
	smp_send_stop();
	for (;;) {
		local_irq_disable();
		halt();
	}
}
