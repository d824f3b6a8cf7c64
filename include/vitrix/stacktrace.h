/* SPDX-License-Identifier: MIT */
/*
 * Where a task is inside the kernel, told from its stack: for /proc/PID/{stack,wchan} and for the
 * trace of switches. Linux's twin: include/linux/stacktrace.h, get_wchan() of kernel/sched/core.c.
 *
 * Nothing is recorded when a task goes to sleep: what it waits in is the innermost function on its
 * stack that is not __sched. So knowing it costs only those who ask.
 */
#ifndef VITRIX_STACKTRACE_H
#define VITRIX_STACKTRACE_H

#include <vitrix/types.h>

struct task_struct;

/*
 * Return addresses on @task's stack, innermost first, without those in __sched functions; how many,
 * @size at most. Takes no lock and allocates nothing: any context, the run queue's lock may be
 * held. The caller sees to it that the stack stays: @task is current, or has just been switched
 * from, or its siglock is held and its sighand is not NULL (lock_task_sighand()). Of a task that
 * runs on another CPU it tells rubbish; the walk ends all the same.
 */
unsigned int stack_trace_save_tsk(struct task_struct *task, unsigned long *store,
				  unsigned int size);

/*
 * The first of them: what @task waits in. The same rules. Of current while it is on its way to
 * sleep: what called schedule(), whatever schedule() has called by now; else 0, as for all that are
 * runnable.
 */
unsigned long get_wchan(struct task_struct *task);

/* Is it an address in a __sched function, one that only carries out what its caller waits for? */
bool in_sched_functions(unsigned long addr);

#endif
