/* SPDX-License-Identifier: MIT */
/*
 * tracefs: the file system on /sys/kernel/tracing. What is in it belongs to trace/; fs/tracefs/
 * knows only how to hang it up. Linux's twin: include/linux/tracefs.h.
 *
 *	static const struct kernfs_entry files[] = { { "tracing_on", 0640, .fops = ... }, { } };
 *	static struct kernfs_table table = { .files = files };
 *	tracefs_register(&table);
 */
#ifndef VITRIX_TRACEFS_H
#define VITRIX_TRACEFS_H

#include <vitrix/kernfs.h>

/* At boot, from initcalls. The table stays for ever. */
void tracefs_register(struct kernfs_table *table);

#endif
