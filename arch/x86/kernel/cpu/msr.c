/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers that may not be there: a #GP at the instruction lands, through the
 * exception table, behind it with -EIO. Any context after trap_init(). Linux's twin:
 * arch/x86/include/asm/msr.h.
 */
#include <vitrix/err.h>
#include <arch/processor.h>
#include <arch/uaccess.h>

int wrmsr_safe(u32 msr, u64 val)
{
	int err;

	__asm__ volatile("1: wrmsr\n xorl %0,%0\n2:\n"
			 " .pushsection .text.fixup,\"ax\"\n"
			 "3: movl %4,%0\n jmp 2b\n .popsection\n"
			 _ASM_EXTABLE(1b, 3b)
			 : "=&r"(err) : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32)), "i"(-EIO)
			 : "memory", "cc");
	return err;
}
