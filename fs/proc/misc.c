/* SPDX-License-Identifier: MIT */
/*
 * The small fixed files of /proc, each a view of something that another part of the kernel owns:
 * version, cmdline, cpuinfo, devices, filesystems, interrupts, locks, partitions, swaps, mounts,
 * kallsyms. Linux's twins: fs/proc/{version,cmdline,cpuinfo,devices,interrupts,...}.c,
 * kernel/kallsyms.c.
 */
#include <vitrix/init.h>
#include <vitrix/irq.h>
#include <vitrix/cred.h>
#include <vitrix/kallsyms.h>
#include <vitrix/utsname.h>
#include "internal.h"

static int version_show(struct seq_file *m, void *v)
{
	seq_puts(m, linux_banner);
	return 0;
}

static int cmdline_show(struct seq_file *m, void *v)
{
	seq_puts(m, boot_command_line);
	seq_putc(m, '\n');
	return 0;
}

static int cpuinfo_seq_show(struct seq_file *m, void *v)
{
	show_cpuinfo(m);
	return 0;
}

static int devices_seq_show(struct seq_file *m, void *v)
{
	devices_show(m);
	return 0;
}

static int filesystems_seq_show(struct seq_file *m, void *v)
{
	return filesystems_show(m);
}

static int interrupts_seq_show(struct seq_file *m, void *v)
{
	show_interrupts(m);
	return 0;
}

static int locks_seq_show(struct seq_file *m, void *v)
{
	return locks_show(m);
}

/* There is neither: only the headings. */
static int partitions_show(struct seq_file *m, void *v)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	return 0;
}

static int swaps_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

/* ---------------------------------------------------------------- kallsyms */

/* Position n: symbol n - 1. The address of the pointer only says that there is one. */
static void *kallsyms_start(struct seq_file *m, loff_t *pos)
{
	return *pos < kallsyms_count() ? (void *)(*pos + 1) : NULL;
}

static void *kallsyms_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return kallsyms_start(m, pos);
}

static void kallsyms_stop(struct seq_file *m, void *v)
{
}

/* Addresses are for those who may read the log: the rest sees zeroes. */
static int kallsyms_show(struct seq_file *m, void *v)
{
	unsigned long addr;
	const char *name = kallsyms_nth((unsigned long)v - 1, &addr);

	if (name)
		seq_printf(m, "%016lx T %s\n", m->private ? addr : 0, name);
	return 0;
}

static const struct seq_operations kallsyms_seq_ops = {
	.start = kallsyms_start,
	.next = kallsyms_next,
	.stop = kallsyms_stop,
	.show = kallsyms_show,
};

static int kallsyms_open(struct inode *inode, struct file *file)
{
	int error = seq_open(file, &kallsyms_seq_ops);

	if (!error && (capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN)))
		((struct seq_file *)file->private_data)->private = file;
	return error;
}

static const struct file_operations kallsyms_fops = {
	.open = kallsyms_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = seq_release,
};

void __init proc_misc_init(void)
{
	static const struct {
		const char *name;
		int (*show)(struct seq_file *m, void *v);
	} files[] = {
		{ "version", version_show },
		{ "cmdline", cmdline_show },
		{ "cpuinfo", cpuinfo_seq_show },
		{ "devices", devices_seq_show },
		{ "filesystems", filesystems_seq_show },
		{ "interrupts", interrupts_seq_show },
		{ "locks", locks_seq_show },
		{ "partitions", partitions_show },
		{ "swaps", swaps_show },
	};

	for (int i = 0; i < ARRAY_SIZE(files); i++)
		proc_create_single(files[i].name, 0444, files[i].show, NULL);
	proc_symlink("mounts", "self/mounts");
	proc_create("kallsyms", 0444, &kallsyms_fops, NULL);
}
