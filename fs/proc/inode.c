/* SPDX-License-Identifier: MIT */
/*
 * procfs's inodes and its one super block. Linux's twin: fs/proc/inode.c. An inode is made by a
 * lookup and lives as long as its dentry; nothing is behind it but what it points to.
 */
#include <linux/magic.h>
#include "internal.h"

static struct kmem_cache *proc_inode_cachep;

static struct inode *proc_alloc_inode(struct super_block *sb)
{
	struct proc_inode *ei = kmem_cache_alloc(proc_inode_cachep, GFP_KERNEL);

	if (!ei)
		return NULL;
	ei->pid = NULL;
	ei->fd = 0;
	ei->entry = NULL;
	ei->pde = NULL;
	return &ei->vfs_inode;
}

static void proc_free_inode(struct inode *inode)
{
	kmem_cache_free(proc_inode_cachep, PROC_I(inode));
}

static void proc_evict_inode(struct inode *inode)
{
	put_pid(PROC_I(inode)->pid);
	PROC_I(inode)->pid = NULL;
}

static const struct super_operations proc_sops = {
	.alloc_inode = proc_alloc_inode,
	.free_inode = proc_free_inode,
	.evict_inode = proc_evict_inode,
	.statfs = simple_statfs,
};

/* chown and utimes of the inode in memory; a process's rights are not to be changed here. */
int proc_setattr(struct dentry *dentry, struct iattr *attr)
{
	int error;

	if ((attr->ia_valid & ATTR_MODE) && proc_pid(d_inode(dentry)))
		return -EPERM;
	error = setattr_prepare(dentry, attr);
	if (error)
		return error;
	setattr_copy(d_inode(dentry), attr);
	return 0;
}

int proc_fill_super(struct super_block *sb, const char *source, void *data, int silent)
{
	sb->s_magic = PROC_SUPER_MAGIC;
	sb->s_op = &proc_sops;
	sb->s_iflags |= SB_I_NOEXEC;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_root = d_make_root(proc_get_inode(sb, &proc_root));
	return sb->s_root ? 0 : -ENOMEM;
}

void __init proc_inode_cache_init(void)
{
	proc_inode_cachep = KMEM_CACHE(proc_inode, SLAB_PANIC);
}
