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
/* The same; patch, if any, may change the area in kernel memory before it is loaded. */
int fpu_restore_patched(const void *buf, void (*patch)(void *area, const void *arg),
			const void *arg);
/* The first size bytes of what fpu_save_to_frame() has just written. */
void fpu_saved_legacy(void *to, size_t size);
/* The x87's part of task's area, in memory if task is stopped: for the form that FSAVE has. */
#define FPU_X87_SIZE	160
int fpu_x87_get(struct task_struct *task, void *to);	/* 0 or -EINVAL */
int fpu_x87_patch(struct task_struct *task, void (*patch)(void *area, const void *arg),
		  const void *arg);
/*
 * The same for a 32-bit handler: in front of the area at fx stands what FSAVE would write, at
 * fsave. What the program changes there counts when it is taken back.
 */
#define FSAVE_SIZE	112
int fpu_save_to_frame32(void *fsave, void *fx);
int fpu_restore_from_frame32(const void *fsave);

/*
 * ptrace(2): the state of a task that does not run, its first size bytes; extended: all of it, else
 * the part that FXSAVE has. 0, -EFAULT, -EINVAL.
 */
unsigned int fpu_xstate_size(void);	/* 0: the CPU has no XSAVE */
long fpu_regset_get(struct task_struct *task, void *user, size_t size, bool extended);
long fpu_regset_set(struct task_struct *task, const void *user, size_t size, bool extended);

#endif
