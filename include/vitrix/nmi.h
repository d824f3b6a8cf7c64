/* SPDX-License-Identifier: MIT */
/*
 * Looking at other CPUs whatever they do: backtraces by NMI (arch/x86/kernel/apic/hw_nmi.c).
 * Linux's twin: include/linux/nmi.h.
 */
#ifndef VITRIX_NMI_H
#define VITRIX_NMI_H

#include <vitrix/types.h>

struct pt_regs;

/*
 * Prints what the CPUs of mask do: task, registers, call chain, in DEBUG the locks of the task. The
 * running one may be among them. Any context but NMI. A CPU that does not answer within ten seconds
 * is named. false, and nothing is printed: another CPU is at it.
 */
bool trigger_cpumask_backtrace(u64 mask);
void trigger_all_cpu_backtrace(void);
void trigger_allbutself_cpu_backtrace(void);

/* Keeps what this CPU does for others to print: it stops, or reports later. Any context. */
void save_cpu_backtrace(const struct pt_regs *regs);
/* Prints what was kept last on that CPU. false: nothing was. */
bool print_cpu_backtrace(int cpu);

/* The detectors' own NMI: that CPU calls watchdog_nmi(), and keeps what it does. */
void watchdog_send_nmi(int cpu);

/* From do_nmi(). true: it was asked for by another CPU. */
bool nmi_from_other_cpu(struct pt_regs *regs);

#endif
