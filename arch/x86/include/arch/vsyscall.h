/* SPDX-License-Identifier: MIT */
/* The vsyscall page: arch/x86/entry/vsyscall.c. */
#ifndef ARCH_VSYSCALL_H
#define ARCH_VSYSCALL_H

#include <vitrix/types.h>

#define VSYSCALL_ADDR	0xffffffffff600000UL

struct pt_regs;
bool vsyscall_enabled(void);
bool emulate_vsyscall(struct pt_regs *regs, unsigned long address);

#endif
