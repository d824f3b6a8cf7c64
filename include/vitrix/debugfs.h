/* SPDX-License-Identifier: MIT */
/*
 * debugfs: the file system on /sys/kernel/debug, for knobs and tables of the kernel's own makers.
 * What is in it belongs to who registers it. Linux's twin: include/linux/debugfs.h.
 *
 *	static const struct kernfs_entry files[] = { { "plant", 0600, .fops = ... }, { } };
 *	static struct kernfs_table table = { .files = files };
 *	debugfs_register(&table);
 */
#ifndef VITRIX_DEBUGFS_H
#define VITRIX_DEBUGFS_H

#include <vitrix/kernfs.h>

/* At boot, from initcalls. The table stays for ever. */
void debugfs_register(struct kernfs_table *table);

#endif
