/* SPDX-License-Identifier: MIT */
/*
 * Changing address spaces, and telling CPUs that page tables changed.
 * Linux's twin: arch/x86/mm/tlb.c.
 *
 * mm->cpu_bitmap says on which CPUs mm is loaded, also lazily (a kernel thread keeps the tables of
 * the task before it). The race between a CPU that loads an mm and one that changes its tables is
 * decided by two full barriers:
 *
 *	switch_mm()                        flush_tlb_*()
 *	  set own bit in cpu_bitmap          the caller has changed the tables
 *	  (locked instruction)               PCIDs: tlb_gen + 1 (locked); else smp_mb()
 *	  PCIDs: read tlb_gen                read cpu_bitmap, ask those CPUs
 *	  load CR3
 *	  ... the change is seen             ... or the bit was seen, and the CPU is asked
 *
 * Without PCIDs a load of CR3 drops everything that is not global, and user entries are never
 * global. Under PTI nothing is global, and each way out to user mode loads CR3: so the user's
 * tables need no flush of their own. With PCIDs a TLB keeps what it knows of an mm that is not
 * loaded, and nobody asks it: tlb_gen tells when it is loaded again (pcid.c).
 *
 * A CPU that has mm lazily uses none of its user addresses, so it need not be interrupted for each
 * change; one word of the CPU's says what it missed:
 *
 *	           enter_lazy_tlb()           flush_tlb_*(): no interrupt
 *	TLB_BUSY ------------------> TLB_LAZY -----------------> TLB_STALE
 *	   ^                             |                           |
 *	   +-----------------------------+                           |
 *	   +---------------------------------------------------------+
 *	     activate_mm() for a task of mm: out of TLB_STALE it flushes all
 *
 * Both ends change the word by a locked instruction: either the CPU sees TLB_STALE, or the one that
 * flushes sees TLB_BUSY and asks. Where page tables were freed a lazy CPU is asked too: a CPU may
 * walk them on its own account at any time.
 */
#include <vitrix/atomic.h>
#include <vitrix/bitops.h>
#include <vitrix/bug.h>
#include <vitrix/mm.h>
#include <arch/irqflags.h>
#include <arch/ldt.h>
#include <arch/processor.h>
#include <arch/tlbflush.h>
#include "mm_internal.h"

void (*flush_tlb_others)(u64 mask, struct flush_tlb_info *info);

DEFINE_STATIC_KEY_FALSE(tlb_lazy_key);
DEFINE_PER_CPU(unsigned int, tlb_lazy);

/* A task of mm, which is loaded, runs after a kernel thread. */
void leave_lazy_tlb(struct mm_struct *mm)
{
	if (this_cpu_read(tlb_lazy) == TLB_BUSY)
		return;
	if (xchg(this_cpu_ptr(&tlb_lazy), TLB_BUSY) == TLB_LAZY)
		return;
	if (static_branch_unlikely(&pcid_key))
		pcid_catch_up(mm);
	else
		write_cr3(read_cr3());
}

/* What is the same with PCIDs and without: before the load, and after it. */
static __always_inline void begin_load(struct mm_struct *next, int cpu)
{
	/* Before the bit: who changes next from then on must not take this CPU for lazy. */
	if (static_branch_unlikely(&tlb_lazy_key))
		this_cpu_write(tlb_lazy, TLB_BUSY);
	set_bit(cpu, (unsigned long *)&next->cpu_bitmap);	/* before the load: see above */
}

static __always_inline void end_load(struct mm_struct *prev, struct mm_struct *next, int cpu)
{
	if (static_branch_unlikely(&ldt_key) && (next->ldt || (prev && prev->ldt)))
		ldt_load(next);
	if (prev)
		clear_bit(cpu, (unsigned long *)&prev->cpu_bitmap);
}

/* Interrupts off; prev, which is loaded, is not next. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	int cpu = smp_processor_id();

	DEBUG_ASSERT(irqs_disabled());
	begin_load(next, cpu);
	write_cr3(__pa(next->pgd));
	end_load(prev, next, cpu);
}

void switch_mm_pcid(struct mm_struct *prev, struct mm_struct *next)
{
	int cpu = smp_processor_id();

	DEBUG_ASSERT(irqs_disabled());
	begin_load(next, cpu);
	pcid_load(next);
	end_load(prev, next, cpu);
}

/* Everything, in all PCIDs, global entries too: SDM vol. 3, 4.10.4.1. */
void flush_tlb_local_all(void)
{
	unsigned long flags = local_irq_save(), cr4 = read_cr4();

	if (cr4 & (X86_CR4_PGE | X86_CR4_PCIDE)) {
		write_cr4(cr4 ^ X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	local_irq_restore(flags);
}

static void invlpg_range(const struct flush_tlb_info *info)
{
	for (unsigned long at = info->start & PAGE_MASK; at < info->end; at += PAGE_SIZE)
		invlpg(at);
}

static void flush_local_kernel(const struct flush_tlb_info *info)
{
	if (!flush_by_page(info)) {
		flush_tlb_local_all();
		return;
	}
	invlpg_range(info);
	if (static_branch_unlikely(&pcid_key))
		pcid_forget_kernel();
}

/* On this CPU, which has info->mm loaded, or had when it was looked at. */
static void flush_local_user(const struct flush_tlb_info *info)
{
	unsigned long flags;

	if (static_branch_unlikely(&pcid_key)) {
		flags = local_irq_save();
		pcid_flush(info);
		local_irq_restore(flags);
	} else if (flush_by_page(info)) {
		invlpg_range(info);
	} else {
		write_cr3(read_cr3());
	}
}

void flush_tlb_func(void *data)
{
	struct flush_tlb_info *info = data;

	if (info->mm)
		flush_local_user(info);
	else
		flush_local_kernel(info);
}

/* Those of mask that are not lazy; the lazy ones will flush all when they are no longer. */
static u64 without_lazy_cpus(u64 mask)
{
	u64 busy = 0;

	for (; mask; mask &= mask - 1) {
		unsigned int *lazy = per_cpu_ptr(&tlb_lazy, __ffs(mask));

		if (READ_ONCE(*lazy) == TLB_BUSY || cmpxchg(lazy, TLB_LAZY, TLB_STALE) == TLB_BUSY)
			busy |= mask & -mask;
	}
	return busy;
}

static void flush_cpus(u64 mask, struct flush_tlb_info *info)
{
	int cpu = smp_processor_id();

	if (mask & BIT(cpu))
		flush_tlb_func(info);
	mask &= ~BIT(cpu);
	if (unlikely(mask) && info->mm && !info->freed_tables)
		mask = without_lazy_cpus(mask);
	if (unlikely(mask)) {
		ASSERT(flush_tlb_others);
		flush_tlb_others(mask, info);
	}
}

/* The tables have changed: from here on it is seen, or the CPU is in mm->cpu_bitmap. */
static __always_inline u64 note_change(struct mm_struct *mm)
{
	if (static_branch_unlikely(&pcid_key))
		return atomic_long_add_return(1, &mm->tlb_gen);
	smp_mb();
	return 0;
}

/* Any of these may wait for other CPUs: not with interrupts off. end 0: all of mm. */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			bool freed_tables)
{
	struct flush_tlb_info info = {
		.mm = mm, .start = start, .end = end, .freed_tables = freed_tables,
	};

	schedfuzz_gap();
	preempt_disable();
	info.tlb_gen = note_change(mm);
	schedfuzz_delay();
	flush_cpus(READ_ONCE(mm->cpu_bitmap), &info);
	preempt_enable();
}

/* The one that faults use: alone on its mm it costs little more than the invlpg. */
void flush_tlb_page(struct mm_struct *mm, unsigned long addr)
{
	schedfuzz_gap();
	if (!static_branch_unlikely(&pcid_key)) {
		preempt_disable();
		smp_mb();
		if (likely(READ_ONCE(mm->cpu_bitmap) == BIT(smp_processor_id()))) {
			invlpg(addr);
			preempt_enable();
			return;
		}
		preempt_enable();
	}
	addr &= PAGE_MASK;
	flush_tlb_mm_range(mm, addr, addr + PAGE_SIZE, false);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	struct flush_tlb_info info = { .start = start, .end = end };

	schedfuzz_gap();
	preempt_disable();
	smp_mb();
	/* The running CPU is in the mask before it counts as online, too. */
	flush_cpus(cpu_online_bits[0] | BIT(smp_processor_id()), &info);
	preempt_enable();
}
