/* SPDX-License-Identifier: MIT */
/*
 * The GDT's slots and selectors, with Linux's numbers: SYSRET wants user 32-bit code, user data and
 * user 64-bit code in a row (SDM vol. 3, 5.8.8).
 */
#ifndef ARCH_SEGMENT_H
#define ARCH_SEGMENT_H

#define GDT_ENTRY_KERNEL32_CS		1
#define GDT_ENTRY_KERNEL_CS		2
#define GDT_ENTRY_KERNEL_DS		3
#define GDT_ENTRY_DEFAULT_USER32_CS	4
#define GDT_ENTRY_DEFAULT_USER_DS	5
#define GDT_ENTRY_DEFAULT_USER_CS	6
#define GDT_ENTRY_TSS			8	/* two slots */
#define GDT_ENTRY_LDT			10	/* two slots: ldt.c */
#define GDT_ENTRY_TLS_MIN		12	/* each task's own: tls.c */
#define GDT_ENTRY_TLS_MAX		14
#define GDT_ENTRY_TLS_ENTRIES		3
#define GDT_ENTRY_CPUNODE		15
#define GDT_ENTRIES			16

#define SEGMENT_TI	4	/* in a selector: it names a slot of the LDT */
#define __KERNEL_CS	(GDT_ENTRY_KERNEL_CS * 8)
#define __KERNEL_DS	(GDT_ENTRY_KERNEL_DS * 8)
#define __USER32_CS	(GDT_ENTRY_DEFAULT_USER32_CS * 8 + 3)
#define __USER_DS	(GDT_ENTRY_DEFAULT_USER_DS * 8 + 3)
#define __USER_CS	(GDT_ENTRY_DEFAULT_USER_CS * 8 + 3)
#define __CPUNODE_SEG	(GDT_ENTRY_CPUNODE * 8 + 3)

/* Where %gs begins; while the kernel runs, its own: the per-CPU data. */
#define MSR_GS_BASE	0xc0000101

#endif
