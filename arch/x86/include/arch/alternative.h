/* SPDX-License-Identifier: MIT */
/* Patching of the kernel's code at boot. arch/x86/kernel/alternative.c. */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

/* What an ALTERNATIVE of the entry code asks for: bits of alt_features. */
#define ALT_PTI		0	/* page tables of its own for user mode */
#define ALT_MITIGATIONS	1	/* mitigations=auto: against guesses of the CPU, at each entry */
#define ALT_PREEMPT	2	/* preempt=full */
#define ALT_SLOW_PATH	3	/* no system call takes the fast path */
#define ALT_FSGSBASE	4	/* user code has instructions for the bases of fs and gs */
#define ALT_PCID	5	/* CR3 has numbers of address spaces in it */

#ifndef __ASSEMBLER__
void apply_alternatives(void);
#endif

#endif
