/* SPDX-License-Identifier: MIT */
/*
 * Which locks CPUs wait for: for each class how often a CPU found a spinlock taken, and how many
 * turns of a waiting loop that cost. /sys/kernel/debug/lock_contention shows the classes that were
 * ever waited for, one a line:
 *
 *	name		times	turns
 *
 * A lock that is free costs nothing here: only who waits counts, each CPU for itself. The sums are
 * taken while others count on, so they are a little behind. Linux's twin: /proc/lock_stat
 * (kernel/locking/lockdep_proc.c), which Debian's kernels lack. Callers: the slow paths of
 * kernel/locking/. tools/bench-smp.py reads the file.
 */
#include <vitrix/spinlock.h>
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/percpu.h>
#include <vitrix/seq_file.h>

struct contention {
	unsigned long times, turns;
};
static DEFINE_PER_CPU(struct contention, contention[NR_LOCK_CLASSES]);

/* Preemption is off; an interrupt that waits, too, in the middle of this, is not always counted. */
void note_contention(u16 class, unsigned long turns)
{
	struct contention *c = this_cpu_ptr(&contention[class]);

	c->times++;
	c->turns += turns;
}

static int show_contention(struct seq_file *m, void *v)
{
	for (int class = 0; class < NR_LOCK_CLASSES; class++) {
		unsigned long times = 0, turns = 0;
		int cpu;

		for_each_possible_cpu(cpu) {
			times += READ_ONCE(per_cpu(contention[class], cpu).times);
			turns += READ_ONCE(per_cpu(contention[class], cpu).turns);
		}
		if (times)
			seq_printf(m, "%s\t%lu\t%lu\n", lock_class_names[class], times, turns);
	}
	return 0;
}

static int contention_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_contention, NULL);
}

static const struct file_operations contention_fops = {
	.open = contention_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = {
	{ "lock_contention", 0400, .fops = &contention_fops }, { }
};
static struct kernfs_table table = { .files = files };

static int __init contention_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(contention_init);
