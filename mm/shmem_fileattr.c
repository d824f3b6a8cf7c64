/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: the attributes of chattr(1) that its files can have. Linux's twin: mm/shmem.c. Called from
 * fs/fileattr.c, the inode's i_mutex held to set them.
 */
#include "shmem.h"
#include <vitrix/fileattr.h>

#define SHMEM_FL_INHERITED	(FS_NODUMP_FL | FS_NOATIME_FL)

int shmem_fileattr_get(struct dentry *dentry, struct fileattr *fa)
{
	fileattr_fill_flags(fa, inode_get_fileattr(dentry->d_inode));
	return 0;
}

int shmem_fileattr_set(struct dentry *dentry, const struct fileattr *fa)
{
	struct inode *inode = dentry->d_inode;

	if (fileattr_has_fsx(fa) || (fa->flags & ~FILEATTR_IN_I_FLAGS))
		return -EOPNOTSUPP;
	inode_set_fileattr(inode, fa->flags);
	inode->i_ctime = current_time(inode);
	return 0;
}

/* A new inode in that directory, which may be NULL. */
void shmem_inherit_fileattr(struct inode *inode, const struct inode *dir)
{
	if (dir)
		inode_set_fileattr(inode, inode_get_fileattr(dir) & SHMEM_FL_INHERITED);
}
