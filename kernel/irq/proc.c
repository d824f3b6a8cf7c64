/* SPDX-License-Identifier: MIT */
/*
 * /proc/irq: to which CPUs interrupts go.
 *
 *	default_smp_affinity		of lines without one of their own, for the next driver
 *	N/smp_affinity			the CPUs that line N may go to: mask, and as a list
 *	N/smp_affinity_list
 *	N/effective_affinity		the one of them to which it goes; none: nobody uses it
 *	N/effective_affinity_list
 *	N/affinity_hint			no driver gives one
 *	N/node				0, the one that there is
 *	N/spurious			interrupts since the last look for a stuck line, and how
 *					many of them no handler recognised
 *
 * A write is answered with EIO if the line cannot move (the timer's, and all of the 8259), and with
 * EINVAL if none of the CPUs is online. Lines 0 to 15 have a directory from the start, others when
 * a driver asks for them. Locks: those of manage.c. Linux's twin: kernel/irq/proc.c. Left out: a
 * directory for each handler.
 */
#include <vitrix/cpumask.h>
#include <vitrix/err.h>
#include <vitrix/fs.h>
#include <vitrix/init.h>
#include <vitrix/printf.h>
#include <vitrix/proc_fs.h>
#include <vitrix/sched.h>
#include "internals.h"

#define NR_LEGACY_IRQS	16
#define MAX_TEXT	256

typedef int (*parse_fn)(const char *text, u64 *cpus);

static int irq_of(const struct seq_file *m)
{
	return (int)(long)m->private;
}

static int affinity_show(struct seq_file *m, void *v)
{
	seq_cpumask(m, READ_ONCE(irq_descs[irq_of(m)].affinity));
	return 0;
}

static int affinity_list_show(struct seq_file *m, void *v)
{
	seq_cpulist(m, READ_ONCE(irq_descs[irq_of(m)].affinity));
	return 0;
}

static u64 effective_cpus(int irq)
{
	int cpu = READ_ONCE(irq_descs[irq].cpu);

	return cpu >= 0 ? BIT(cpu) : 0;
}

static int effective_show(struct seq_file *m, void *v)
{
	seq_cpumask(m, effective_cpus(irq_of(m)));
	return 0;
}

static int effective_list_show(struct seq_file *m, void *v)
{
	seq_cpulist(m, effective_cpus(irq_of(m)));
	return 0;
}

static int hint_show(struct seq_file *m, void *v)
{
	seq_cpumask(m, 0);
	return 0;
}

static int node_show(struct seq_file *m, void *v)
{
	seq_puts(m, "0\n");
	return 0;
}

static int spurious_show(struct seq_file *m, void *v)
{
	const struct irq_desc *desc = &irq_descs[irq_of(m)];

	seq_printf(m, "count %u\nunhandled %u\nlast_unhandled %lu ms\n", READ_ONCE(desc->seen),
		   READ_ONCE(desc->unhandled), READ_ONCE(desc->last_unhandled) * (1000 / HZ));
	return 0;
}

static int default_show(struct seq_file *m, void *v)
{
	seq_cpumask(m, READ_ONCE(irq_default_affinity));
	return 0;
}

static ssize_t read_cpus(struct iov_iter *from, parse_fn parse, u64 *cpus)
{
	char text[MAX_TEXT];
	ssize_t count = copy_text_from_iter(text, sizeof(text), from);
	int err;

	if (count < 0)
		return count;
	err = parse(text, cpus);
	return err ? err : count;
}

static ssize_t write_affinity(struct file *file, struct iov_iter *from, parse_fn parse)
{
	int irq = (int)(long)file_inode(file)->i_private, err;
	ssize_t count;
	u64 cpus;

	if (!irq_can_set_affinity(irq))
		return -EIO;
	count = read_cpus(from, parse, &cpus);
	if (count < 0)
		return count;
	err = irq_set_affinity(irq, cpus);
	return err ? err : count;
}

static ssize_t affinity_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	return write_affinity(file, from, cpumask_parse);
}

static ssize_t affinity_list_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	return write_affinity(file, from, cpulist_parse);
}

static ssize_t default_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	u64 cpus;
	ssize_t count = read_cpus(from, cpumask_parse, &cpus);

	if (count < 0)
		return count;
	if (!(cpus & READ_ONCE(cpu_online_bits[0])))
		return -EINVAL;
	WRITE_ONCE(irq_default_affinity, cpus);
	return count;
}

static int affinity_open(struct inode *inode, struct file *file)
{
	return single_open(file, affinity_show, inode->i_private);
}

static int affinity_list_open(struct inode *inode, struct file *file)
{
	return single_open(file, affinity_list_show, inode->i_private);
}

static int default_open(struct inode *inode, struct file *file)
{
	return single_open(file, default_show, NULL);
}

#define FOPS(name)						\
	static const struct file_operations name##_fops = {	\
		.open = name##_open,				\
		.read_iter = seq_read_iter,			\
		.write_iter = name##_write,			\
		.splice_read = generic_file_splice_read,	\
		.splice_write = name##_write,			\
		.llseek = seq_lseek,				\
		.release = single_release,			\
	}
FOPS(affinity);
FOPS(affinity_list);
FOPS(default);

/* Of two who come at once the first makes it. */
void register_irq_proc(int irq)
{
	struct irq_desc *desc = &irq_descs[irq];
	void *data = (void *)(long)irq;
	static const struct {
		const char *name;
		int (*show)(struct seq_file *m, void *v);
	} shown[] = {
		{ "effective_affinity", effective_show },
		{ "effective_affinity_list", effective_list_show },
		{ "affinity_hint", hint_show },
		{ "node", node_show },
		{ "spurious", spurious_show },
	};
	char path[64];

	if (READ_ONCE(desc->in_proc))
		return;
	WRITE_ONCE(desc->in_proc, true);
	snprintf(path, sizeof(path), "irq/%d/smp_affinity", irq);
	proc_create(path, 0644, &affinity_fops, data);
	snprintf(path, sizeof(path), "irq/%d/smp_affinity_list", irq);
	proc_create(path, 0644, &affinity_list_fops, data);
	for (int n = 0; n < ARRAY_SIZE(shown); n++) {
		snprintf(path, sizeof(path), "irq/%d/%s", irq, shown[n].name);
		proc_create_single(path, 0444, shown[n].show, data);
	}
}

static int __init init_irq_proc(void)
{
	proc_create("irq/default_smp_affinity", 0644, &default_fops, NULL);
	for (int irq = 0; irq < NR_LEGACY_IRQS; irq++)
		if (irq_descs[irq].chip)
			register_irq_proc(irq);
	return 0;
}
device_initcall(init_irq_proc);
