/* SPDX-License-Identifier: MIT */
/*
 * tracefs: a root directory that is the sum of the tables that trace/ has registered.
 * `tables` grows at boot and is then only read. Linux's twin: fs/tracefs/inode.c. Left out:
 * instances/, the mount options uid, gid and mode (chmod and chown do the same).
 */
#include <vitrix/tracefs.h>
#include <linux/magic.h>

static struct tracefs_table *tables, **last_table = &tables;

void tracefs_register(struct tracefs_table *table)
{
	table->next = NULL;
	*last_table = table;
	last_table = &table->next;
}

static bool root_entry(void *data, unsigned int n, struct kernfs_entry *e)
{
	for (struct tracefs_table *t = tables; t; t = t->next)
		for (const struct kernfs_entry *f = t->files; f->name; f++)
			if (n-- == 0) {
				*e = *f;
				return true;
			}
	return false;
}

static const struct kernfs_dir root_dir = { .entry = root_entry };
static const struct kernfs_entry root = { .name = "/", .mode = 0700, .dir = &root_dir };

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
