/* SPDX-License-Identifier: MIT */
/*
 * tracefs: a root directory that is the sum of the tables that trace/ has registered.
 * `tables` grows at boot and is then only read. Linux's twin: fs/tracefs/inode.c. Left out:
 * instances/, the mount options uid, gid and mode (chmod and chown do the same).
 */
#include <vitrix/tracefs.h>
#include <linux/magic.h>

static struct kernfs_table *tables;
static const struct kernfs_dir root_dir = { .tables = &tables };
static const struct kernfs_entry root = { .name = "/", .mode = 0700, .dir = &root_dir };

void tracefs_register(struct kernfs_table *table)
{
	kernfs_add_table(&tables, table);
}

static int tracefs_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	return kernfs_fill_super(sb, TRACEFS_MAGIC, &root, 0);
}

static struct file_system_type tracefs_type = {
	.name = "tracefs",
	.fill_super = tracefs_fill_super,
	.single = true,
};

static int __init tracefs_init(void)
{
	return register_filesystem(&tracefs_type);
}
device_initcall(tracefs_init);
