/* SPDX-License-Identifier: MIT */
/*
 * Open files and their operations. fs/file_table.c, fs/open.c, fs/read_write.c.
 * Linux's twin: include/linux/fs.h, file.h.
 */
#ifndef VITRIX_FILE_H
#define VITRIX_FILE_H

#include <vitrix/mount.h>

struct dir_context; struct splice_pages;
/* name need not be NUL-terminated. false: no room, stop. */
typedef bool (*filldir_t)(struct dir_context *ctx, const char *name, int namelen, loff_t offset,
			  u64 ino, unsigned int type);
struct dir_context { filldir_t actor; loff_t pos; };
static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

struct file_operations {
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);	/* NULL: -ESPIPE */
	ssize_t (*read_iter)(struct file *file, struct iov_iter *to, loff_t *pos);
	ssize_t (*write_iter)(struct file *file, struct iov_iter *from, loff_t *pos);
	int (*iterate)(struct file *file, struct dir_context *ctx);	/* i_mutex held */
	/* NULL: always ready */
	__poll_t (*poll)(struct file *file, struct poll_table_struct *wait);
	/* NULL: -ENOTTY */
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);	/* NULL: -ENODEV */
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file);		/* each close() */
	int (*release)(struct inode *inode, struct file *file);	/* last reference */
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync); /* NULL: -EINVAL */
	int (*fasync)(int fd, struct file *file, int on);
	/* NULL: -EOPNOTSUPP */
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	unsigned long (*get_unmapped_area)(struct file *file, unsigned long addr, unsigned long len,
					   unsigned long pgoff, unsigned long flags);
	void (*show_fdinfo)(struct seq_file *m, struct file *file);
	/* Into fresh pages (splice.h): bytes or -errno. NULL: cannot be spliced from, -EINVAL */
	ssize_t (*splice_read)(struct file *file, loff_t *pos, struct splice_pages *sp, size_t len,
			       unsigned int flags);
	/* As write_iter, with a pipe's mutex held. NULL: -EINVAL */
	ssize_t (*splice_write)(struct file *file, struct iov_iter *from, loff_t *pos);
};

/* How large a file may get by a descriptor without O_LARGEFILE. */
#define MAX_NON_LFS	((loff_t)0x7fffffff)
#define FMODE_READ	0x1u
#define FMODE_WRITE	0x2u
#define FMODE_LSEEK	0x4u
#define FMODE_PREAD	0x8u
#define FMODE_PWRITE	0x10u
#define FMODE_PATH	0x4000u		/* O_PATH: only a place in the tree */
#define FMODE_STREAM	0x200000u	/* no position */
#define FMODE_ATOMIC_POS 0x8000u	/* position locked: regular files and directories */
#define FMODE_OPENED	0x80000u
#define FMODE_WRITER	0x10000u	/* holds i_writecount and mnt_want_write() */

struct file {
	atomic_t f_count;
	unsigned int f_flags;		/* O_*; f_lock to change */
	unsigned int f_mode;		/* FMODE_* */
	const struct file_operations *f_op;
	struct inode *f_inode;
	struct path f_path;
	struct address_space *f_mapping;
	loff_t f_pos;			/* f_pos_lock when FMODE_ATOMIC_POS and shared */
	struct mutex f_pos_lock;
	spinlock_t f_lock;
	const struct cred *f_cred;	/* of the opener */
	void *private_data;
	struct fown_struct {
		struct pid *pid;
		enum { FOWN_TID, FOWN_PID, FOWN_PGRP } type;
		uid_t uid, euid;
		int signum;
	} f_owner;
	u64 f_version;
	struct hlist_head f_ep;		/* f_lock: epoll items that watch it (struct epitem) */
	struct rcu_head f_rcu;
};

static inline struct inode *file_inode(const struct file *f) { return f->f_inode; }
#define file_dentry(f)	((f)->f_path.dentry)
static inline void file_accessed(struct file *file)
{
	if (!(file->f_flags & O_NOATIME))
		touch_atime(&file->f_path);
}

/* fs/file_table.c, fs/open.c */
struct file *alloc_empty_file(int flags, const struct cred *cred); /* ERR_PTR(-ENFILE, -ENOMEM) */
/* An open file on a fresh pseudo inode (pipe, memfd): consumes inode on success only. */
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       int flags, const struct file_operations *fops);
struct inode *alloc_anon_inode(struct super_block *sb);
static inline struct file *get_file(struct file *f) { refcount_inc(&f->f_count); return f; }
void fput(struct file *file);			/* last one releases; may sleep */
struct file *filp_open(const char *name, int flags, umode_t mode);	/* kernel string; ERR_PTR */
struct file *dentry_open(const struct path *path, int flags, const struct cred *cred);
int filp_close(struct file *file, struct files_struct *files);	/* flush, drop locks, fput */
int vfs_open(const struct path *path, struct file *file);
int nonseekable_open(struct inode *inode, struct file *file);
int stream_open(struct inode *inode, struct file *file);
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos);
ssize_t vfs_read_iter(struct file *file, struct iov_iter *to, loff_t *pos);
ssize_t vfs_write_iter(struct file *file, struct iov_iter *from, loff_t *pos);
ssize_t vfs_read(struct file *file, void *ubuf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const void *ubuf, size_t count, loff_t *pos);
/* a ->splice_read by way of ->read_iter: fs/splice.c */
ssize_t generic_file_splice_read(struct file *in, loff_t *pos, struct splice_pages *sp, size_t len,
				 unsigned int flags);
int rw_verify_area(int write, struct file *file, const loff_t *pos, size_t count);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
int vfs_fsync(struct file *file, int datasync);
int deny_write_access(struct file *file);	/* exec: -ETXTBSY if somebody writes */
void allow_write_access(struct file *file);
static inline void exe_file_deny(struct file *f) { atomic_dec(&f->f_inode->i_writecount); }
extern unsigned long files_stat_max;
long get_nr_files(void);

#endif
