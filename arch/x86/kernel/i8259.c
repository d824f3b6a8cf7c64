/* SPDX-License-Identifier: MIT */
/*
 * The PC's first interrupt controllers: two 8259A, eight lines each, the second one behind line 2
 * of the first. Linux's twin: arch/x86/kernel/i8259.c; Intel's data sheet 231468.
 *
 *   lines 8..15 --> slave 0xa0 --+
 *   lines 0,1,3..7 --------------2--> master 0x20 --> CPU's INTR, or LINT0 of the local APIC
 *
 * With an IOAPIC they are moved away from the exceptions' vectors and masked; without, they are the
 * controller. chip_lock orders the port accesses (class LC_IRQ_CHIP, below the line's lock).
 * Left out: ELCR (level lines are acknowledged after their handlers all the same).
 */
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <arch/apic.h>
#include <arch/irq.h>

#define PIC_MASTER_CMD	0x20
#define PIC_MASTER_IMR	0x21
#define PIC_SLAVE_CMD	0xa0
#define PIC_SLAVE_IMR	0xa1
#define CASCADE_LINE	2
#define ICW1_INIT	0x11		/* edge, cascade, ICW4 follows */
#define ICW4_8086	0x01
#define OCW2_SPECIFIC_EOI 0x60
#define OCW3_READ_ISR	0x0b
#define VECTOR_BASE	0x30

bool has_legacy_pic = true;		/* until the firmware says otherwise */

static DEFINE_SPINLOCK(chip_lock, LC_IRQ_CHIP);
static u16 mask_bits = 0xffff & ~(1 << CASCADE_LINE);

/* Does the mask register remember what is written? */
static bool present(void)
{
	outb(0xff, PIC_SLAVE_IMR);
	outb(0xfb, PIC_MASTER_IMR);
	return inb(PIC_MASTER_IMR) == 0xfb;
}

static void program(void)
{
	outb(ICW1_INIT, PIC_MASTER_CMD);
	io_delay();
	outb(VECTOR_BASE, PIC_MASTER_IMR);
	io_delay();
	outb(1 << CASCADE_LINE, PIC_MASTER_IMR);
	io_delay();
	outb(ICW4_8086, PIC_MASTER_IMR);
	io_delay();
	outb(ICW1_INIT, PIC_SLAVE_CMD);
	io_delay();
	outb(VECTOR_BASE + 8, PIC_SLAVE_IMR);
	io_delay();
	outb(CASCADE_LINE, PIC_SLAVE_IMR);
	io_delay();
	outb(ICW4_8086, PIC_SLAVE_IMR);
	io_delay();
}

void __init i8259_disable(void)
{
	if (!present())
		return;
	program();
	outb(0xff, PIC_MASTER_IMR);
	outb(0xff, PIC_SLAVE_IMR);
}

static void write_masks(void)
{
	outb(mask_bits & 0xff, PIC_MASTER_IMR);
	outb(mask_bits >> 8, PIC_SLAVE_IMR);
}

static void pic_set_masked(int irq, bool masked)
{
	unsigned long flags;

	spin_lock_irqsave(&chip_lock, flags);
	if (masked)
		mask_bits |= 1 << irq;
	else
		mask_bits &= ~(1 << irq);
	write_masks();
	spin_unlock_irqrestore(&chip_lock, flags);
}

static void pic_mask(int irq)
{
	pic_set_masked(irq, true);
}

static void pic_unmask(int irq)
{
	pic_set_masked(irq, false);
}

static int pic_startup(int irq)
{
	int vector = assign_irq_vector(irq);

	if (vector < 0)
		return vector;
	ASSERT(vector == VECTOR_BASE + irq);
	pic_unmask(irq);
	return 0;
}

/* Lines 7 and 15 also stand for "nothing after all": then nothing is in service. */
static bool in_service(int irq)
{
	u16 cmd = irq < 8 ? PIC_MASTER_CMD : PIC_SLAVE_CMD;

	outb(OCW3_READ_ISR, cmd);
	return inb(cmd) & (1 << (irq & 7));
}

static void pic_eoi(int irq)
{
	unsigned long flags;

	spin_lock_irqsave(&chip_lock, flags);
	if ((irq & 7) != 7 || in_service(irq)) {
		if (irq >= 8)
			outb(OCW2_SPECIFIC_EOI | (irq & 7), PIC_SLAVE_CMD);
		outb(OCW2_SPECIFIC_EOI | (irq < 8 ? irq : CASCADE_LINE), PIC_MASTER_CMD);
	}
	spin_unlock_irqrestore(&chip_lock, flags);
}

static struct irq_chip pic_chip = {
	.name = "XT-PIC",
	.startup = pic_startup,
	.mask = pic_mask,
	.unmask = pic_unmask,
	.eoi = pic_eoi,
};

bool __init i8259_init(void)
{
	if (!has_legacy_pic || !present())
		return false;
	program();
	write_masks();
	for (int irq = 0; irq < 16; irq++)
		if (irq != CASCADE_LINE)
			irq_set_chip(irq, &pic_chip);
	pr_info("i8259: two controllers, 15 lines\n");
	return true;
}
