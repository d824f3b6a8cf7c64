/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/status: the same as stat and more, for people (proc(5)). Linux's twin: fs/proc/array.c.
 * Each group of lines takes the lock that it needs for itself.
 */
#include <vitrix/signal.h>
#include <vitrix/cpumask.h>
#include <vitrix/cred.h>
#include <vitrix/rcu.h>
#include "internal.h"

/* comm, with what would break the line escaped. */
void proc_task_name(struct seq_file *m, struct task_struct *task)
{
	char comm[16];

	get_task_comm(comm, task);
	seq_escape(m, comm, "\n\\");
}

static const char *state_text(struct task_struct *task)
{
	switch (task_state_to_char(task)) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	case 't': return "t (tracing stop)";
	case 'X': return "X (dead)";
	case 'Z': return "Z (zombie)";
	default: return "I (idle)";
	}
}

static void show_ids(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	int umask = -1, ppid = 0, tracer = 0;
	unsigned int slots = 0;

	spin_lock(&task->alloc_lock);
	if (task->fs)
		umask = task->fs->umask;
	if (task->files) {
		rcu_read_lock();
		slots = rcu_dereference(task->files->fdt)->max_fds;
		rcu_read_unlock();
	}
	spin_unlock(&task->alloc_lock);
	spin_lock_irq(&tasklist_lock);
	if (task->thread_pid)
		ppid = task->real_parent->tgid;
	if (task->ptrace)
		tracer = task->parent->pid;
	spin_unlock_irq(&tasklist_lock);

	if (umask >= 0)
		seq_printf(m, "Umask:\t%04o\n", umask);
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   state_text(task), task->tgid, task->pid, ppid, tracer);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t",
		   cred->uid, cred->euid, cred->suid, cred->fsuid, cred->gid, cred->egid,
		   cred->sgid, cred->fsgid, slots);
	for (int i = 0; i < cred->group_info->ngroups; i++)
		seq_printf(m, "%u ", cred->group_info->gid[i]);
	seq_putc(m, '\n');
	put_cred(cred);
}

static void show_ns_ids(struct seq_file *m, struct task_struct *task)
{
	int pgid = 0, sid = 0;

	spin_lock_irq(&tasklist_lock);
	if (task->thread_pid) {
		pgid = pid_vnr(task_pgrp(task));
		sid = pid_vnr(task_session(task));
	}
	spin_unlock_irq(&tasklist_lock);
	seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task->tgid, task->pid,
		   pgid, sid);
}

static void kb(struct seq_file *m, const char *name, unsigned long kib)
{
	seq_printf(m, "%s:\t%8lu kB\n", name, kib);
}

static unsigned long counter_kb(const atomic_long_t *counter)
{
	long n = atomic_long_read(counter);

	return (n < 0 ? 0 : n) << (PAGE_SHIFT - 10);
}

static void show_mm(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long rss = mm_rss(mm), pages_to_kb = PAGE_SHIFT - 10, text, exec;

	text = PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK);
	exec = mm->exec_vm << PAGE_SHIFT;
	text = min(text, exec);
	kb(m, "VmPeak", mm->total_vm << pages_to_kb);
	kb(m, "VmSize", mm->total_vm << pages_to_kb);
	kb(m, "VmLck", mm->locked_vm << pages_to_kb);
	kb(m, "VmPin", 0);
	kb(m, "VmHWM", max(rss, mm->hiwater_rss) << pages_to_kb);
	kb(m, "VmRSS", rss << pages_to_kb);
	kb(m, "RssAnon", counter_kb(&mm->rss_anon));
	kb(m, "RssFile", counter_kb(&mm->rss_file));
	kb(m, "RssShmem", counter_kb(&mm->rss_shmem));
	kb(m, "VmData", mm->data_vm << pages_to_kb);
	kb(m, "VmStk", mm->stack_vm << pages_to_kb);
	kb(m, "VmExe", text >> 10);
	kb(m, "VmLib", (exec - text) >> 10);
	kb(m, "VmPTE", atomic_long_read(&mm->pgtables_bytes) >> 10);
	kb(m, "VmSwap", 0);
	kb(m, "HugetlbPages", 0);
	seq_puts(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void show_signals(struct seq_file *m, struct task_struct *task)
{
	u64 pending = 0, shared = 0, blocked = 0, ignored = 0, caught = 0;
	unsigned long flags, limit = 0;
	int threads = 0, queued = 0;

	if (lock_task_sighand(task, &flags)) {
		pending = task->pending.signal;
		shared = task->signal->shared_pending.signal;
		blocked = task->blocked;
		threads = task->signal->nr_threads;
		limit = task->signal->rlim[RLIMIT_SIGPENDING].rlim_cur;
		rcu_read_lock();
		queued = atomic_read(&__task_cred(task)->user->sigpending);
		rcu_read_unlock();
		for (int i = 0; i < 64; i++) {
			void *handler = task->sighand->action[i].handler;

			if (handler == SIG_IGN)
				ignored |= 1UL << i;
			else if (handler != SIG_DFL)
				caught |= 1UL << i;
		}
		unlock_task_sighand(task, &flags);
	}
	seq_printf(m, "Threads:\t%d\nSigQ:\t%d/%lu\n", threads, queued, limit);
	seq_printf(m, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n"
		   "SigIgn:\t%016llx\nSigCgt:\t%016llx\n",
		   pending, shared, blocked, ignored, caught);
}

static void show_caps(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);

	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n"
		   "CapBnd:\t%016llx\nCapAmb:\t%016llx\n",
		   cred->cap_inheritable, cred->cap_permitted, cred->cap_effective, cred->cap_bset,
		   cred->cap_ambient);
	put_cred(cred);
}

static void show_cpus(struct seq_file *m, struct task_struct *task)
{
	u64 mask = READ_ONCE(task->cpus_mask);

	seq_puts(m, "Cpus_allowed:\t");
	seq_cpumask(m, mask);
	seq_puts(m, "Cpus_allowed_list:\t");
	seq_cpulist(m, mask);
	seq_puts(m, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
}

int proc_pid_status(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	seq_puts(m, "Name:\t");
	proc_task_name(m, task);
	seq_putc(m, '\n');
	show_ids(m, task);
	show_ns_ids(m, task);
	if (mm) {
		show_mm(m, mm);
		mmput(mm);
	}
	show_signals(m, task);
	show_caps(m, task);
	seq_printf(m, "NoNewPrivs:\t%u\nSeccomp:\t0\nSeccomp_filters:\t0\n", task->no_new_privs);
	seq_puts(m, "Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunknown\n");
	show_cpus(m, task);
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		   READ_ONCE(task->nvcsw), READ_ONCE(task->nivcsw));
	return 0;
}
