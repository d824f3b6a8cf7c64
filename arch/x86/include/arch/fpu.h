/* SPDX-License-Identifier: MIT */
/*
 * x87, SSE, AVX state: who owns the CPU's registers, where a task's copy lies, how it goes through
 * signals. arch/x86/kernel/fpu.c.
 */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <vitrix/sched.h>

/* Saves prev's registers, loads next's. Interrupts off. Kernel threads have no fpu (NULL). */
void switch_fpu(struct task_struct *prev, struct task_struct *next);
int fpu_clone(struct task_struct *dst, struct task_struct *src);	/* -ENOMEM */
void fpu_free(struct task_struct *tsk);
int fpu_reset_current(void);	/* exec: as after a reset; allocates for a former kernel thread */
/* Size of the area on a signal frame. */
unsigned int fpu_frame_size(void);
/* Writes current's state to a frame at buf (64-byte aligned user address): 0 or -EFAULT. */
int fpu_save_to_frame(void *buf);
/* Takes it back; NULL: reset. Bad contents: -EINVAL, and the state is reset. -EFAULT. */
int fpu_restore_from_frame(const void *buf);

#endif
