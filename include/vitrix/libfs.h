/* SPDX-License-Identifier: MIT */
/*
 * For simple file systems and for device drivers: ready-made operations, device numbers, nodes.
 * fs/libfs.c, fs/char_dev.c, fs/devtmpfs/.
 */
#ifndef VITRIX_LIBFS_H
#define VITRIX_LIBFS_H

#include <vitrix/file.h>

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_empty(struct dentry *dentry);
int simple_setattr(struct dentry *dentry, struct iattr *attr);
int dcache_dir_open(struct inode *inode, struct file *file);
int dcache_dir_close(struct inode *inode, struct file *file);
loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence);
/* stable while entries come and go */
int dcache_readdir(struct file *file, struct dir_context *ctx);
extern const struct file_operations simple_dir_operations;
extern const struct inode_operations simple_dir_inode_operations;
ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos, const void *from,
				size_t available);
/* pipefs, anon inodes: a bare root */
int init_pseudo_sb(struct super_block *sb, unsigned long magic);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync);

/* Devices: fs/char_dev.c, fs/devtmpfs/ */
/* Drivers own a range of minors. 0 or -EBUSY. */
int register_chrdev_region_fops(unsigned int major, unsigned int first_minor, unsigned int count,
				const char *name, const struct file_operations *fops);
int chrdev_open(struct inode *inode, struct file *file);
extern const struct file_operations def_chr_fops, def_blk_fops;
/* "tty0", "pts/0"; any time after vfs_caches_init */
int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev);
int devtmpfs_delete_node(const char *name);
void devices_show(struct seq_file *m);

#endif
