/* SPDX-License-Identifier: MIT */
/*
 * How the checks of the DEBUG build report. <vitrix/selfcheck.h> tells of it.
 *
 * A check may fail anywhere, with any lock held and with interrupts off; printing takes locks too.
 * So the checks are off on the CPU that reports, until it is done; the second CPU that reports at
 * the same time only has its lines mixed in.
 *
 * Callers: all checks. Any context but NMI. No locks. Linux's twins: the warn and taint half of
 * kernel/panic.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/atomic.h>
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/lockcheck.h>
#include <vitrix/preempt.h>
#include <vitrix/printf.h>
#include <vitrix/printk.h>
#include <vitrix/sched.h>
#include <vitrix/seq_file.h>
#include <vitrix/string.h>
#include <arch/irqflags.h>

static bool count_only;			/* selfcheck=count */
static bool going_down;			/* the first report ended the kernel */
static atomic_t nr_reports;
/* This CPU prints a report. Its own, with interrupts off. */
static DEFINE_PER_CPU(int, reporting);

static int __init selfcheck_setup(const char *value)
{
	count_only = !strcmp(value, "count");
	return count_only || !strcmp(value, "panic") ? 0 : -EINVAL;
}
__setup("selfcheck=", selfcheck_setup);

bool selfcheck_active(void)
{
	return !READ_ONCE(going_down) && !this_cpu_read(reporting);
}

void selfcheck_fatal(const char *fmt, ...)
{
	char text[200];
	va_list args;

	local_irq_disable();
	WRITE_ONCE(going_down, true);
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	panic("BUG: %s", text);
}

static void report(void (*more)(const void *arg), const void *arg, const char *fmt, va_list args)
{
	unsigned long flags = local_irq_save();
	char text[200];

	if (!selfcheck_active()) {
		local_irq_restore(flags);
		return;
	}
	this_cpu_inc(reporting);
	vscnprintf(text, sizeof(text), fmt, args);
	atomic_inc(&nr_reports);
	if (!count_only)
		WRITE_ONCE(going_down, true);
	if (count_only || more)
		pr_emerg("BUG: %s\n", text);
	if (more)
		more(arg);
	if (!count_only)
		panic("BUG: %s", text);
	pr_emerg("CPU %d, pid %d (%s), interrupts %s, preempt count %x\n", smp_processor_id(),
		 current->pid, current->comm, flags & X86_EFLAGS_IF_BIT ? "on" : "off",
		 preempt_count());
	show_held_locks(current);
	dump_stack();
	this_cpu_dec(reporting);
	local_irq_restore(flags);
}

void selfcheck_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(NULL, NULL, fmt, args);
	va_end(args);
}

void selfcheck_report_more(void (*more)(const void *arg), const void *arg, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(more, arg, fmt, args);
	va_end(args);
}

/* ---------------------------------------------------------------- /sys/kernel/debug/reports */

static int show_reports(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", atomic_read(&nr_reports));
	return 0;
}

static int reports_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_reports, NULL);
}

static const struct file_operations reports_fops = {
	.open = reports_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "reports", 0444, .fops = &reports_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init report_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(report_init);
