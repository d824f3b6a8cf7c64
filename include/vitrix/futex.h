/* SPDX-License-Identifier: MIT */
/* Futexes towards fork and exit. kernel/futex.c. */
#ifndef VITRIX_FUTEX_H
#define VITRIX_FUTEX_H

struct task_struct;
void futex_exit_release(struct task_struct *tsk);	/* robust list; may sleep */
/* CLONE_CHILD_CLEARTID; both shared and private waiters */
long do_futex_wake(unsigned int *uaddr, int nr);
void exit_robust_list(struct task_struct *tsk);

#endif
