/* SPDX-License-Identifier: MIT */
/*
 * Where a task is inside the kernel: wchan, stack, syscall. Linux's twins: fs/proc/base.c,
 * lib/syscall.c.
 *
 * The stack is another task's and may go with it, or run while it is read. siglock keeps it from
 * being freed (release_task() takes sighand away under that lock before it frees the stack);
 * reading it while it runs gives nonsense at worst: <vitrix/stacktrace.h>.
 */
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/kallsyms.h>
#include <vitrix/stacktrace.h>
#include <arch/ptrace.h>
#include "internal.h"

#define MAX_FRAMES	48

/* Return addresses of a task, from the innermost; how many. None of one that runs elsewhere. */
static unsigned int get_stack(struct task_struct *task, unsigned long *addrs, unsigned int max)
{
	unsigned long flags;
	unsigned int n = 0;

	if (task == current)
		return stack_trace_save_tsk(task, addrs, max);
	if (lock_task_sighand(task, &flags)) {
		n = stack_trace_save_tsk(task, addrs, max);
		unlock_task_sighand(task, &flags);
	}
	return n;
}

/* The function in which it sleeps, without a newline; "0" if it does not, or one may not know. */
int proc_pid_wchan(struct seq_file *m, struct task_struct *task)
{
	const char *name = NULL;
	unsigned long flags;

	if (proc_may_access(task) && lock_task_sighand(task, &flags)) {
		unsigned long wchan = get_wchan(task);

		unlock_task_sighand(task, &flags);
		name = wchan ? kallsyms_lookup(wchan, NULL, NULL) : NULL;
	}
	seq_puts(m, name ? name : "0");
	return 0;
}

/* Kernel addresses are root's to know. */
int proc_pid_stack(struct seq_file *m, struct task_struct *task)
{
	unsigned long addrs[MAX_FRAMES];
	char name[KSYM_SYMBOL_LEN];
	unsigned int n;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	n = get_stack(task, addrs, MAX_FRAMES);
	for (unsigned int i = 0; i < n; i++) {
		sprint_symbol(name, sizeof(name), addrs[i]);
		seq_printf(m, "[<0>] %s\n", name);
	}
	return 0;
}

/* "running", or the call it is in: number, six arguments, sp, ip; number -1: it is in none. */
int proc_pid_syscall(struct seq_file *m, struct task_struct *task)
{
	struct pt_regs regs = { 0 };
	unsigned long flags;
	bool known = false;

	if (!proc_may_access(task))
		return -EPERM;
	if (task != current && lock_task_sighand(task, &flags)) {
		if (task->stack && !task_is_running_on_cpu(task) &&
		    READ_ONCE(task->state) != TASK_RUNNING) {
			regs = *task_pt_regs(task);
			known = true;
		}
		unlock_task_sighand(task, &flags);
	}
	if (!known)
		seq_puts(m, "running\n");
	else if (!user_mode(&regs))
		seq_puts(m, "-1 0x0 0x0\n");	/* a kernel thread */
	else if ((long)regs.orig_ax < 0)
		seq_printf(m, "-1 0x%lx 0x%lx\n", regs.sp, regs.ip);
	else
		seq_printf(m, "%ld 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx\n",
			   (long)regs.orig_ax,
			   regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9, regs.sp, regs.ip);
	return 0;
}
