/* SPDX-License-Identifier: MIT */
/*
 * debugfs: a root directory that is the sum of the tables that were registered. `tables` grows at
 * boot and is then only read. Linux's twin: fs/debugfs/inode.c. Left out: the mount options uid,
 * gid and mode (chmod and chown do the same), files that are made and removed later.
 */
#include <vitrix/debugfs.h>
#include <linux/magic.h>

static struct debugfs_table *tables, **last_table = &tables;

void debugfs_register(struct debugfs_table *table)
{
	table->next = NULL;
	*last_table = table;
	last_table = &table->next;
}

static bool root_entry(void *data, unsigned int n, struct kernfs_entry *e)
{
	for (struct debugfs_table *t = tables; t; t = t->next)
		for (const struct kernfs_entry *f = t->files; f->name; f++)
			if (n-- == 0) {
				*e = *f;
				return true;
			}
	return false;
}

static const struct kernfs_dir root_dir = { .entry = root_entry };
static const struct kernfs_entry root = { .name = "/", .mode = 0700, .dir = &root_dir };

static int debugfs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	return kernfs_fill_super(sb, DEBUGFS_MAGIC, &root, 0);
}

static struct file_system_type debugfs_type = {
	.name = "debugfs",
	.fill_super = debugfs_fill_super,
	.single = true,
};

static int __init debugfs_init(void)
{
	return register_filesystem(&debugfs_type);
}
device_initcall(debugfs_init);
