/* SPDX-License-Identifier: MIT */
/*
 * From path names to files, and what changes names. fs/namei*.c, fs/filename.c, fs/permission.c.
 * Linux's twin: include/linux/namei.h.
 */
#ifndef VITRIX_NAMEI_H
#define VITRIX_NAMEI_H

#include <vitrix/file.h>

#define LOOKUP_FOLLOW		0x0001
#define LOOKUP_DIRECTORY	0x0002
#define LOOKUP_EMPTY		0x4000
#define LOOKUP_OPEN		0x0100
#define LOOKUP_CREATE		0x0200
#define LOOKUP_EXCL		0x0400
#define LOOKUP_RENAME_TARGET	0x0800
#define LOOKUP_NO_SYMLINKS	0x010000
#define LOOKUP_NO_MAGICLINKS	0x020000
#define LOOKUP_NO_XDEV		0x040000
#define LOOKUP_BENEATH		0x080000
#define LOOKUP_IN_ROOT		0x100000

struct filename { const char *name; const char *uptr; atomic_t refcnt; char iname[]; };
/* copied from the user; ERR_PTR: -ENOENT for "", -ENAMETOOLONG, -EFAULT */
struct filename *getname(const char *uname);
struct filename *getname_flags(const char *uname, int flags);	/* LOOKUP_EMPTY allows "" */
struct filename *getname_kernel(const char *name);
void putname(struct filename *name);

int user_path_at(int dfd, const char *uname, unsigned int flags, struct path *path); /* LOOKUP_* */
/* consumes name */
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path,
		    const struct path *root);
int kern_path(const char *name, unsigned int flags, struct path *path);
/* parent locked, write wanted */
struct dentry *kern_path_create(const char *name, struct path *parent, unsigned int flags);
void done_path_create(struct path *parent, struct dentry *dentry);
struct open_flags { int open_flag; umode_t mode; int acc_mode; int lookup_flags; };
struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op);
long do_sys_openat(int dfd, const char *uname, int flags, umode_t mode);

#define MAY_EXEC	1
#define MAY_WRITE	2
#define MAY_READ	4
#define MAY_APPEND	8
#define MAY_ACCESS	0x10
#define MAY_OPEN	0x20
#define MAY_CHDIR	0x40
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask);
bool path_noexec(const struct path *path);
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
	       unsigned int flags);
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags);
int vfs_fstat(int fd, struct kstat *stat);
int vfs_statx(int dfd, const char *uname, int flags, struct kstat *stat, u32 request_mask);
int vfs_truncate(const struct path *path, loff_t length);
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *file);
int iterate_dir(struct file *file, struct dir_context *ctx);
/* i_private is the text */
const char *simple_get_link(struct dentry *dentry, struct inode *inode, void **to_free);
const char *vfs_get_link(struct dentry *dentry, void **to_free);
int readlink_copy(char *ubuf, int buflen, const char *link);

#endif
