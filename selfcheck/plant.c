/* SPDX-License-Identifier: MIT */
/*
 * /sys/kernel/debug/plant: planted bugs, to try the checks. Read, it tells their names, one a line
 * and behind it "fatal" if the kernel does not survive, "fail" if it shows only when allocations
 * fail, "race" if schedfuzz has to help, "leak" if it gives the user what is the kernel's. A name
 * that is written there is run at once by the writer, with no lock held.
 *
 * The table comes from the linker: <vitrix/selfcheck.h> has PLANT(). No locks. Linux's twin:
 * drivers/misc/lkdtm/core.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/debugfs.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <vitrix/seq_file.h>
#include <vitrix/string.h>
#include <vitrix/uio.h>

int plant_result;

static int show_plants(struct seq_file *m, void *v)
{
	for (const struct plant *p = __start_plants; p < __stop_plants; p++)
		seq_printf(m, "%s%s\n", p->name, p->how);
	return 0;
}

static int plant_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_plants, NULL);
}

static ssize_t plant_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	char name[64];
	ssize_t count = copy_text_from_iter(name, sizeof(name), from);

	if (count < 0)
		return count;
	for (const struct plant *p = __start_plants; p < __stop_plants; p++) {
		if (strcmp(p->name, strim(name)))
			continue;
		pr_info("plant: %s\n", p->name);
		plant_result = 0;
		p->run();
		return plant_result ? plant_result : count;
	}
	return -EINVAL;
}

static const struct file_operations plant_fops = {
	.open = plant_open,
	.read_iter = seq_read_iter,
	.write_iter = plant_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct kernfs_entry files[] = { { "plant", 0600, .fops = &plant_fops }, { } };
static struct kernfs_table table = { .files = files };

static int __init plant_init(void)
{
	debugfs_register(&table);
	return 0;
}
device_initcall(plant_init);
