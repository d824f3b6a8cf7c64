/* SPDX-License-Identifier: MIT */
/*
 * The small fixed files of /proc, each a view of something that another part of the kernel owns:
 * version, cmdline, cpuinfo, devices, filesystems, interrupts, locks, partitions, swaps, mounts.
 * Linux's twins: fs/proc/{version,cmdline,cpuinfo,devices,interrupts,...}.c.
 */
#include <vitrix/init.h>
#include <vitrix/irq.h>
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
}
