/* SPDX-License-Identifier: MIT */
/*
 * What fork.c, mm_struct.c, signal_struct.c and signal_stop.c share: the steps of copy_process().
 */
#ifndef KERNEL_FORK_INTERNAL_H
#define KERNEL_FORK_INTERNAL_H

#include <vitrix/sched.h>

extern struct pid init_struct_pid;		/* init/init_task.c */

/* kernel/mm_struct.c: each gives p its piece or returns -ENOMEM, -EINTR with nothing to undo. */
int copy_mm(u64 flags, struct task_struct *p, bool kthread);
void mm_cache_init(void);

/* kernel/signal_struct.c */
int copy_sighand(u64 flags, struct task_struct *p);
int copy_signal(u64 flags, struct task_struct *p);
void free_signal_struct(struct signal_struct *sig);
void signal_cache_init(void);

/* kernel/signal_stop.c: a new thread stops with its group; siglock held */
void task_join_group_stop(struct task_struct *p);

/*
 * Does signal wait that task has not blocked, SIGKILL included? siglock held. kernel/signal_queue.c
 */
bool recalc_sigpending_tsk(struct task_struct *t);

static inline void task_lock(struct task_struct *p) { spin_lock(&p->alloc_lock); }
static inline void task_unlock(struct task_struct *p) { spin_unlock(&p->alloc_lock); }

#endif
