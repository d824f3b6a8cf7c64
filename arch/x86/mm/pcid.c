/* SPDX-License-Identifier: MIT */
/*
 * PCIDs: the TLB keeps what it knows of several address spaces, each under a number that stands in
 * the low bits of CR3, and to load another one drops nothing. Linux's twin: arch/x86/mm/tlb.c.
 *
 *	CR3   63 NOFLUSH | ... pgd ... | 12 user's pgd | 11 user's PCID | 10..0 ASID + 1
 *
 * asid.h says how an mm finds its ASID, and whether the TLB is behind. PCID 0 is what boot runs on,
 * before the first mm. Under PTI an ASID is two PCIDs, as the same address means one thing in the
 * kernel's tables and another in the user's. What each instruction reaches:
 *
 *	                          loaded PCID     the other half    other ASIDs    global entries
 *	invlpg                    the page        -                 -              the page
 *	CR3 without NOFLUSH       all             -                 -              -
 *	invpcid, one address      -               the page          -              -
 *	CR4.PGE turned            all             all               all            all
 *
 * So the user's half has a flush of its own: by invpcid, or by tlb_user_cr3_bits, which the way out
 * to user mode takes into CR3 (LOAD_USER_CR3 in entry/calling.h): without NOFLUSH in it the user's
 * half is dropped there, and the entry code puts NOFLUSH back.
 *
 * Without PTI what the kernel has is global, and invlpg reaches it. Under PTI nothing is global and
 * each ASID has its own idea of the kernel: who flushes some of that forgets the other ASIDs.
 *
 * All of it is off, and costs a nop here and there, where the CPU has no PCIDs or with `nopcid`.
 * `noinvpcid` does without that instruction. Everything runs with interrupts off on the CPU whose
 * TLB it is; NMIs flush nothing.
 */
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/mm.h>
#include <vitrix/sched.h>
#include <arch/irqflags.h>
#include <arch/processor.h>
#include <arch/tlbflush.h>
#include "asid.h"
#include "mm_internal.h"

DEFINE_STATIC_KEY_FALSE(pcid_key);
DEFINE_PER_CPU(unsigned long, tlb_user_cr3_bits) = PTI_USER_PGTABLE_MASK;
static DEFINE_PER_CPU(struct asids, asids) = { .loaded = ASID_NONE };

static atomic_long_t last_ctx_id;

/* Bit 11 is the user's half. */
static_assert(NR_ASIDS + 1 < PTI_USER_PCID_MASK, "PCIDs");

static unsigned long kernel_pcid(const struct asids *a)
{
	return a->loaded + 1;
}

static void invpcid_page(unsigned long pcid, unsigned long addr)
{
	struct { u64 pcid, addr; } desc = { pcid, addr };

	__asm__ volatile("invpcid %0, %1" : : "m"(desc), "r"(0UL) : "memory");
}

void pcid_new_mm(struct mm_struct *mm)
{
	mm->ctx_id = atomic_long_add_return(1, &last_ctx_id);
	atomic_long_set(&mm->tlb_gen, 1);
}

/* Its bit in cpu_bitmap is set: who changes tables from here on asks this CPU. */
void pcid_load(struct mm_struct *mm)
{
	struct asids *a = this_cpu_ptr(&asids);
	bool stale;

	if (a->loaded != ASID_NONE)
		a->slot[a->loaded].user_stale = !(this_cpu_read(tlb_user_cr3_bits) & CR3_NOFLUSH);
	stale = asid_load(a, mm->ctx_id, atomic_long_read(&mm->tlb_gen));
	if (pti_enabled)
		this_cpu_write(tlb_user_cr3_bits, PTI_USER_CR3_MASK |
			       (a->slot[a->loaded].user_stale ? 0 : CR3_NOFLUSH));
	write_cr3(__pa(mm->pgd) | kernel_pcid(a) | (stale ? 0 : CR3_NOFLUSH));
}

static void drop_user_half(void)
{
	this_cpu_write(tlb_user_cr3_bits, this_cpu_read(tlb_user_cr3_bits) & ~CR3_NOFLUSH);
}

static void flush_loaded_page(const struct asids *a, unsigned long addr)
{
	invlpg(addr);
	if (!pti_enabled || !(this_cpu_read(tlb_user_cr3_bits) & CR3_NOFLUSH))
		return;
	if (cpu_has(X86_FEATURE_INVPCID))
		invpcid_page(kernel_pcid(a) | PTI_USER_PCID_MASK, addr);
	else
		drop_user_half();
}

static void flush_loaded(void)
{
	write_cr3(read_cr3());		/* bit 63 reads as 0 */
	if (pti_enabled)
		drop_user_half();
}

void pcid_flush(const struct flush_tlb_info *info)
{
	struct asids *a = this_cpu_ptr(&asids);
	struct mm_struct *mm = info->mm;
	enum asid_flush what;

	DEBUG_ASSERT(irqs_disabled());
	what = asid_catch_up(a, mm->ctx_id, info->tlb_gen, atomic_long_read(&mm->tlb_gen));
	if (what == ASID_FLUSH_NOTHING)
		return;
	if (what == ASID_FLUSH_ALL || !flush_by_page(info)) {
		flush_loaded();
		return;
	}
	for (unsigned long at = info->start & PAGE_MASK; at < info->end; at += PAGE_SIZE)
		flush_loaded_page(a, at);
}

/* mm is loaded, and this CPU was not told of what happened to it. */
void pcid_catch_up(struct mm_struct *mm)
{
	struct flush_tlb_info all = { .mm = mm };

	pcid_flush(&all);
}

/* Kernel addresses were flushed by invlpg. */
void pcid_forget_kernel(void)
{
	unsigned long flags;

	if (!pti_enabled)
		return;
	flags = local_irq_save();
	asid_forget_others(this_cpu_ptr(&asids));
	local_irq_restore(flags);
}

/* Before there is a user mm: all CPUs run on PCID 0. */
static int __init pcid_init(void)
{
	ASSERT(current->active_mm == &init_mm);
	if (cpu_has(X86_FEATURE_PCID))
		static_key_inc(&pcid_key);
	return 0;
}
device_initcall(pcid_init);
