/* SPDX-License-Identifier: MIT */
/* What the files of tmpfs share: mm/shmem.c, shmem_dir.c, shmem_super.c, memfd.c. */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "internal.h"

#define SHMEM_INLINE_LINK	64
#define BOGO_DIRENT_SIZE	20	/* what a name adds to a directory's st_size, as on Linux */

/* One mounted tmpfs. Limits of 0: none. */
struct shmem_sb_info {
	unsigned long max_blocks, max_inodes;	/* pages, inodes; s_umount to change */
	atomic_long_t used_blocks, used_inodes;
	umode_t mode;				/* of the root */
	uid_t uid;
	gid_t gid;
};

struct shmem_inode_info {
	struct inode vfs_inode;
	unsigned int seals;			/* F_SEAL_*: i_mutex and i_mmap_lock to set */
	/* pages that vm_enough_memory() granted at creation */
	long committed;
	char inline_link[SHMEM_INLINE_LINK];	/* a short symlink's text */
};

static inline struct shmem_inode_info *SHMEM_I(struct inode *inode)
{
	return container_of(inode, struct shmem_inode_info, vfs_inode);
}
static inline struct shmem_sb_info *SHMEM_SB(struct super_block *sb)
{
	return sb->s_fs_info;
}

extern const struct file_operations shmem_file_operations;
extern const struct inode_operations shmem_file_inode_operations, shmem_dir_inode_operations,
	shmem_symlink_inode_operations, shmem_special_inode_operations;
extern const struct address_space_operations shmem_aops;
extern const struct vm_operations_struct shmem_vm_ops;

/* A fresh inode of that kind; NULL: no memory, or no inodes left. dir NULL: it has no directory. */
struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev);
int shmem_reserve_inode(struct super_block *sb);
void shmem_unreserve_inode(struct super_block *sb);
/* All pages go: the inode dies. */
void shmem_drop_pages(struct inode *inode);
int shmem_setattr(struct dentry *dentry, struct iattr *attr);
/* mm/shmem_fileattr.c */
int shmem_fileattr_get(struct dentry *dentry, struct fileattr *fa);
int shmem_fileattr_set(struct dentry *dentry, const struct fileattr *fa);
void shmem_inherit_fileattr(struct inode *inode, const struct inode *dir);

#endif
