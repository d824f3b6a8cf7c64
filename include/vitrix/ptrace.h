/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) towards the rest of the kernel: who may look into whom, and the places where a traced
 * task stops. A task that nobody traces pays one test of task->ptrace at each.
 *
 *   kernel/ptrace.c       the tracer: attach, detach, resume, the requests
 *   kernel/ptrace_stop.c  the tracee: how it stops, and what it tells
 *   arch/x86/kernel/ptrace.c, step.c, debugreg.c   registers, single steps, breakpoints
 *
 * Linux's twin: include/linux/ptrace.h.
 */
#ifndef VITRIX_PTRACE_H
#define VITRIX_PTRACE_H

#include <vitrix/sched.h>
/* The user ABI's header has a struct of that name, too. */
#define pt_regs user_abi_pt_regs
#include <linux/ptrace.h>
#undef pt_regs

struct iovec;

/* task->ptrace: 0 for a task that is not traced; written under tasklist_lock */
#define PT_PTRACED		0x00000001
#define PT_OPT_SHIFT		3
#define PT_TRACESYSGOOD		(PTRACE_O_TRACESYSGOOD << PT_OPT_SHIFT)
#define PT_EVENT_FLAG(event)	(1U << (PT_OPT_SHIFT + (event)))
#define PT_SEIZED		0x00010000
#define PT_EXITKILL		(PTRACE_O_EXITKILL << PT_OPT_SHIFT)

/* Whose ids count: of a file access, as /proc's, or the real ones. */
#define PTRACE_MODE_FSCREDS	0x08
#define PTRACE_MODE_REALCREDS	0x10

/* ptrace(2), "Ptrace access mode checking": may current look into task? No spinlock held. */
bool ptrace_may_access(struct task_struct *task, unsigned int mode);
/* Could task's tracer do what a set-user-id program it traces gains? tasklist_lock or siglock. */
bool ptracer_capable(struct task_struct *task, int cap);

static inline bool ptrace_event_enabled(struct task_struct *task, int event)
{
	return task->ptrace & PT_EVENT_FLAG(event);
}
/* Its tracer is not one of its parent's threads. tasklist_lock. */
static inline bool ptrace_reparented(struct task_struct *task)
{
	return !same_thread_group(task->real_parent, task->parent);
}

/* ---- stops of current; interrupts on, no lock held, may sleep ---- */

/* Stops with exit_code as the status's upper part; returns the signal to go on with. */
int ptrace_notify(int exit_code, unsigned long message);
void __ptrace_event(int event, unsigned long message);
static inline void ptrace_event(int event, unsigned long message)
{
	if (unlikely(current->ptrace))
		__ptrace_event(event, message);
}
/* The entry and exit of a system call. The entry's is false if the call shall not be made. */
bool ptrace_report_syscall_entry(struct pt_regs *regs);
void ptrace_report_syscall_exit(struct pt_regs *regs, bool step);

/* ---- the family; tasklist_lock held ---- */

void ptrace_init_task(struct task_struct *child, bool traced);	/* and current's siglock */
void __ptrace_unlink(struct task_struct *child);
static inline void ptrace_unlink(struct task_struct *child)
{
	if (unlikely(child->ptrace))
		__ptrace_unlink(child);
}
/* tracer exits: its tracees are free; those that can be released come to the list dead. */
void exit_ptrace(struct task_struct *tracer, struct list_head *dead);

/* ---- the architecture's part ---- */

long arch_ptrace(struct task_struct *child, long request, unsigned long addr, unsigned long data);
/* The requests that all machines have. */
long ptrace_request(struct task_struct *child, long request, unsigned long addr,
		    unsigned long data);
long ptrace_regset(struct task_struct *child, long request, unsigned int type,
		   struct iovec *iov);
void ptrace_disable(struct task_struct *child);
void arch_ptrace_init_child(struct task_struct *child);
void user_enable_single_step(struct task_struct *child);
void user_enable_block_step(struct task_struct *child);
void user_disable_single_step(struct task_struct *child);
void user_single_step_report(struct pt_regs *regs);	/* SIGTRAP for current */
void ptrace_syscall_info(struct task_struct *child, struct ptrace_syscall_info *info);

#endif
