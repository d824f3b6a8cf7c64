/* SPDX-License-Identifier: MIT */
/*
 * Tasks and CPUs, told to the log: kernel/sched/debug.c. Linux's twin: include/linux/sched/debug.h.
 */
#ifndef VITRIX_SCHED_DEBUG_H
#define VITRIX_SCHED_DEBUG_H

#include <vitrix/types.h>

struct task_struct;

/*
 * State, pids, call chain, the lock that it waits for and its holder. tasklist_lock held, or p is
 * current.
 */
void sched_show_task(struct task_struct *p);
/* All tasks in one of these states; 0: all. Takes tasklist_lock. */
void show_state_filter(unsigned int states);

u64 cpu_nr_switches(int cpu);
bool cpu_has_work(int cpu);	/* runnable tasks; idle does not count */

#endif
