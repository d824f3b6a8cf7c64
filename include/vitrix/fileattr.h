/* SPDX-License-Identifier: MIT */
/*
 * Attributes of files, as chattr(1) sets them: fs/fileattr.c. Linux's twin:
 * include/linux/fileattr.h.
 */
#ifndef VITRIX_FILEATTR_H
#define VITRIX_FILEATTR_H

#include <vitrix/inode.h>
#include <linux/fs.h>

/* The same attributes in the words of both interfaces. */
struct fileattr {
	u32 flags;		/* FS_*_FL */
	struct fsxattr fsx;	/* FS_XFLAG_*, and numbers */
};

/* All others 0. */
void fileattr_fill_flags(struct fileattr *fa, u32 flags);
/* Is there something that FS_IOC_SETFLAGS could not ask for? */
bool fileattr_has_fsx(const struct fileattr *fa);

/* For file systems that keep attributes in i_flags: these four. i_mutex held to set. */
#define FILEATTR_IN_I_FLAGS (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)
u32 inode_get_fileattr(const struct inode *inode);
void inode_set_fileattr(struct inode *inode, u32 flags);

#endif
