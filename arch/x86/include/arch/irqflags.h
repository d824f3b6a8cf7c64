/* SPDX-License-Identifier: MIT */
/*
 * This CPU's interrupts: off, on, and as they were. Linux's twin: arch/x86/include/asm/irqflags.h.
 */
#ifndef ARCH_IRQFLAGS_H
#define ARCH_IRQFLAGS_H

#include <vitrix/compiler.h>

#define X86_EFLAGS_IF_BIT 0x200UL

static __always_inline unsigned long local_save_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=rm"(flags) : : "memory");
	return flags;
}

static __always_inline void local_irq_disable(void) { __asm__ volatile("cli" ::: "memory"); }
static __always_inline void local_irq_enable(void) { __asm__ volatile("sti" ::: "memory"); }
static __always_inline bool irqs_disabled(void)
{
	return !(local_save_flags() & X86_EFLAGS_IF_BIT);
}

static __always_inline unsigned long local_irq_save(void)
{
	unsigned long flags = local_save_flags();

	local_irq_disable();
	return flags;
}

static __always_inline void local_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF_BIT)
		local_irq_enable();
}

#endif
