/* SPDX-License-Identifier: MIT */
/*
 * The IOAPICs: each pin is a line (gsi), and has a redirection entry: vector, CPU, polarity,
 * trigger, mask. Linux's twin: arch/x86/kernel/apic/io_apic.c; Intel's data sheet 290566.
 *
 *   gsi 0..23   IOAPIC 0   pin = gsi - gsi_base         ISA line n is gsi n, unless the firmware's
 *   gsi 24..    IOAPIC 1   ...                          tables say otherwise (the PIT: 0 -> 2)
 *
 * ISA lines are edge-triggered and active high, all others level and low, unless overridden. The
 * registers are behind an index: ioapic_lock (class LC_IRQ_CHIP). The table of IOAPICs is filled
 * at boot by one CPU.
 *
 * A line is moved to another CPU by one write, the entry's high word. As it has the same vector on
 * all CPUs, an interrupt that is on its way to the one before is known there, too, and that one's
 * end of interrupt reaches the entry. Left out: MSI, APIC ids that need more than eight bits.
 */
#include <vitrix/err.h>
#include <vitrix/init.h>
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <vitrix/vmalloc.h>
#include <arch/apic.h>
#include <arch/irq.h>
#include <arch/pgtable.h>

#define MAX_IOAPICS	8
#define NR_ISA_IRQS	16
#define IOREGSEL	0x00
#define IOWIN		0x10
#define IOAPIC_VERSION	0x01
#define IOAPIC_ENTRY(pin)	(0x10 + 2 * (pin))
#define ENTRY_MASKED	(1U << 16)
#define ENTRY_LEVEL	(1U << 15)
#define ENTRY_LOW	(1U << 13)
#define MAX_DESTINATION	0xfe		/* 0xff: all CPUs */

static struct ioapic {
	u32 id, gsi_base, nr_pins;
	phys_addr_t addr;
	volatile char *base;		/* NULL: does not answer */
} ioapics[MAX_IOAPICS];
static int nr_ioapics;
static bool in_use;		/* they deliver the interrupts, and not the 8259 */

static struct isa_override { u32 gsi; unsigned int flags; bool given; } isa[NR_ISA_IRQS];
static DEFINE_SPINLOCK(ioapic_lock, LC_IRQ_CHIP);

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
	writel(reg, io->base + IOREGSEL);
	return readl(io->base + IOWIN);
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 value)
{
	writel(reg, io->base + IOREGSEL);
	writel(value, io->base + IOWIN);
}

/* The chip that has this line, and the pin; NULL: none. */
static const struct ioapic *find_ioapic(int irq, u32 *pin)
{
	for (int i = 0; i < nr_ioapics; i++) {
		const struct ioapic *io = &ioapics[i];

		if (io->base && irq >= io->gsi_base && irq - io->gsi_base < io->nr_pins) {
			*pin = irq - io->gsi_base;
			return io;
		}
	}
	return NULL;
}

/* Trigger mode and polarity as bits of the entry's low word. */
static u32 line_mode(int irq)
{
	unsigned int flags = irq < NR_ISA_IRQS ? 0 : IRQ_FLAG_LEVEL | IRQ_FLAG_ACTIVE_LOW;

	for (int i = 0; i < NR_ISA_IRQS; i++)
		if (isa[i].given && isa[i].gsi == irq)
			flags = isa[i].flags;
	return (flags & IRQ_FLAG_LEVEL ? ENTRY_LEVEL : 0) |
	       (flags & IRQ_FLAG_ACTIVE_LOW ? ENTRY_LOW : 0);
}

static int ioapic_startup(int irq)
{
	int vector = assign_irq_vector(irq);
	const struct ioapic *io;
	unsigned long flags;
	u32 pin;

	io = find_ioapic(irq, &pin);
	ASSERT(io);
	if (vector < 0)
		return vector;
	spin_lock_irqsave(&ioapic_lock, flags);
	/* The high word is set_affinity()'s, and there: with the low one the line is live. */
	ioapic_write(io, IOAPIC_ENTRY(pin), vector | line_mode(irq));
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

static int ioapic_set_affinity(int irq, int cpu)
{
	u32 apic_id = smp_cpu_apic_id(cpu), pin;
	const struct ioapic *io;
	unsigned long flags;

	io = find_ioapic(irq, &pin);
	ASSERT(io);
	if (apic_id > MAX_DESTINATION)
		return -EINVAL;
	spin_lock_irqsave(&ioapic_lock, flags);
	ioapic_write(io, IOAPIC_ENTRY(pin) + 1, apic_id << 24);
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

static void set_masked(int irq, u32 mask_bit)
{
	const struct ioapic *io;
	unsigned long flags;
	u32 pin, low;

	io = find_ioapic(irq, &pin);
	ASSERT(io);
	spin_lock_irqsave(&ioapic_lock, flags);
	low = ioapic_read(io, IOAPIC_ENTRY(pin)) & ~ENTRY_MASKED;
	ioapic_write(io, IOAPIC_ENTRY(pin), low | mask_bit);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void ioapic_mask(int irq)
{
	set_masked(irq, ENTRY_MASKED);
}

static void ioapic_unmask(int irq)
{
	set_masked(irq, 0);
}

/* The local APIC's EOI goes on to the IOAPIC by itself for level-triggered lines. */
static void ioapic_eoi(int irq)
{
	apic_eoi();
}

static struct irq_chip ioapic_chip = {
	.name = "IO-APIC",
	.startup = ioapic_startup,
	.set_affinity = ioapic_set_affinity,
	.mask = ioapic_mask,
	.unmask = ioapic_unmask,
	.eoi = ioapic_eoi,
};

int isa_irq_to_gsi(int isa_irq)
{
	ASSERT(isa_irq >= 0 && isa_irq < NR_ISA_IRQS);
	return isa[isa_irq].given && in_use ? isa[isa_irq].gsi : isa_irq;
}

void __init isa_irq_override(int isa_irq, u32 gsi, unsigned int flags)
{
	if (isa_irq < 0 || isa_irq >= NR_ISA_IRQS || gsi >= NR_IRQS)
		return;
	isa[isa_irq] = (struct isa_override){ gsi, flags, true };
}

void __init ioapic_register(u32 id, phys_addr_t addr, u32 gsi_base)
{
	if (nr_ioapics == MAX_IOAPICS || gsi_base >= NR_IRQS) {
		pr_warn("ioapic %u at %llx is one too many\n", id, addr);
		return;
	}
	ioapics[nr_ioapics++] = (struct ioapic){ .id = id, .addr = addr, .gsi_base = gsi_base };
}

int nr_ioapics_found(void)
{
	return nr_ioapics;
}

/* All pins masked; their number is in the version register. */
static bool __init start_ioapic(struct ioapic *io)
{
	u32 version;

	io->base = ioremap(io->addr, PAGE_SIZE);
	if (!io->base)
		return false;
	version = ioapic_read(io, IOAPIC_VERSION);
	if (version == 0xffffffff || !version) {
		pr_warn("ioapic %u: nothing answers at %llx\n", io->id, io->addr);
		iounmap(io->base);
		io->base = NULL;
		return false;
	}
	io->nr_pins = min_t(u32, (version >> 16 & 0xff) + 1, NR_IRQS - io->gsi_base);
	for (u32 pin = 0; pin < io->nr_pins; pin++) {
		ioapic_write(io, IOAPIC_ENTRY(pin), ENTRY_MASKED);
		irq_set_chip(io->gsi_base + pin, &ioapic_chip);
	}
	pr_info("ioapic %u: gsi %u-%u at %llx\n", io->id, io->gsi_base,
		io->gsi_base + io->nr_pins - 1, io->addr);
	return true;
}

/* The timer's line stays where it is; and so does the pin 0 that it left, which nothing drives. */
static void __init mark_timer_lines(void)
{
	irq_set_nobalancing(0);
	irq_set_nobalancing(isa_irq_to_gsi(0));
}

bool __init ioapic_init(void)
{
	for (int i = 0; i < nr_ioapics; i++)
		in_use |= start_ioapic(&ioapics[i]);
	if (in_use)
		mark_timer_lines();
	return in_use;
}
