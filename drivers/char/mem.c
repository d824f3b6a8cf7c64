/* SPDX-License-Identifier: MIT */
/*
 * The memory devices, major 1: null, zero, full, random, urandom, kmsg (null(4), zero(4), full(4)).
 * One driver owns all minors; opening replaces the file's operations by those of the minor. Linux's
 * twin: drivers/char/mem.c. Left out: mem and port, which would open the machine to user space.
 */
#include <vitrix/poll.h>
#include <vitrix/mm.h>
#include <vitrix/random.h>
#include <linux/major.h>
#include "kmsg.h"

#define ZERO_CHUNK	65536		/* between two looks at pending signals */

static loff_t null_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos = 0;
}

static ssize_t null_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	size_t n = from->count;

	from->count = 0;
	return n;
}

static ssize_t zero_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	ssize_t done = 0;

	while (iov_iter_count(to)) {
		size_t n = iov_iter_zero(min_t(size_t, iov_iter_count(to), ZERO_CHUNK), to);

		if (!n)
			return done ? done : -EFAULT;
		done += n;
		if (likely(!iov_iter_count(to)))
			break;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

/* mmap of /dev/zero: the old way to get anonymous memory. */
static int zero_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma);
	vma->vm_ops = NULL;
	return 0;
}

static ssize_t full_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	return -ENOSPC;
}

static const struct file_operations null_fops = {
	.llseek = null_llseek,
	.read_iter = null_read,
	.write_iter = null_write,
	.splice_write = null_write,
};

static const struct file_operations zero_fops = {
	.llseek = null_llseek,
	.read_iter = zero_read,
	.write_iter = null_write,
	.mmap = zero_mmap,
};

static const struct file_operations full_fops = {
	.llseek = null_llseek,
	.read_iter = zero_read,
	.write_iter = full_write,
};

static const struct memdev {
	const char *name;
	unsigned int minor;
	umode_t mode;
	const struct file_operations *fops;
} devices[] = {
	{ "null", 3, 0666, &null_fops },
	{ "zero", 5, 0666, &zero_fops },
	{ "full", 7, 0666, &full_fops },
	{ "random", 8, 0666, &random_fops },
	{ "urandom", 9, 0666, &random_fops },
	{ "kmsg", 11, 0644, &kmsg_fops },
};

static int memory_open(struct inode *inode, struct file *file)
{
	unsigned int minor = MINOR(inode->i_rdev);

	for (int i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].minor == minor) {
			file->f_op = devices[i].fops;
			return file->f_op->open ? file->f_op->open(inode, file) : 0;
		}
	return -ENXIO;
}

static const struct file_operations memory_fops = { .llseek = noop_llseek, .open = memory_open };

static int __init mem_init_devices(void)
{
	int error = register_chrdev_region_fops(MEM_MAJOR, 0, 256, "mem", &memory_fops);

	for (int i = 0; !error && i < ARRAY_SIZE(devices); i++)
		error = devtmpfs_create_node(devices[i].name, devices[i].mode,
					     MKDEV(MEM_MAJOR, devices[i].minor));
	return error;
}
device_initcall(mem_init_devices);
