/* SPDX-License-Identifier: MIT */
/*
 * Parser of cpio archives in the "newc" format (070701, 070702 with checksums), as an initramfs
 * is made of. Linux's twin: init/initramfs.c; the format: Linux's
 * Documentation/driver-api/early-userspace/buffer-format.rst, cpio(5).
 *
 * Pure: reads the buffer, calls back, allocates nothing. Never reads beyond @len whatever the
 * bytes say. Hard links, directories and what to do with them are the callback's business.
 */
#ifndef _VITRIX_CPIO_H
#define _VITRIX_CPIO_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

struct cpio_entry {
	const char *name;	/* in the buffer, NUL-terminated, not empty */
	u32 mode;		/* S_IF* and permissions */
	u32 uid, gid;
	u32 mtime;		/* seconds since 1970 */
	u32 nlink, ino;		/* equal dev and ino with nlink > 1: hard links */
	u32 rdev_major, rdev_minor;
	u32 dev_major, dev_minor;
	const void *data;	/* contents, or a symbolic link's target (no NUL) */
	size_t size;		/* of @data; for hard links, often 0 in all but the last */
};

struct cpio_ops {
	/* 0 to go on; an error ends the walk and is what cpio_walk returns. */
	int (*entry)(void *ctx, const struct cpio_entry *entry);

	/* May be NULL. One archive of several has ended: hard-link groups end with it. */
	void (*trailer)(void *ctx);
};

/*
 * Walks all archives that follow each other in @buf, with zero bytes between and after them.
 * Stops without error in front of anything that is neither (a compressed archive, say): the
 * caller looks at what is left. *@consumed (always set) is how far it got: the place of the
 * error, or of what is left. Returns 0, -EINVAL with the reason in *@error, or the callback's
 * error with *@error NULL.
 */
int cpio_walk(const void *buf, size_t len, const struct cpio_ops *ops, void *ctx,
	      size_t *consumed, const char **error);

#endif
