/* SPDX-License-Identifier: MIT */
/* What is wrong with the CPU, and what is done about it. arch/x86/kernel/cpu/bugs.c. */
#ifndef ARCH_MITIGATIONS_H
#define ARCH_MITIGATIONS_H

#include <vitrix/types.h>
#include <arch/processor.h>

/* In the order of Linux's X86_BUG_*: so they stand in /proc/cpuinfo. */
enum x86_bug {
	X86_BUG_FXSAVE_LEAK, X86_BUG_SYSRET_SS_ATTRS, X86_BUG_NULL_SEG, X86_BUG_SWAPGS_FENCE,
	X86_BUG_AMD_E400, X86_BUG_MELTDOWN, X86_BUG_SPECTRE_V1, X86_BUG_SPECTRE_V2,
	X86_BUG_SPEC_STORE_BYPASS, X86_BUG_L1TF, X86_BUG_MDS, X86_BUG_SWAPGS,
	X86_BUG_ITLB_MULTIHIT, X86_BUG_SRBDS, X86_BUG_MMIO_STALE_DATA, X86_BUG_RETBLEED,
	X86_BUG_SMT_RSB, X86_BUG_GDS, X86_BUG_SRSO, NR_X86_BUGS
};
#define cpu_has_bug(b)	((boot_cpu_data.bugs >> (b)) & 1)

enum cpu_mitigations { MITIGATIONS_OFF, MITIGATIONS_AUTO };
extern enum cpu_mitigations cpu_mitigations;	/* constant after boot */

void mitigations_init(void);			/* the command line */
void cpu_find_bugs(void);			/* boot_cpu_data.bugs, of vendor, family, model */

struct seq_file;
void show_cpu_bugs(struct seq_file *m);
int show_vulnerability(struct seq_file *m, enum x86_bug bug);

#endif
