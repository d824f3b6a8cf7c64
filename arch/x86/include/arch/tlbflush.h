/* SPDX-License-Identifier: MIT */
/*
 * Telling the CPUs that page tables changed. Each call flushes every CPU that may have the mm
 * loaded.
 * Linux's twin: arch/x86/mm/tlb.c.
 */
#ifndef ARCH_TLBFLUSH_H
#define ARCH_TLBFLUSH_H

#include <vitrix/jump_label.h>
#include <vitrix/percpu.h>
#include <vitrix/types.h>
#include <arch/page.h>

struct mm_struct;
struct task_struct;

static __always_inline void invlpg(unsigned long addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}
static inline unsigned long read_cr3(void)
{
	unsigned long v;

	__asm__ volatile("movq %%cr3,%0" : "=r"(v));
	return v;
}
static inline void write_cr3(unsigned long v)
{
	__asm__ volatile("movq %0,%%cr3" : : "r"(v) : "memory");
}

/*
 * freed_tables: tables are among what went, and CPUs that have mm only lazily must hear of it at
 * once, too. end 0: all of mm.
 */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			bool freed_tables);
static inline void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(mm, start, end, false);
}
static inline void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, 0, false);
}
void flush_tlb_page(struct mm_struct *mm, unsigned long addr);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
void flush_tlb_local_all(void);		/* this CPU's, global ones too */

/* What other CPUs are asked to do. mm NULL: kernel addresses; [start, end) bytes, end 0: all. */
struct flush_tlb_info {
	struct mm_struct *mm;
	unsigned long start, end;
	u64 tlb_gen;		/* PCIDs: what mm->tlb_gen became with this change */
	bool freed_tables;
};
/*
 * Set when more than one CPU runs: flush_tlb_func(info) on the CPUs of mask; returns when all did.
 */
extern void (*flush_tlb_others)(u64 mask, struct flush_tlb_info *info);
void flush_tlb_func(void *info);	/* interrupts off, on the CPU that was asked */

enum { TLB_BUSY, TLB_LAZY, TLB_STALE };	/* tlb.c has the picture */
DECLARE_PER_CPU(unsigned int, tlb_lazy);
DECLARE_STATIC_KEY_FALSE(tlb_lazy_key);		/* more than one CPU */

/* A kernel thread runs on the tables of the task before it; interrupts off. Twice is as once. */
static __always_inline void enter_lazy_tlb(void)
{
	if (static_branch_unlikely(&tlb_lazy_key) && this_cpu_read(tlb_lazy) == TLB_BUSY)
		this_cpu_write(tlb_lazy, TLB_LAZY);
}

/* ---- PCIDs: pcid.c ---- */

/* What the TLB knows under CR3's number is kept. Reads as 0. */
#define CR3_NOFLUSH	(1UL << 63)

DECLARE_STATIC_KEY_FALSE(pcid_key);
/* PTI: what makes the user's CR3 of the kernel's; entry/calling.h. */
DECLARE_PER_CPU(unsigned long, tlb_user_cr3_bits);

void switch_mm(struct mm_struct *prev, struct mm_struct *next);
void switch_mm_pcid(struct mm_struct *prev, struct mm_struct *next);
void leave_lazy_tlb(struct mm_struct *mm);
/*
 * Loads next's page tables on this CPU, for a task of next; interrupts off. prev: what is loaded.
 * Inline, as it costs threads of one mm nothing.
 */
static __always_inline void activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	if (prev == next) {
		if (static_branch_unlikely(&tlb_lazy_key))
			leave_lazy_tlb(next);
	} else if (static_branch_unlikely(&pcid_key)) {
		switch_mm_pcid(prev, next);
	} else {
		switch_mm(prev, next);
	}
}

void pcid_new_mm(struct mm_struct *mm);
static __always_inline void init_new_context(struct mm_struct *mm)
{
	if (static_branch_unlikely(&pcid_key))
		pcid_new_mm(mm);
}

#endif
