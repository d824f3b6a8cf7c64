/* SPDX-License-Identifier: MIT */
/*
 * Asking other CPUs to do something: kernel/smp.c. Linux's twin: include/linux/smp.h.
 */
#ifndef VITRIX_SMP_H
#define VITRIX_SMP_H

#include <vitrix/percpu.h>

/*
 * func(info) on the CPUs of mask that are online, in an interrupt, interrupts off; not on the
 * running one. wait: returns when all have done it. The caller has preemption off and, unless the
 * machine is stopping, interrupts on: two CPUs that ask each other with interrupts off would wait
 * for ever. func must not sleep, and takes no lock that is held here.
 */
void smp_call_function_many(u64 mask, void (*func)(void *info), void *info, bool wait);
/* The same on one CPU, which may be the running one. */
void smp_call_function_single(int cpu, void (*func)(void *info), void *info, bool wait);
/* On all that are online, the running one included; returns when all have done it. */
void on_each_cpu(void (*func)(void *info), void *info);

void smp_send_call_function(u64 mask);	/* the interrupt: arch/x86/kernel/smp.c */
/* Its handler; interrupts off. */
void smp_run_call_queue(void);

/*
 * The others stop for ever, interrupts off: before the machine ends. Any context. From then on
 * calls to other CPUs do nothing.
 */
void smp_send_stop(void);
extern bool smp_stopped;
/* This CPU stops by itself. regs are kept for panic() to print; NULL: there are none. */
struct pt_regs;
void stop_this_cpu(const struct pt_regs *regs) __noreturn;
bool cpu_has_stopped(int cpu);

void smp_init(void);		/* starts the others; process 1, before the first initcall */

#endif
