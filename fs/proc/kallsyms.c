/* SPDX-License-Identifier: MIT */
/*
 * /proc/kallsyms: the kernel's functions, "address type name" a line, in order of address.
 *
 * The type is nm's letter: T for a function that other files may call, t for one that they may not,
 * W and w for weak ones. Data has no lines (Linux: CONFIG_KALLSYMS_ALL). Who may not know where the
 * kernel lies sees zeroes: what counts is who opened the file, not who reads it. Constant data, no
 * locks. Linux's twin: kernel/kallsyms.c, kallsyms_show_value() of kernel/ksyms_common.c.
 */
#include <vitrix/init.h>
#include <vitrix/cred.h>
#include <vitrix/kallsyms.h>
#include "internal.h"

int kptr_restrict;

bool kallsyms_show_value(const struct cred *cred)
{
	return READ_ONCE(kptr_restrict) < 2 && (cred->cap_effective & BIT(CAP_SYSLOG));
}

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

static int kallsyms_show(struct seq_file *m, void *v)
{
	unsigned long addr;
	char type;
	const char *name = kallsyms_nth((unsigned long)v - 1, &addr, &type);

	if (name)
		seq_printf(m, "%016lx %c %s\n", m->private ? addr : 0, type, name);
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

	/* private is only ever compared with NULL. */
	if (!error && kallsyms_show_value(file->f_cred))
		((struct seq_file *)file->private_data)->private = file;
	return error;
}

static const struct file_operations kallsyms_fops = {
	.open = kallsyms_open,
	.read_iter = seq_read_iter,
	.write_iter = proc_no_transfer,
	.llseek = seq_lseek,
	.release = seq_release,
};

void __init proc_kallsyms_init(void)
{
	proc_create("kallsyms", 0444, &kallsyms_fops, NULL);
}
