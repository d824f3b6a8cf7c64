/* SPDX-License-Identifier: MIT */
/*
 * The PC's first timer chip: three 16-bit counters at 1.193182 MHz. Linux's twin:
 * arch/x86/kernel/i8253.c; Intel's data sheet 231164.
 *
 *   counter 0  IRQ 0: the alarm, where there is no local APIC (one-shot, at most 55 ms)
 *   counter 2  gated by port 0x61: a ruler for the TSC
 *
 * Boot CPU only, interrupts off; no lock.
 */
#include <vitrix/init.h>
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <arch/io.h>
#include <arch/irq.h>
#include <arch/time.h>

#define PIT_CH0		0x40
#define PIT_CH2		0x42
#define PIT_MODE	0x43
#define MODE_CH0_ONESHOT	0x30	/* counter 0, two bytes, mode 0 */
#define MODE_CH2_RATE		0xb4	/* counter 2, two bytes, mode 2: counts round and round */
#define MODE_CH2_LATCH		0x80
#define GATE_PORT	0x61
#define GATE_CH2	0x01
#define SPEAKER		0x02
#define MAX_COUNT	0xffff

/* Counter 2 from the top; false: it does not count. */
static bool pit_ref_start(void)
{
	u64 first;

	outb((inb(GATE_PORT) & ~SPEAKER) | GATE_CH2, GATE_PORT);
	outb(MODE_CH2_RATE, PIT_MODE);
	outb(0, PIT_CH2);
	outb(0, PIT_CH2);		/* 65536 */
	first = pit_ref.read();
	for (int i = 0; i < 1000; i++)
		if (pit_ref.read() != first)
			return true;
	return false;
}

static u64 pit_ref_read(void)
{
	u8 low, high;

	outb(MODE_CH2_LATCH, PIT_MODE);
	low = inb(PIT_CH2);
	high = inb(PIT_CH2);
	return (u16)-(high << 8 | low);	/* it counts down */
}

struct ref_counter pit_ref = {
	.name = "PIT",
	.start = pit_ref_start,
	.read = pit_ref_read,
	.mask = 0xffff,
	.freq_hz = PIT_TICK_RATE,
};

static void pit_next_event(u64 delta_ns)
{
	u64 count = delta_ns * PIT_TICK_RATE / NSEC_PER_SEC;

	count = clamp(count, 1ULL, (u64)MAX_COUNT);
	outb(MODE_CH0_ONESHOT, PIT_MODE);
	outb(count & 0xff, PIT_CH0);
	outb(count >> 8, PIT_CH0);
}

static irqreturn_t pit_interrupt(int irq, void *dev_id)
{
	timer_interrupt(get_irq_regs());
	return IRQ_HANDLED;
}

static struct clock_event_device pit_clockevent = {
	.name = "pit",
	.set_next_event = pit_next_event,
	.min_delta_ns = 10000,
	.max_delta_ns = MAX_COUNT * NSEC_PER_SEC / PIT_TICK_RATE,
};

bool __init pit_clockevent_init(void)
{
	if (!pit_ref_start())
		return false;
	if (request_irq(isa_irq_to_gsi(0), pit_interrupt, IRQF_NOBALANCING, "timer", NULL))
		return false;
	clockevents_register_device(&pit_clockevent);
	return true;
}
