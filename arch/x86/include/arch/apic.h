/* SPDX-License-Identifier: MIT */
/*
 * The local APIC of this CPU and the IOAPICs of the machine (SDM vol. 3, chapter 11; Intel
 * 82093AA).
 *
 *   device --line--> IOAPIC pin (gsi) --message: vector, cpu--> local APIC --> CPU: IDT[vector]
 *
 * Registers are at an MMIO page (xAPIC) or, on newer CPUs, MSRs (x2APIC).
 * Linux's twin: arch/x86/include/asm/{apic,io_apic}.h.
 */
#ifndef ARCH_APIC_H
#define ARCH_APIC_H

#include <arch/io.h>
#include <arch/processor.h>

#define APIC_ID		0x20
#define APIC_LVR	0x30
#define APIC_TASKPRI	0x80
#define APIC_EOI	0xb0
#define APIC_LDR	0xd0
#define APIC_DFR	0xe0
#define APIC_SPIV	0xf0
#define APIC_ISR	0x100
#define APIC_ESR	0x280
#define APIC_LVTT	0x320
#define APIC_LVTPC	0x340
#define APIC_LVT0	0x350
#define APIC_LVT1	0x360
#define APIC_LVTERR	0x370
#define APIC_TMICT	0x380
#define APIC_TMCCT	0x390
#define APIC_TDCR	0x3e0
#define APIC_SPIV_ENABLED	0x100
#define APIC_LVT_MASKED		0x10000
#define APIC_LVT_NMI		0x400
#define APIC_LVT_EXTINT		0x700
#define APIC_LVTT_ONESHOT	0
#define APIC_LVTT_TSCDEADLINE	(2 << 17)
#define APIC_TDR_DIV_16		0x3
#define APIC_TIMER_DIVISOR	16

extern bool x2apic_mode;
extern volatile char *apic_base;	/* xAPIC: the mapped page; NULL: no local APIC in use */
extern bool apic_usable;		/* set by lapic_init() */

static __always_inline u32 apic_read(u32 reg)
{
	return x2apic_mode ? (u32)rdmsr(0x800 + (reg >> 4)) : readl(apic_base + reg);
}
static __always_inline void apic_write(u32 reg, u32 v)
{
	if (x2apic_mode)
		wrmsr(0x800 + (reg >> 4), v);
	else
		writel(v, apic_base + reg);
}
/* The interrupt in service is done with: the next may come. */
static __always_inline void apic_eoi(void) { apic_write(APIC_EOI, 0); }

bool lapic_init(void);			/* this CPU's; false: there is none */
u32 read_apic_id(void);
void lapic_set_nmi_lint(int lint);	/* before lapic_init(): where the NMI line is */
void apic_timer_calibrated(u64 ticks_per_sec);	/* of TMCCT, divisor 16 */
bool apic_timer_init(void);		/* registers this CPU's clock event device */
void show_apic_error(void);		/* ERROR_APIC_VECTOR */

/* What the firmware's tables say; before irq_init(). */
void ioapic_register(u32 id, phys_addr_t addr, u32 gsi_base);
#define IRQ_FLAG_ACTIVE_LOW	1
#define IRQ_FLAG_LEVEL		2
void isa_irq_override(int isa_irq, u32 gsi, unsigned int flags);
bool ioapic_init(void);			/* false: none answers */
int nr_ioapics_found(void);
extern bool has_legacy_pic;		/* MADT: two 8259 are there too */
void i8259_disable(void);		/* masks all lines, if there is a chip */
bool i8259_init(void);			/* takes it as interrupt controller; false: none */

/* CPUs of the firmware's tables: arch/x86/kernel/smpboot.c */
void smp_register_cpu(u32 apic_id);
void smp_prepare_boot_cpu(u32 apic_id);
u32 smp_cpu_apic_id(int cpu);
int smp_nr_cpus_found(void);
bool mptable_parse(void);		/* mpparse.c: the tables from before ACPI; false: none */

#endif
