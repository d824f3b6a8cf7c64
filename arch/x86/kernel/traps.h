/* SPDX-License-Identifier: MIT */
/* Between traps.c and umip.c. */
#ifndef X86_KERNEL_TRAPS_H
#define X86_KERNEL_TRAPS_H

#include <arch/ptrace.h>
#include <vitrix/types.h>

void note_trap(int trapnr, long error_code);	/* for sigcontext */
bool fixup_umip_exception(struct pt_regs *regs);

#endif
