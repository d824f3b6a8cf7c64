/* SPDX-License-Identifier: MIT */
/*
 * Between the files that start and interrupt other CPUs: arch/x86/kernel/{smpboot,smp,nmi}.c,
 * trampoline_64.S. What the rest of the kernel calls is in <vitrix/smp.h>. Linux's twin:
 * arch/x86/include/asm/{smp,trampoline}.h.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

/* One page below 64 KiB that is RAM everywhere and given to nobody: where other CPUs start. */
#define SMP_TRAMPOLINE_PHYS	0x8000

#ifndef __ASSEMBLER__
#include <vitrix/smp.h>

/* What a starting CPU is told: trampoline_64.S knows the order. */
struct trampoline_params {
	u32 early_cr3;		/* below 4 GiB; maps the trampoline to itself, and the kernel */
	u32 efer;
	u64 kernel_cr3;
	u64 entry;		/* secondary_startup_64 */
	u64 stack;
	u64 gs_base;
};
extern char smp_trampoline[], smp_trampoline_end[], secondary_startup_64[];
extern struct trampoline_params smp_trampoline_params;

void start_secondary(void) __noreturn;	/* the first C of every CPU but the boot CPU */

/* Each CPU sets itself up as the boot CPU did: interrupts off, once, in this order. */
void cpu_secondary_init(void);		/* control registers, GDT, TSS, stacks */
void fpu_secondary_init(void);
void kvmclock_secondary_init(void);
void lapic_secondary_init(void);
void apic_timer_secondary_init(void);
bool apic_timer_usable(void);		/* the local APIC's timer is what ticks */

struct flush_tlb_info;
/* smp.c: what flush_tlb_others points to */
void smp_flush_tlb_others(u64 mask, struct flush_tlb_info *info);
bool smp_is_stop_nmi(void);

/* apic/ipi.c. Any context. */
void apic_send_ipi(int cpu, unsigned int vector);
void apic_send_nmi(int cpu);
void apic_send_init(u32 apic_id);
void apic_send_startup(u32 apic_id, u32 phys);
#endif

#endif
