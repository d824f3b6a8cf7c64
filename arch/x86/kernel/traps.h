/* SPDX-License-Identifier: MIT */
/* Between traps.c, umip.c and espfix_64.c. */
#ifndef X86_KERNEL_TRAPS_H
#define X86_KERNEL_TRAPS_H

#include <arch/ptrace.h>
#include <vitrix/types.h>

void note_trap(int trapnr, long error_code);	/* for sigcontext */
bool fixup_umip_exception(struct pt_regs *regs);
bool fixup_espfix(struct pt_regs *regs);

#endif
