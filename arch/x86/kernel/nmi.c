/* SPDX-License-Identifier: MIT */
/*
 * Interrupts that cannot be turned off: NMI and machine check. Both come on stacks of their own
 * (IST), at any instruction. Linux's twins: arch/x86/kernel/nmi.c, cpu/mce/core.c.
 *
 * An IRET of any kind lets the next NMI in: also that of a fault, or of a breakpoint that a tracer
 * has put into do_nmi() or what it calls. The entry code (entry_64.S: nmi) keeps the second one
 * from the stack of the first, and comes back here for it. An NMI out of user mode works on the
 * task's stack, where the entry code does not know of it: the second one is latched here.
 *
 * Invariants: a fault in here must be one that returns, and may change CR2, which is put back: the
 * interrupted code may be a page fault's, that has not read it. A user's breakpoint cannot hit
 * here, as nothing of the user's is touched. A machine check may not return at all.
 *
 * Other CPUs ask by NMI what this one does: apic/hw_nmi.c. Left out: handlers (perf), recovery from
 * machine checks, polling of corrected errors.
 */
#include <vitrix/nmi.h>
#include <vitrix/printk.h>
#include <vitrix/preempt.h>
#include <vitrix/init.h>
#include <arch/io.h>
#include <arch/irq.h>
#include <arch/processor.h>
#include <arch/smp.h>
#include <arch/traps.h>

#define NMI_REASON_PORT		0x61
#define NMI_REASON_SERR		0x80
#define NMI_REASON_IOCHK	0x40
#define NMI_CLEAR_BOTH		0x0c

#define MSR_IA32_MCG_CAP	0x179
#define MSR_IA32_MCG_STATUS	0x17a
#define MSR_IA32_MC_STATUS(n)	(0x401 + 4 * (n))
#define MSR_IA32_MC_ADDR(n)	(0x402 + 4 * (n))
#define MCI_STATUS_VAL		(1UL << 63)
#define MCI_STATUS_ADDRV	(1UL << 58)
#define MCG_STATUS_RIPV		1UL

static bool panic_on_unknown_nmi;

static int __init unknown_nmi_setup(const char *value)
{
	panic_on_unknown_nmi = true;
	return 0;
}
__setup("unknown_nmi_panic", unknown_nmi_setup);

/* The chipset keeps the reason in a port (system control port B of the PC). */
static void default_do_nmi(struct pt_regs *regs)
{
	u8 reason = inb(NMI_REASON_PORT);

	if (reason & (NMI_REASON_SERR | NMI_REASON_IOCHK)) {
		pr_emerg("NMI: %s error (reason %02x) on CPU %d\n",
			 reason & NMI_REASON_SERR ? "memory or bus" : "I/O check", reason,
			 smp_processor_id());
		outb((reason & 0xf) | NMI_CLEAR_BOTH, NMI_REASON_PORT);
		outb(reason & 0xf & ~NMI_CLEAR_BOTH, NMI_REASON_PORT);
		return;
	}
	pr_emerg("NMI for an unknown reason (%02x) on CPU %d, at %pS\n", reason,
		 smp_processor_id(), (void *)regs->ip);
	if (panic_on_unknown_nmi)
		panic("NMI: not continuing");
}

/* Being served on this CPU: 1; one that came meanwhile makes it 2. Only NMIs of this CPU look. */
static DEFINE_PER_CPU(unsigned int, nmi_state);

void do_nmi(struct pt_regs *regs, long error_code)
{
	unsigned long cr2 = read_cr2();

	if (this_cpu_read(nmi_state)) {
		this_cpu_write(nmi_state, 2);
		return;
	}
	this_cpu_write(nmi_state, 1);
	this_cpu_add(__preempt_count, NMI_OFFSET);
	do {
		this_cpu_inc(irq_stat.nmi);
		if (unlikely(smp_is_stop_nmi()))
			stop_this_cpu(regs);
		if (!nmi_from_other_cpu(regs))
			default_do_nmi(regs);
		/* One instruction: what comes behind it finds 0, and is served by itself. */
		this_cpu_dec(nmi_state);
	} while (this_cpu_read(nmi_state));
	this_cpu_add(__preempt_count, -NMI_OFFSET);
	if (unlikely(read_cr2() != cr2))
		write_cr2(cr2);
}

/* The hardware found its own data wrong: says what the banks hold and stops. */
void do_machine_check(struct pt_regs *regs, long error_code)
{
	u64 cap = rdmsr(MSR_IA32_MCG_CAP), status = rdmsr(MSR_IA32_MCG_STATUS);

	this_cpu_add(__preempt_count, NMI_OFFSET);
	this_cpu_inc(irq_stat.mce);
	pr_emerg("machine check on CPU %d: status %llx, at %pS%s\n", smp_processor_id(), status,
		 (void *)regs->ip, status & MCG_STATUS_RIPV ? "" : " (or elsewhere)");
	for (unsigned int bank = 0; bank < (cap & 0xff); bank++) {
		u64 s = rdmsr(MSR_IA32_MC_STATUS(bank));

		if (!(s & MCI_STATUS_VAL))
			continue;
		pr_emerg("  bank %u: %016llx address %llx\n", bank, s,
			 s & MCI_STATUS_ADDRV ? rdmsr(MSR_IA32_MC_ADDR(bank)) : 0);
	}
	panic("machine check");
}
