/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/stat and statm: numbers for ps and top, in the order of proc(5).
 *
 * What tasklist_lock and siglock protect is gathered first into a struct, then printed without
 * locks. Linux's twin: fs/proc/array.c.
 */
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/tty.h>
#include "internal.h"

struct task_facts {
	pid_t ppid, pgid, sid, tpgid;
	dev_t tty;
	int nr_threads, exit_code;
	u64 utime, stime, cutime, cstime;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt, rss_limit;
	u64 pending, blocked, ignored, caught;
};

/* siglock held */
static void gather_signals(struct task_facts *f, struct task_struct *task)
{
	f->pending = task->pending.signal;
	f->blocked = task->blocked;
	for (int i = 0; i < 64; i++) {
		void *handler = task->sighand->action[i].handler;

		if (handler == SIG_IGN)
			f->ignored |= 1UL << i;
		else if (handler != SIG_DFL)
			f->caught |= 1UL << i;
	}
}

/* tasklist_lock and siglock held */
static void gather_process(struct task_facts *f, struct task_struct *task, bool whole)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *t;

	if (sig->tty) {
		spin_lock(&sig->tty->ctrl_lock);
		f->tpgid = sig->tty->pgrp ? pid_vnr(sig->tty->pgrp) : -1;
		spin_unlock(&sig->tty->ctrl_lock);
		f->tty = tty_devnum(sig->tty);
	}
	f->nr_threads = sig->nr_threads;
	f->cmin_flt = sig->cmin_flt;
	f->cmaj_flt = sig->cmaj_flt;
	f->cutime = sig->cutime;
	f->cstime = sig->cstime;
	f->rss_limit = sig->rlim[RLIMIT_RSS].rlim_cur;
	f->ppid = task->real_parent->tgid;
	f->pgid = pid_vnr(task_pgrp(task));
	f->sid = pid_vnr(task_session(task));
	if (!whole)
		return;
	thread_group_cputime(task, &f->utime, &f->stime);
	f->min_flt = sig->min_flt;
	f->maj_flt = sig->maj_flt;
	for_each_thread(task, t) {
		f->min_flt += t->min_flt;
		f->maj_flt += t->maj_flt;
	}
}

static void gather(struct task_facts *f, struct task_struct *task, bool whole)
{
	unsigned long flags;

	*f = (struct task_facts){ .tpgid = -1 };
	spin_lock_irq(&tasklist_lock);
	if (lock_task_sighand(task, &flags)) {
		gather_signals(f, task);
		gather_process(f, task, whole);
		unlock_task_sighand(task, &flags);
	}
	f->exit_code = task->exit_code;
	spin_unlock_irq(&tasklist_lock);
	if (!whole) {
		task_cputime(task, &f->utime, &f->stime);
		f->min_flt = task->min_flt;
		f->maj_flt = task->maj_flt;
	}
}

/* The user's device number as stat(2) of 32 bits would tell it. */
static unsigned int tty_number(dev_t dev)
{
	return dev ? (unsigned int)new_encode_dev(dev) : 0;
}

static void show_memory(struct seq_file *m, struct mm_struct *mm)
{
	if (!mm) {
		seq_puts(m, "0 0 ");
		return;
	}
	seq_printf(m, "%lu %lu ", READ_ONCE(mm->total_vm) << PAGE_SHIFT, mm_rss(mm));
}

static void show_addresses(struct seq_file *m, struct mm_struct *mm)
{
	if (mm)
		seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu ", mm->start_data, mm->end_data,
			   mm->start_brk, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	else
		seq_puts(m, "0 0 0 0 0 0 0 ");
}

static int do_task_stat(struct seq_file *m, struct task_struct *task, bool whole)
{
	struct mm_struct *mm = get_task_mm(task), *seen;
	bool permitted = proc_may_access(task);
	char state = task_state_to_char(task);
	struct task_facts f;

	gather(&f, task, whole);
	seen = permitted ? mm : NULL;
	seq_printf(m, "%d (", task->pid);
	proc_task_name(m, task);
	/* 3 state .. 9 flags */
	seq_printf(m, ") %c %d %d %d %d %d %u ", state, f.ppid, f.pgid, f.sid,
		   (int)tty_number(f.tty),
		   f.tpgid, task->flags);
	/* 10 minflt .. 17 cstime */
	seq_printf(m, "%lu %lu %lu %lu %llu %llu %llu %llu ", f.min_flt, f.cmin_flt, f.maj_flt,
		   f.cmaj_flt, f.utime / NS_PER_TICK, f.stime / NS_PER_TICK, f.cutime / NS_PER_TICK,
		   f.cstime / NS_PER_TICK);
	/* 18 priority .. 22 starttime */
	seq_printf(m, "%d %d %d 0 %llu ", sched_prio_for_proc(task), task_nice(task), f.nr_threads,
		   task->start_boottime / NS_PER_TICK);
	/* 23 vsize, 24 rss, 25 rsslim */
	show_memory(m, mm);
	seq_printf(m, "%lu ", f.rss_limit);
	/* 26 startcode .. 30 eip */
	seq_printf(m, "%lu %lu %lu 0 0 ", seen ? seen->start_code : permitted ? 0 : 1,
		   seen ? seen->end_code : permitted ? 0 : 1, seen ? seen->start_stack : 0);
	/* 31 signal .. 34 sigcatch: the old ones, without real-time signals */
	seq_printf(m, "%lu %lu %lu %lu ", (unsigned long)f.pending & 0x7fffffff,
		   (unsigned long)f.blocked & 0x7fffffff, (unsigned long)f.ignored & 0x7fffffff,
		   (unsigned long)f.caught & 0x7fffffff);
	/* 35 wchan: only whether it sleeps; 36, 37 swap; 38 exit_signal .. 44 cguest_time */
	seq_printf(m, "%d 0 0 %d %d %d %u 0 0 0 ",
		   permitted && state != 'R' && (!whole || f.nr_threads < 2),
		   task->exit_signal, task->cpu, task->rt_priority, task->policy);
	/* 45 start_data .. 51 env_end, 52 exit_code */
	show_addresses(m, seen);
	seq_printf(m, "%d\n", permitted ? f.exit_code : 0);
	if (mm)
		mmput(mm);
	return 0;
}

int proc_tid_stat(struct seq_file *m, struct task_struct *task)
{
	return do_task_stat(m, task, false);
}

int proc_tgid_stat(struct seq_file *m, struct task_struct *task)
{
	return do_task_stat(m, task, true);
}

/* In pages: size resident shared text lib data dt */
int proc_pid_statm(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long text;
	long shared;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = atomic_long_read(&mm->rss_file) + atomic_long_read(&mm->rss_shmem);
	text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", READ_ONCE(mm->total_vm), mm_rss(mm),
		   (unsigned long)max(shared, 0L), text, mm->data_vm + mm->stack_vm);
	mmput(mm);
	return 0;
}
