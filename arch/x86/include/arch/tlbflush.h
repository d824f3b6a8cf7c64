/* SPDX-License-Identifier: MIT */
/*
 * Telling the CPUs that page tables changed. Each call flushes every CPU that may have the mm
 * loaded.
 * Linux's twin: arch/x86/mm/tlb.c.
 */
#ifndef ARCH_TLBFLUSH_H
#define ARCH_TLBFLUSH_H

#include <vitrix/types.h>

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

void flush_tlb_mm(struct mm_struct *mm);
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_page(struct mm_struct *mm, unsigned long addr);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
void flush_tlb_local_all(void);		/* this CPU's, global ones too */

/* What other CPUs are asked to do. mm NULL: kernel addresses; [start, end) bytes, end 0: all. */
struct flush_tlb_info {
	struct mm_struct *mm;
	unsigned long start, end;
};
/*
 * Set when more than one CPU runs: flush_tlb_func(info) on the CPUs of mask; returns when all did.
 */
extern void (*flush_tlb_others)(u64 mask, struct flush_tlb_info *info);
void flush_tlb_func(void *info);	/* interrupts off, on the CPU that was asked */

/* Loads next's page tables on this CPU; interrupts off. prev == next: nothing. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);

#endif
