/* SPDX-License-Identifier: MIT */
/*
 * debugfs: a root directory that is the sum of the tables that were registered. `tables` grows at
 * boot and is then only read. Linux's twin: fs/debugfs/inode.c. Left out: the mount options uid,
 * gid and mode (chmod and chown do the same), files that are made and removed later.
 */
#include <vitrix/debugfs.h>
#include <linux/magic.h>

static struct kernfs_table *tables;
static const struct kernfs_dir root_dir = { .tables = &tables };
static const struct kernfs_entry root = { .name = "/", .mode = 0700, .dir = &root_dir };

void debugfs_register(struct kernfs_table *table)
{
	kernfs_add_table(&tables, table);
}

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
