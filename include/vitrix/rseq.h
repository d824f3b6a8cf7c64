/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences, rseq(2), towards the scheduler, signals and the way out of the kernel.
 * kernel/rseq.c says how they work; without a registered area each of these is one test.
 */
#ifndef VITRIX_RSEQ_H
#define VITRIX_RSEQ_H

#include <vitrix/sched.h>

struct ksignal;

/* TIF_NOTIFY_RESUME was set: user mode's ip may have to change. May sleep. */
void __rseq_handle_notify_resume(struct ksignal *ksig, struct pt_regs *regs);

/* The thread's sequence, if it is in one, shall begin again. Any context. */
static inline void rseq_set_notify_resume(struct task_struct *t)
{
	if (t->rseq)
		set_tsk_thread_flag(t, TIF_NOTIFY_RESUME);
}

/*
 * t loses the CPU in the kernel: in an interrupt or exception that came out of user mode? A system
 * call is no part of a sequence.
 */
static inline void rseq_sched_out(struct task_struct *t)
{
	if (t->rseq && (int)task_pt_regs(t)->orig_ax == -1)
		set_tsk_thread_flag(t, TIF_NOTIFY_RESUME);
}

static inline void rseq_handle_notify_resume(struct pt_regs *regs)
{
	if (current->rseq)
		__rseq_handle_notify_resume(NULL, regs);
}

void rseq_signal_deliver(struct ksignal *ksig, struct pt_regs *regs);

#endif
