/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys: the kernel's adjustable variables, one file each (proc(5)). Other parts add integers
 * by proc_sysctl_int(); those with a form of their own (names, random numbers) are here.
 *
 * A variable is one machine word, read and written whole; its users read it with READ_ONCE(). What
 * is written behind the beginning of the file is taken and forgotten, but for names, which are
 * written from where the offset says: Linux's sysctl_writes_strict.
 * Linux's twins: fs/proc/proc_sysctl.c, kernel/sysctl.c. Left out: sysctl(2), which Linux dropped
 * too.
 */
#include <vitrix/kstrtox.h>
#include <vitrix/random.h>
#include <vitrix/cred.h>
#include <vitrix/utsname.h>
#include <vitrix/printk.h>
#include <vitrix/kallsyms.h>
#include <vitrix/sched_sysctl.h>
#include "internal.h"

struct sysctl {
	int (*show)(struct seq_file *m, struct sysctl *ctl);
	/* a number's text trimmed, not empty; NULL for both: read-only */
	int (*store)(struct sysctl *ctl, char *text);
	int (*store_name)(struct sysctl *ctl, char *text, loff_t pos);
	void *value;
	long min, max;
	void (*changed)(void);		/* NULL, or called after a write */
};

static int sysctl_show(struct seq_file *m, void *v)
{
	struct sysctl *ctl = m->private;

	return ctl->show(m, ctl);
}

static int sysctl_open(struct inode *inode, struct file *file)
{
	return single_open_pwrite(file, sysctl_show, inode->i_private);
}

static int store_text(struct sysctl *ctl, char *text, loff_t pos)
{
	if (ctl->store_name)
		return ctl->store_name(ctl, text, pos);
	text = strim(text);
	return pos || !*text ? 0 : ctl->store(ctl, text);
}

static ssize_t sysctl_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct sysctl *ctl = file_inode(file)->i_private;
	char buf[128];
	ssize_t count;
	int error;

	if (!ctl->store && !ctl->store_name)
		return -EPERM;
	count = copy_text_from_iter(buf, sizeof(buf), from);
	if (count <= 0)
		return count;
	error = store_text(ctl, buf, *pos);
	if (error)
		return error;
	*pos += count;
	return count;
}

static const struct file_operations sysctl_fops = {
	.open = sysctl_open,
	.read_iter = seq_read_iter,
	.write_iter = sysctl_write,
	.splice_read = generic_file_splice_read,
	.splice_write = sysctl_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- numbers */

static int show_int(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%d\n", READ_ONCE(*(int *)ctl->value));
	return 0;
}

static int store_int(struct sysctl *ctl, char *text)
{
	int value, error = kstrtoint(text, 0, &value);

	if (error)
		return -EINVAL;
	if (value < ctl->min || value > ctl->max)
		return -EINVAL;
	WRITE_ONCE(*(int *)ctl->value, value);
	if (ctl->changed)
		ctl->changed();
	return 0;
}

/* The two limits on real-time tasks: no more runtime than there is period. */
static int store_rt_limit(struct sysctl *ctl, char *text)
{
	int old = *(int *)ctl->value, error = store_int(ctl, text);

	if (error || sysctl_sched_rt_runtime_us <= sysctl_sched_rt_period_us)
		return error;
	WRITE_ONCE(*(int *)ctl->value, old);
	return -EINVAL;
}

static int show_ulong(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%lu\n", READ_ONCE(*(unsigned long *)ctl->value));
	return 0;
}

static int store_ulong(struct sysctl *ctl, char *text)
{
	unsigned long value;

	if (kstrtoul(text, 0, &value) || value < (unsigned long)ctl->min ||
	    value > (unsigned long)ctl->max)
		return -EINVAL;
	WRITE_ONCE(*(unsigned long *)ctl->value, value);
	return 0;
}

/* The number itself stands in min. */
static int show_constant(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%ld\n", ctl->min);
	return 0;
}

/* path is below /proc/sys: "vm/max_map_count". The value must stay. 0 or -errno. */
int proc_sysctl_int_hook(const char *path, umode_t mode, int *value, int min, int max,
			 void (*changed)(void))
{
	struct sysctl *ctl = kmalloc(sizeof(*ctl), GFP_KERNEL);
	char *full = kasprintf(GFP_KERNEL, "sys/%s", path);
	int error = -ENOMEM;

	if (ctl && full) {
		*ctl = (struct sysctl){ .show = show_int, .store = mode & 0222 ? store_int : NULL,
					.value = value, .min = min, .max = max,
					.changed = changed };
		error = proc_create(full, mode, &sysctl_fops, ctl);
	}
	kfree(full);
	if (error)
		kfree(ctl);
	return error;
}

int proc_sysctl_int(const char *path, umode_t mode, int *value, int min, int max)
{
	return proc_sysctl_int_hook(path, mode, value, min, max, NULL);
}

/* ---------------------------------------------------------------- names */

#define UTS_FIELD(f)	((void *)offsetof(struct new_utsname, f))

static int show_uts(struct seq_file *m, struct sysctl *ctl)
{
	struct new_utsname uts;

	uts_get(&uts);
	seq_printf(m, "%s\n", (char *)&uts + (unsigned long)ctl->value);
	return 0;
}

/* What stands before pos stays; the name ends with the text, or its line. */
static int store_uts(struct sysctl *ctl, char *text, loff_t pos)
{
	char name[sizeof(((struct new_utsname *)0)->nodename) + 128];
	struct new_utsname uts;

	uts_get(&uts);
	strscpy(name, (char *)&uts + (unsigned long)ctl->value, sizeof(name));
	if (pos > strlen(name))
		return 0;
	text[strcspn(text, "\n")] = 0;
	strscpy(name + pos, text, sizeof(name) - pos);
	uts_set_name(ctl->value == UTS_FIELD(domainname), name);
	return 0;
}

static int show_text(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%s\n", (const char *)ctl->value);
	return 0;
}

static int show_printk(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%d\t4\t1\t7\n", READ_ONCE(console_loglevel));
	return 0;
}

/* ---------------------------------------------------------------- files */

/* in use, free, limit */
static int show_file_nr(struct seq_file *m, struct sysctl *ctl)
{
	seq_printf(m, "%ld\t0\t%lu\n", get_nr_files(), READ_ONCE(files_stat_max));
	return 0;
}

/* ---------------------------------------------------------------- random */

/* RFC 4122: version 4, variant 1. */
static void make_uuid(u8 uuid[16])
{
	get_random_bytes(uuid, 16);
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static void print_uuid(struct seq_file *m, const u8 *uuid)
{
	for (int i = 0; i < 16; i++)
		seq_printf(m, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
	seq_putc(m, '\n');
}

static int show_uuid(struct seq_file *m, struct sysctl *ctl)
{
	u8 uuid[16];

	make_uuid(uuid);
	print_uuid(m, uuid);
	return 0;
}

static u8 boot_id[16];		/* written once, before anybody reads */

static int show_boot_id(struct seq_file *m, struct sysctl *ctl)
{
	print_uuid(m, boot_id);
	return 0;
}

/* ---------------------------------------------------------------- the table */

#define INT(var, lo, hi)	{ .show = show_int, .store = store_int, .value = &(var), \
				  .min = lo, .max = hi }
#define UTS(field)		{ .show = show_uts, .value = UTS_FIELD(field) }
#define CONSTANT(n)		{ .show = show_constant, .min = n }

static struct sysctl_file { const char *path; umode_t mode; struct sysctl ctl; } files[] = {
	{ "sys/kernel/ostype", 0444, UTS(sysname) },
	{ "sys/kernel/osrelease", 0444, UTS(release) },
	{ "sys/kernel/version", 0444, UTS(version) },
	{ "sys/kernel/hostname", 0644,
	  { .show = show_uts, .store_name = store_uts, .value = UTS_FIELD(nodename) } },
	{ "sys/kernel/domainname", 0644,
	  { .show = show_uts, .store_name = store_uts, .value = UTS_FIELD(domainname) } },
	{ "sys/kernel/pid_max", 0644, INT(pid_max, RESERVED_PIDS + 1, PID_MAX_LIMIT) },
	{ "sys/kernel/threads-max", 0644, INT(max_threads, 1, 0x7fffffff) },
	{ "sys/kernel/randomize_va_space", 0644, INT(randomize_va_space, 0, 2) },
	{ "sys/kernel/sched_rt_period_us", 0644,
	  { .show = show_int, .store = store_rt_limit, .value = &sysctl_sched_rt_period_us,
	    .min = 1, .max = 0x7fffffff } },
	{ "sys/kernel/sched_rt_runtime_us", 0644,
	  { .show = show_int, .store = store_rt_limit, .value = &sysctl_sched_rt_runtime_us,
	    .min = -1, .max = 0x7fffffff } },
	{ "sys/kernel/ngroups_max", 0444, CONSTANT(NGROUPS_MAX) },
	{ "sys/kernel/cap_last_cap", 0444, CONSTANT(CAP_LAST_CAP) },
	{ "sys/kernel/tainted", 0444, CONSTANT(0) },
	{ "sys/kernel/core_pattern", 0444, { .show = show_text, .value = "core" } },
	{ "sys/kernel/dmesg_restrict", 0644, INT(dmesg_restrict, 0, 1) },
	{ "sys/kernel/kptr_restrict", 0644, INT(kptr_restrict, 0, 2) },
	{ "sys/kernel/printk", 0444, { .show = show_printk } },
	{ "sys/kernel/random/boot_id", 0444, { .show = show_boot_id } },
	{ "sys/kernel/random/uuid", 0444, { .show = show_uuid } },
	{ "sys/kernel/random/entropy_avail", 0444, CONSTANT(256) },
	{ "sys/kernel/random/poolsize", 0444, CONSTANT(256) },
	{ "sys/vm/overcommit_memory", 0644, INT(sysctl_overcommit_memory, 0, 2) },
	{ "sys/vm/overcommit_ratio", 0644, INT(sysctl_overcommit_ratio, 0, 0x7fffffff) },
	{ "sys/vm/max_map_count", 0644, INT(sysctl_max_map_count, 0, 0x7fffffff) },
	{ "sys/vm/mmap_min_addr", 0444, CONSTANT(mmap_min_addr) },
	{ "sys/fs/file-max", 0644,
	  { .show = show_ulong, .store = store_ulong, .value = &files_stat_max,
	    .max = 0x7fffffffffffffffL } },
	{ "sys/fs/file-nr", 0444, { .show = show_file_nr } },
	{ "sys/fs/nr_open", 0644, INT(sysctl_nr_open, 64, 1 << 26) },
};

void __init proc_sys_init(void)
{
	make_uuid(boot_id);
	for (int i = 0; i < ARRAY_SIZE(files); i++)
		if (proc_create(files[i].path, files[i].mode, &sysctl_fops, &files[i].ctl))
			pr_err("proc: cannot create %s\n", files[i].path);
}
