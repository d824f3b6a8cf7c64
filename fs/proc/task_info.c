/* SPDX-License-Identifier: MIT */
/*
 * The smaller files of /proc/PID: limits, io, comm, oom_*, sched*, personality, mounts.
 * Linux's twins: fs/proc/base.c, kernel/sched/debug.c.
 */
#include <vitrix/signal.h>
#include <vitrix/cred.h>
#include <vitrix/kstrtox.h>
#include <vitrix/rcu.h>
#include <vitrix/mount.h>
#include <vitrix/poll.h>
#include <linux/eventpoll.h>
#include "internal.h"

/* A number written by the user: "[blank]N[newline]". -EINVAL, -EFAULT. */
static int get_int(struct iov_iter *from, int *value)
{
	char buf[16];
	size_t n = min(iov_iter_count(from), sizeof(buf) - 1);

	if (copy_from_iter(buf, n, from) != n)
		return -EFAULT;
	buf[n] = '\0';
	return kstrtoint(strim(buf), 0, value);
}

/* ---------------------------------------------------------------- limits, io */

static const struct { const char *name, *unit; } limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", NULL },
	[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void show_limit(struct seq_file *m, unsigned long value)
{
	if (value == RLIM_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", value);
}

int proc_pid_limits(struct seq_file *m, struct task_struct *task)
{
	struct rlimit rlim[RLIM_NLIMITS];
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return 0;
	memcpy(rlim, task->signal->rlim, sizeof(rlim));
	unlock_task_sighand(task, &flags);
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", limit_names[i].name);
		show_limit(m, rlim[i].rlim_cur);
		show_limit(m, rlim[i].rlim_max);
		if (limit_names[i].unit)
			seq_printf(m, "%-10s", limit_names[i].unit);
		seq_putc(m, '\n');
	}
	return 0;
}

/* What read(2) and write(2) and kin moved; there is no accounting of what went to disks. */
int proc_pid_io(struct seq_file *m, struct task_struct *task)
{
	u64 rchar = 0, wchar = 0, syscr = 0, syscw = 0;
	struct task_struct *t;
	unsigned long flags;

	if (!proc_may_access(task))
		return -EACCES;
	if (lock_task_sighand(task, &flags)) {
		for_each_thread(task, t) {
			rchar += t->ioac.rchar;
			wchar += t->ioac.wchar;
			syscr += t->ioac.syscr;
			syscw += t->ioac.syscw;
		}
		unlock_task_sighand(task, &flags);
	}
	seq_printf(m, "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: %llu\n", rchar, wchar, syscr,
		   syscw);
	seq_puts(m, "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
	return 0;
}

/* ---------------------------------------------------------------- comm */

static int comm_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);
	char comm[16];

	if (!task)
		return -ESRCH;
	get_task_comm(comm, task);
	seq_printf(m, "%s\n", comm);
	put_task_struct(task);
	return 0;
}

static int comm_open(struct inode *inode, struct file *file)
{
	return single_open(file, comm_show, inode);
}

/* A process names its own threads only. */
static ssize_t comm_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from), n;
	struct task_struct *task;
	char buf[16] = "";
	ssize_t ret = count;

	n = min(count, sizeof(buf) - 1);
	if (copy_from_iter(buf, n, from) != n)
		return -EFAULT;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	if (same_thread_group(current, task))
		set_task_comm(task, buf);
	else
		ret = -EINVAL;
	put_task_struct(task);
	return ret;
}

const struct file_operations proc_comm_operations = {
	.open = comm_open,
	.read_iter = seq_read_iter,
	.write_iter = comm_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- the OOM killer's view */

/* 0 .. 2000; 0: never killed */
int proc_pid_oom_score(struct seq_file *m, struct task_struct *task)
{
	long badness = oom_badness(task), points = 0;

	if (badness > -0x7fffffffffffffffL)
		points = (1000 + badness * 1000 / (long)max(totalram_pages, 1UL)) * 2 / 3;
	seq_printf(m, "%ld\n", max(points, 0L));
	return 0;
}

static int oom_score_adj_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);

	if (!task)
		return -ESRCH;
	seq_printf(m, "%d\n", task->signal->oom_score_adj);
	put_task_struct(task);
	return 0;
}

static int oom_score_adj_open(struct inode *inode, struct file *file)
{
	return single_open_pwrite(file, oom_score_adj_show, inode);
}

static ssize_t oom_score_adj_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t count = iov_iter_count(from);
	bool privileged = capable(CAP_SYS_RESOURCE);
	struct task_struct *task;
	unsigned long flags;
	int adj, error = get_int(from, &adj);

	if (error)
		return error;
	if (adj < -1000 || adj > 1000)
		return -EINVAL;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	error = -ESRCH;
	if (lock_task_sighand(task, &flags)) {
		struct signal_struct *sig = task->signal;

		error = adj < sig->oom_score_adj_min && !privileged ? -EACCES : 0;
		if (!error) {
			sig->oom_score_adj = adj;
			if (privileged)
				sig->oom_score_adj_min = adj;
		}
		unlock_task_sighand(task, &flags);
	}
	put_task_struct(task);
	return error ? error : count;
}

const struct file_operations proc_oom_score_adj_operations = {
	.open = oom_score_adj_open,
	.read_iter = seq_read_iter,
	.write_iter = oom_score_adj_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- scheduling */

/* ns on the CPU, ns waited for it (not counted), times it got it */
int proc_pid_schedstat(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%llu 0 %lu\n", task_sched_runtime(task), task->nvcsw + task->nivcsw);
	return 0;
}

static void show_ms(struct seq_file *m, const char *name, u64 ns)
{
	seq_printf(m, "%-45s:%14llu.%06llu\n", name, ns / 1000000, ns % 1000000);
}

static void show_num(struct seq_file *m, const char *name, s64 n)
{
	seq_printf(m, "%-45s:%21lld\n", name, n);
}

static int sched_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);
	ktime_t before;

	if (!task)
		return -ESRCH;
	seq_printf(m, "%s (%d, #threads: %d)\n", task->comm, task->pid,
		   READ_ONCE(task->signal->nr_threads));
	seq_puts(m, "-------------------------------------------------------------------\n");
	show_ms(m, "se.exec_start", task->se.exec_start);
	show_ms(m, "se.vruntime", task->se.vruntime);
	show_ms(m, "se.sum_exec_runtime", task_sched_runtime(task));
	show_num(m, "se.nr_migrations", task->se.nr_migrations);
	show_num(m, "nr_switches", task->nvcsw + task->nivcsw);
	show_num(m, "nr_voluntary_switches", task->nvcsw);
	show_num(m, "nr_involuntary_switches", task->nivcsw);
	/* Linux counts weights in 1024ths. */
	show_num(m, "se.load.weight", task->se.weight << 10);
	show_num(m, "policy", task->policy);
	show_num(m, "prio", sched_prio_for_proc(task) + 100);
	/* What it costs to look at the clock. */
	before = ktime_get();
	show_num(m, "clock-delta", ktime_get() - before);
	show_num(m, "counter", task->se.counter);
	put_task_struct(task);
	return 0;
}

static int sched_open(struct inode *inode, struct file *file)
{
	return single_open(file, sched_show, inode);
}

/* A write, of anything, sets the schedstats to 0; there are none. */
static ssize_t sched_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));

	if (!task)
		return -ESRCH;
	put_task_struct(task);
	return iov_iter_count(from);
}

const struct file_operations proc_sched_operations = {
	.open = sched_open,
	.read_iter = seq_read_iter,
	.write_iter = sched_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- the rest */

int proc_pid_personality(struct seq_file *m, struct task_struct *task)
{
	if (!proc_may_access(task))
		return -EPERM;
	seq_printf(m, "%08lx\n", task->personality & 0xffffffff);
	return 0;
}

/* ---------------------------------------------------------------- mounts */

static int mounts_open(struct inode *inode, struct file *file)
{
	/* before the first look: a change between the two is told, not lost */
	file->f_version = READ_ONCE(mounts_event);
	return proc_pid_show_fops.open(inode, file);
}

/* Always readable; a change since the last look of this file is an exception, told once. */
static __poll_t mounts_poll(struct file *file, struct poll_table_struct *wait)
{
	u64 event;

	poll_wait(file, &mounts_wait, wait);
	event = READ_ONCE(mounts_event);
	if (file->f_version == event)
		return EPOLLIN | EPOLLRDNORM;
	file->f_version = event;
	return EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLPRI;
}

const struct file_operations proc_mounts_operations = {
	.open = mounts_open,
	.read_iter = seq_read_iter,
	.splice_read = generic_file_splice_read,
	.poll = mounts_poll,
	.llseek = seq_lseek,
	.release = single_release,
};

/* There is one tree of mounts, shown as the reader sees it. */
int proc_pid_mounts(struct seq_file *m, struct task_struct *task)
{
	return mounts_show(m, 0);
}

int proc_pid_mountinfo(struct seq_file *m, struct task_struct *task)
{
	return mounts_show(m, 1);
}
