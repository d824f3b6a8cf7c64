/* SPDX-License-Identifier: MIT */
/*
 * Where a task is inside the kernel: wchan, stack, syscall. Linux's twins: fs/proc/base.c,
 * lib/syscall.c.
 *
 * The stack is another task's and may go with it, or run while it is read. siglock keeps it from
 * being freed (release_task() takes sighand away under that lock before it frees the stack);
 * reading it while it runs gives nonsense at worst: every address is checked to lie in the stack,
 * and what counts as code is looked up, not followed.
 */
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/kallsyms.h>
#include <arch/ptrace.h>
#include "internal.h"

#define MAX_FRAMES	48
/* __switch_to_asm pushed rbp and five more; thread.sp points to the last of them */
#define SWITCH_FRAME_RBP	5

/* siglock held. Return addresses of a task that does not run, from the innermost; how many. */
static int walk_stack(struct task_struct *task, unsigned long *addrs, int max)
{
	unsigned long begin = (unsigned long)task->stack, end = begin + THREAD_SIZE, bp, next;
	unsigned long sp = READ_ONCE(task->thread.sp);
	int n = 0;

	if (!begin || task == current || task_is_running_on_cpu(task) || !IS_ALIGNED(sp, 8) ||
	    sp < begin ||
	    sp > end - (SWITCH_FRAME_RBP + 2) * 8)
		return 0;
	bp = READ_ONCE(((unsigned long *)sp)[SWITCH_FRAME_RBP]);
	while (n < max && IS_ALIGNED(bp, 8) && bp >= begin && bp <= end - 16) {
		addrs[n] = READ_ONCE(((unsigned long *)bp)[1]);
		if (!kallsyms_lookup(addrs[n], NULL, NULL))
			break;
		n++;
		next = READ_ONCE(*(unsigned long *)bp);
		if (next <= bp)
			break;
		bp = next;
	}
	return n;
}

static int get_stack(struct task_struct *task, unsigned long *addrs, int max)
{
	unsigned long flags;
	int n = 0;

	if (lock_task_sighand(task, &flags)) {
		n = walk_stack(task, addrs, max);
		unlock_task_sighand(task, &flags);
	}
	return n;
}

/* The scheduler's own functions say nothing about what a task waits for. */
static bool is_sched_function(const char *name)
{
	static const char *const names[] = {
		"schedule", "context_switch", "__schedule", "schedule_timeout",
		"schedule_hrtimeout",
		"schedule_hrtimeout_clock", "mutex_lock_slow", "down_read", "down_write",
		"wait_for_completion", "io_schedule",
	};

	for (int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* The function in which it sleeps, without a newline; "0" if it does not, or one may not know. */
int proc_pid_wchan(struct seq_file *m, struct task_struct *task)
{
	unsigned long addrs[MAX_FRAMES];
	int n = 0;

	if (proc_may_access(task) && READ_ONCE(task->state) != TASK_RUNNING)
		n = get_stack(task, addrs, MAX_FRAMES);
	for (int i = 0; i < n; i++) {
		const char *name = kallsyms_lookup(addrs[i] - 1, NULL, NULL);

		if (name && !is_sched_function(name)) {
			seq_puts(m, name);
			return 0;
		}
	}
	seq_putc(m, '0');
	return 0;
}

/* Kernel addresses are root's to know. */
int proc_pid_stack(struct seq_file *m, struct task_struct *task)
{
	unsigned long addrs[MAX_FRAMES];
	char name[KSYM_SYMBOL_LEN];
	int n;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	n = get_stack(task, addrs, MAX_FRAMES);
	for (int i = 0; i < n; i++) {
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
