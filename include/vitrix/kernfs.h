/* SPDX-License-Identifier: MIT */
/*
 * Trees of files that the kernel describes and nobody stores: sysfs, tracefs. A directory is a
 * table, a function that tells its n'th entry, or both; inodes and dentries come with the first
 * look at a name, and go when memory is short. fs/kernfs/kernfs.c.
 *
 *	static const struct kernfs_entry files[] = {
 *		{ "state", 0444, .fops = &state_fops },
 *		{ "details", 0555, .dir = &(struct kernfs_dir){ .entry = nth_detail } },
 *		{ }
 *	};
 */
#ifndef VITRIX_KERNFS_H
#define VITRIX_KERNFS_H

#include <vitrix/fs.h>

struct kernfs_dir;

struct kernfs_entry {
	const char *name;		/* NULL: the end of a table */
	umode_t mode;			/* permissions */
	const struct file_operations *fops;
	const struct kernfs_dir *dir;	/* not NULL: a directory */
	/* i_private of a file, argument of a directory's function. NULL: the directory's own */
	void *data;
	char buf[40];			/* for a name that has to be made */
};

/* One of several tables of one directory, which is the sum of them. */
struct kernfs_table {
	const struct kernfs_entry *files;
	struct kernfs_table *next;
};

struct kernfs_dir {
	const struct kernfs_entry *table;
	struct kernfs_table **tables;	/* behind it, instead of entry(); only read after boot */
	/* The n'th of those that come after the table. The same n tells the same name for ever. */
	bool (*entry)(void *data, unsigned int n, struct kernfs_entry *e);
	/* By name, where going through entry() would take long. NULL: by going through */
	bool (*find)(void *data, const char *name, struct kernfs_entry *e, unsigned int *n);
};

/* Behind those that are there. At boot, one CPU at a time; the table stays for ever. */
void kernfs_add_table(struct kernfs_table **tables, struct kernfs_table *table);

#define KERNFS_MAX_ENTRIES 4094		/* in a directory: inode numbers have twelve bits a level */

/* For a ->fill_super of a type with `single`. file_size: what stat(2) says of each file. */
int kernfs_fill_super(struct super_block *sb, unsigned long magic, const struct kernfs_entry *root,
		      loff_t file_size);

/* A file's data as the entry said it. */
static inline void *kernfs_data(const struct file *file) { return file_inode(file)->i_private; }

#endif
