/* SPDX-License-Identifier: MIT */
/*
 * What the tick (kernel/time/tick.c) tells the accounting of the scheduler.
 * kernel/sched/cputime.c, loadavg.c. All are called with interrupts off.
 */
#ifndef VITRIX_CPUTIME_H
#define VITRIX_CPUTIME_H

#include <vitrix/types.h>

/* A tick interrupted user mode, or the kernel. */
void account_process_tick(bool user, ktime_t now);
void account_cpu_online(ktime_t now);		/* an additional CPU begins */
void account_idle_enter(ktime_t now);
void account_idle_exit(ktime_t now);
void calc_global_load(unsigned long ticks);	/* ticks since the last call */

#endif
