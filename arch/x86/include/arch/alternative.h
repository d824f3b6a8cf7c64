/* SPDX-License-Identifier: MIT */
/* Patching of the kernel's code at boot. arch/x86/kernel/alternative.c. */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

void apply_alternatives(void);

#endif
