/* SPDX-License-Identifier: MIT */
/*
 * Changing address spaces, and telling CPUs that page tables changed.
 * Linux's twin: arch/x86/mm/tlb.c.
 *
 * mm->cpu_bitmap says whose TLB may hold translations of mm: CPUs that have it loaded, also lazily
 * (a kernel thread keeps the tables of the task before it). The race between a CPU that loads an mm
 * and one that changes its tables is decided by two full barriers:
 *
 *	switch_mm()                        flush_tlb_*()
 *	  set own bit in cpu_bitmap          the caller has changed the tables
 *	  (locked instruction)               smp_mb()
 *	  load CR3                           read cpu_bitmap, ask those CPUs
 *	  ... walks see the change           ... or the bit was seen, and the CPU is asked
 *
 * Without PCIDs a load of CR3 drops everything that is not global, and user entries are never
 * global. Under PTI nothing is global, and each way out to user mode loads CR3: so the user's
 * tables need no flush of their own. The places to think about with PCIDs: load_pgd() and
 * flush_local().
 */
#include <vitrix/atomic.h>
#include <vitrix/bitops.h>
#include <vitrix/bug.h>
#include <vitrix/mm.h>
#include <arch/irqflags.h>
#include <arch/ldt.h>
#include <arch/processor.h>
#include <arch/tlbflush.h>

#define FLUSH_ALL_PAGES	33	/* from here on, dropping all is cheaper than page by page */

void (*flush_tlb_others)(u64 mask, struct flush_tlb_info *info);

static __always_inline void load_pgd(pgd_t *pgd)
{
	write_cr3(__pa(pgd));
}

void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	int cpu;

	if (prev == next)
		return;
	DEBUG_ASSERT(irqs_disabled());
	cpu = smp_processor_id();
	set_bit(cpu, (unsigned long *)&next->cpu_bitmap);	/* before the load: see above */
	load_pgd(next->pgd);
	if (static_branch_unlikely(&ldt_key) && (next->ldt || (prev && prev->ldt)))
		ldt_load(next);
	if (prev)
		clear_bit(cpu, (unsigned long *)&prev->cpu_bitmap);
}

/* Global entries too: SDM vol. 3, 4.10.4.1. */
void flush_tlb_local_all(void)
{
	unsigned long flags = local_irq_save(), cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	local_irq_restore(flags);
}

/* This CPU's translations of [start, end); end 0: of all of the loaded mm. */
static void flush_local(bool user, unsigned long start, unsigned long end)
{
	if (end && end - start <= FLUSH_ALL_PAGES * PAGE_SIZE) {
		for (unsigned long addr = start & PAGE_MASK; addr < end; addr += PAGE_SIZE)
			invlpg(addr);
	} else if (user) {
		write_cr3(read_cr3());
	} else {
		flush_tlb_local_all();
	}
}

void flush_tlb_func(void *data)
{
	struct flush_tlb_info *info = data;

	flush_local(info->mm != NULL, info->start, info->end);
}

static void flush_cpus(u64 mask, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	int cpu = smp_processor_id();
	struct flush_tlb_info info = { mm, start, end };

	if (mask & BIT(cpu))
		flush_local(mm != NULL, start, end);
	mask &= ~BIT(cpu);
	if (unlikely(mask)) {
		ASSERT(flush_tlb_others);
		flush_tlb_others(mask, &info);
	}
}

static void flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	preempt_disable();
	smp_mb();
	flush_cpus(READ_ONCE(mm->cpu_bitmap), mm, start, end);
	preempt_enable();
}

/* Any of these may wait for other CPUs: not with interrupts off. */
void flush_tlb_mm(struct mm_struct *mm)
{
	flush_mm(mm, 0, 0);
}

void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	flush_mm(mm, start, end);
}

/* The one that faults use: alone on its mm it costs little more than the invlpg. */
void flush_tlb_page(struct mm_struct *mm, unsigned long addr)
{
	u64 mask;

	preempt_disable();
	smp_mb();
	mask = READ_ONCE(mm->cpu_bitmap);
	if (likely(mask == BIT(smp_processor_id())))
		invlpg(addr);
	else if (mask)
		flush_cpus(mask, mm, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
	preempt_enable();
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	preempt_disable();
	smp_mb();
	/* The running CPU is in the mask before it counts as online, too. */
	flush_cpus(cpu_online_bits[0] | BIT(smp_processor_id()), NULL, start, end);
	preempt_enable();
}
