/* SPDX-License-Identifier: MIT */
/* The vsyscall page: arch/x86/entry/vsyscall.c. */
#ifndef ARCH_VSYSCALL_H
#define ARCH_VSYSCALL_H

#include <vitrix/types.h>

#define VSYSCALL_ADDR	0xffffffffff600000UL

struct pt_regs;
struct mm_struct;
unsigned long vsyscall_vm_flags(void);
size_t read_vsyscall_page(struct mm_struct *mm, unsigned long address, void *buf, size_t len);
bool emulate_vsyscall(struct pt_regs *regs, unsigned long error_code, unsigned long address);

#endif
