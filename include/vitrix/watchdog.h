/* SPDX-License-Identifier: MIT */
/*
 * The detectors of CPUs and tasks that do not go on: kernel/watchdog.c, kernel/hung_task.c. Linux's
 * twin: include/linux/nmi.h, sched/sysctl.h.
 */
#ifndef VITRIX_WATCHDOG_H
#define VITRIX_WATCHDOG_H

#include <vitrix/ktime.h>

struct pt_regs;

/* From each tick. Interrupts off. */
void watchdog_tick(struct pt_regs *regs);
/* This CPU halts, without a tick: when it has to look after others that run; KTIME_MAX: never. */
ktime_t watchdog_idle_deadline(void);
/* Another CPU's question, in the NMI: a sign of life with interrupts off, if no tick came since. */
void watchdog_nmi(struct pt_regs *regs);

extern int watchdog_thresh;		/* seconds; 0: off */
extern int softlockup_panic, hardlockup_panic;

extern int hung_task_timeout_secs;	/* 0: off */
extern int hung_task_panic;
void hung_task_restart(void);		/* the timeout has changed */

#endif
