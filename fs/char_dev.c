/* SPDX-License-Identifier: MIT */
/*
 * Character devices: from a device number to a driver's file operations.
 *
 *	node (i_rdev 1:3) --open--> def_chr_fops --chrdev_open()--> the driver's fops, its open()
 *
 * Drivers own ranges of minors and never give them back, so a range once found stays good: readers
 * go without a lock. Linux's twin: fs/char_dev.c. Left out: block devices (-ENXIO), modules.
 */
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include "internal.h"

struct chrdev_range {
	struct chrdev_range *next;
	unsigned int major, first, count;
	const char *name;
	const struct file_operations *fops;
};

#define CHRDEV_HASH 64
static struct chrdev_range *chrdevs[CHRDEV_HASH];	/* by major; chrdevs_lock to add */
static DEFINE_SPINLOCK(chrdevs_lock, LC_MISC_SPIN);

/* name must stay. 0, -EBUSY, -ENOMEM, -EINVAL. */
int register_chrdev_region_fops(unsigned int major, unsigned int first_minor, unsigned int count,
				const char *name, const struct file_operations *fops)
{
	struct chrdev_range *new, *r, **p;
	int error = 0;

	if (!count || major >= 4096 || first_minor + count > 1U << MINORBITS)
		return -EINVAL;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	*new = (struct chrdev_range){ .major = major, .first = first_minor, .count = count,
				      .name = name, .fops = fops };
	spin_lock(&chrdevs_lock);
	for (p = &chrdevs[major % CHRDEV_HASH]; (r = *p); p = &r->next)
		if (r->major == major && r->first < first_minor + count &&
		    first_minor < r->first + r->count)
			error = -EBUSY;
	if (!error)
		smp_store_release(p, new);
	spin_unlock(&chrdevs_lock);
	if (error)
		kfree(new);
	return error;
}

static const struct file_operations *find_chrdev(dev_t dev)
{
	unsigned int major = MAJOR(dev), minor = MINOR(dev);
	struct chrdev_range *r = smp_load_acquire(&chrdevs[major % CHRDEV_HASH]);

	for (; r; r = smp_load_acquire(&r->next))
		if (r->major == major && minor - r->first < r->count)
			return r->fops;
	return NULL;
}

/* From here on the file is the driver's. -ENXIO: there is none. */
int chrdev_open(struct inode *inode, struct file *file)
{
	const struct file_operations *fops = find_chrdev(inode->i_rdev);

	if (!fops)
		return -ENXIO;
	file->f_op = fops;
	return fops->open ? fops->open(inode, file) : 0;
}

static int blkdev_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

const struct file_operations def_chr_fops = { .open = chrdev_open, .llseek = noop_llseek };
const struct file_operations def_blk_fops = { .open = blkdev_open };

/* /proc/devices. One line a major number and name. */
void devices_show(struct seq_file *m)
{
	seq_puts(m, "Character devices:\n");
	for (unsigned int major = 0; major < 4096; major++) {
		const char *last = NULL;
		struct chrdev_range *r;

		for (r = chrdevs[major % CHRDEV_HASH]; r; r = r->next) {
			if (r->major != major || (last && !strcmp(last, r->name)))
				continue;
			seq_printf(m, "%3u %s\n", major, r->name);
			last = r->name;
		}
	}
	seq_puts(m, "\nBlock devices:\n");
}
