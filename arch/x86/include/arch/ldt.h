/* SPDX-License-Identifier: MIT */
/*
 * An address space's own segments: arch/x86/kernel/ldt.c. Linux's twin: part of
 * arch/x86/include/asm/mmu_context.h.
 */
#ifndef ARCH_LDT_H
#define ARCH_LDT_H

#include <vitrix/jump_label.h>
#include <vitrix/types.h>

struct ldt_struct;
struct mm_struct;

/* On from the first LDT of the system on; while it is off nobody need look for any. */
DECLARE_STATIC_KEY_FALSE(ldt_key);

/* fork: mm, which nobody knows yet, gets a copy of oldmm's. mmap_lock of oldmm; 0 or -ENOMEM. */
int ldt_dup(struct mm_struct *mm, struct mm_struct *oldmm);
/* mm, whose page tables no CPU has loaded any more, loses its. Any context. */
void ldt_destroy(struct mm_struct *mm);
/* This CPU has loaded mm's page tables: now its LDT. Interrupts off. */
void ldt_load(const struct mm_struct *mm);
/* A descriptor of mm's LDT, 0 if there is none of that number. May sleep. */
u64 ldt_entry(struct mm_struct *mm, unsigned int n);

#endif
