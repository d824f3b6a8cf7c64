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

/* The dead have a stack until the next task on their CPU frees it, and nothing on it. */
static bool is_dead(const struct task_struct *task)
{
	return READ_ONCE(task->exit_state) || READ_ONCE(task->state) == TASK_DEAD;
}

/*
 * A task that says it sleeps may still be on its way off another CPU, with registers that are not
 * saved yet: gives it that moment, as Linux does. Not for ever: it may be woken and run on.
 */
static void let_it_leave(const struct task_struct *task)
{
	ktime_t end = ktime_get() + 10 * NSEC_PER_MSEC;

	while (READ_ONCE(task->state) != TASK_RUNNING && !is_dead(task) && task != current &&
	       task_is_running_on_cpu(task) && ktime_get() < end)
		cpu_relax();
}

/* Return addresses of a task, from the innermost; how many. None of one that runs elsewhere. */
static unsigned int get_stack(struct task_struct *task, unsigned long *addrs, unsigned int max)
{
	unsigned long flags;
	unsigned int n = 0;

	if (task == current)
		return stack_trace_save_tsk(task, addrs, max);
	let_it_leave(task);
	if (lock_task_sighand(task, &flags)) {
		if (!is_dead(task) && !task_is_running_on_cpu(task))
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

	let_it_leave(task);
	if (proc_may_access(task) && lock_task_sighand(task, &flags)) {
		unsigned long wchan = 0;

		if (task != current && !is_dead(task) && !task_is_running_on_cpu(task))
			wchan = get_wchan(task);
		unlock_task_sighand(task, &flags);
		name = wchan ? kallsyms_lookup(wchan, NULL, NULL) : NULL;
	}
	seq_puts(m, name ? name : "0");
	return 0;
}

/*
 * Root's alone: of whoever opened the file, so that a set-user-ID program that is handed the
 * descriptor reads no more than its user may.
 */
int proc_pid_stack(struct seq_file *m, struct task_struct *task)
{
	unsigned long addrs[MAX_FRAMES];
	char name[KSYM_SYMBOL_LEN];
	unsigned int n;

	if (!(m->file->f_cred->cap_effective & BIT(CAP_SYS_ADMIN)))
		return -EACCES;
	if (!proc_may_access(task))
		return -EPERM;
	n = get_stack(task, addrs, MAX_FRAMES);
	for (unsigned int i = 0; i < n; i++) {
		sprint_symbol(name, sizeof(name), addrs[i]);
		seq_printf(m, "[<0>] %s\n", name);
	}
	return 0;
}

struct syscall_info {
	bool compat;			/* by int $0x80 */
	struct pt_regs regs;
};

/*
 * false: it runs. Of a kernel thread all is 0, as on Linux; of the dead there is nothing to be
 * told. For a task outside of a system call orig_ax is -1: entry code sets it.
 */
static bool get_syscall(struct task_struct *task, struct syscall_info *info)
{
	unsigned long flags;
	bool known = true;

	memset(info, 0, sizeof(*info));
	info->regs.orig_ax = -1UL;
	if (task == current) {
		info->regs = *task_pt_regs(task);
		info->compat = task->thread.status & TS_COMPAT;
		return true;
	}
	let_it_leave(task);
	if (!lock_task_sighand(task, &flags))
		return true;
	if (is_dead(task)) {
		known = true;
	} else if (task_is_running_on_cpu(task) || READ_ONCE(task->state) == TASK_RUNNING) {
		known = false;
	} else if (task->flags & PF_KTHREAD) {
		info->regs.orig_ax = 0;
	} else {
		info->regs = *task_pt_regs(task);
		info->compat = task->thread.status & TS_COMPAT;
	}
	unlock_task_sighand(task, &flags);
	return known;
}

/* "running", or the call it is in: number, six arguments, sp, ip; number -1: it is in none. */
int proc_pid_syscall(struct seq_file *m, struct task_struct *task)
{
	struct syscall_info info;
	const struct pt_regs *r = &info.regs;

	if (!proc_may_access(task))
		return -EPERM;
	if (!get_syscall(task, &info)) {
		seq_puts(m, "running\n");
		return 0;
	}
	seq_printf(m, "%d", (int)r->orig_ax);
	if ((int)r->orig_ax < 0)
		;
	else if (info.compat)
		seq_printf(m, " 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x", (u32)r->bx, (u32)r->cx, (u32)r->dx,
			   (u32)r->si, (u32)r->di, (u32)r->bp);
	else
		seq_printf(m, " 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", r->di, r->si, r->dx, r->r10,
			   r->r8, r->r9);
	seq_printf(m, " 0x%lx 0x%lx\n", r->sp, r->ip);
	return 0;
}
