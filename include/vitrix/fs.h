/* SPDX-License-Identifier: MIT */
/*
 * The virtual file system: what is common to all files.
 *
 *   descriptor --> file --> dentry --> inode --> address_space (page cache)
 *   (files_struct) (open)   (a name)   (the      (its pages in memory)
 *                     |         |       object)
 *                     +--> vfsmount --> super_block --> file_system_type
 *
 * A file system is a leaf: it fills in the _operations and calls back only what this header
 * declares.
 * Linux's twin: include/linux/fs.h, dcache.h, mount.h, namei.h, pagemap.h.
 */
#ifndef VITRIX_FS_H
#define VITRIX_FS_H

#include <vitrix/types.h>
#include <vitrix/list.h>
#include <vitrix/atomic.h>
#include <vitrix/bitops.h>
#include <vitrix/mutex.h>
#include <vitrix/radix_tree.h>
#include <vitrix/ktime.h>
#include <vitrix/uio.h>
#include <vitrix/err.h>
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <vitrix/sched.h>

struct file; struct inode; struct dentry; struct super_block; struct vfsmount; struct kstat;
struct iattr; struct page; struct vm_area_struct; struct poll_table_struct; struct nameidata;
struct seq_file; struct file_system_type; struct fown_struct; struct address_space;
struct statfs; struct pipe_inode_info; struct cred; struct pid;

struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct qstr { u32 hash, len; const char *name; };

/* ---------------------------------------------------------------- page cache */
struct address_space_operations {
	/* Fills a locked page that is not uptodate: sets PG_uptodate, unlocks. May sleep. */
	int (*readpage)(struct file *file, struct page *page);
	/* Before copying len bytes at pos into the page cache: *pagep locked, referenced. */
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct page **pagep);
	/* After: marks dirty, grows i_size, unlocks and puts the page. Returns bytes accepted. */
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct page *page);
	int (*writepage)(struct page *page);	/* locked; NULL: pages live in memory only */
};

struct address_space {
	struct inode *host;
	struct radix_tree i_pages;	/* lock; index -> struct page */
	spinlock_t lock;		/* class LC_PAGE_CACHE */
	unsigned long nrpages;
	const struct address_space_operations *a_ops;
	struct list_head i_mmap;	/* i_mmap_lock: VMAs that map the file */
	spinlock_t i_mmap_lock;
	bool in_memory_only;		/* tmpfs and kin: pages are never clean, never reclaimed */
};

/* mm/filemap.c. Pages come with a reference. */
void address_space_init(struct address_space *mapping, struct inode *host);
struct page *find_get_page(struct address_space *mapping, pgoff_t index);	/* NULL if absent */
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);
/* Finds or makes; locked. New pages are not uptodate. ERR_PTR(-ENOMEM). */
struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);
/* uptodate */
struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file);
/* -EEXIST, -ENOMEM */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);
void delete_from_page_cache(struct page *page);	/* locked; drops the cache's reference */
void truncate_inode_pages(struct address_space *mapping, loff_t start);
/* i_size, unmaps, drops pages, zeroes the tail */
void truncate_setsize(struct inode *inode, loff_t newsize);
void truncate_pagecache(struct inode *inode, loff_t newsize);
void lock_page(struct page *page);		/* may sleep */
bool trylock_page(struct page *page);
void unlock_page(struct page *page);
ssize_t generic_file_read_iter(struct file *file, struct iov_iter *to, loff_t *pos);
/* takes i_mutex */
ssize_t generic_file_write_iter(struct file *file, struct iov_iter *from, loff_t *pos);
ssize_t generic_write_checks(struct file *file, struct iov_iter *from, loff_t *pos);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
extern const struct vm_operations_struct generic_file_vm_ops;
struct vm_fault;
/* a ->map_pages */
int filemap_map_pages(struct vm_fault *vmf, pgoff_t start_pgoff, pgoff_t end_pgoff);
int filemap_fdatawrite_wait(struct address_space *mapping);

/* ---------------------------------------------------------------- inode */
struct inode_operations {
	/* d_add()s; NULL or ERR_PTR */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	/* both i_mutexes held; flags RENAME_* */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags);
	int (*tmpfile)(struct inode *dir, struct dentry *dentry, umode_t mode);
	/*
	 * Symlink text; valid while the inode is referenced. *to_free: the caller kfrees it later.
	 */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode, void **to_free);
	/* Magic links (/proc/PID/exe, fd/N): sets *path with references. Tried before get_link. */
	int (*get_link_path)(struct dentry *dentry, struct inode *inode, struct path *path);
	int (*permission)(struct inode *inode, int mask);	/* NULL: generic_permission */
	int (*setattr)(struct dentry *dentry, struct iattr *attr);	/* NULL: simple_setattr */
	/* NULL: generic_fillattr */
	int (*getattr)(const struct path *path, struct kstat *stat, u32 request_mask);
	void (*update_time)(struct inode *inode);
};

#define S_DEAD_FLAG	1	/* i_flags: directory removed */
#define S_APPEND_FLAG	4
#define S_IMMUTABLE_FLAG 8
#define S_LINKABLE_FLAG	32	/* born without a name (O_TMPFILE), but linkat(2) may give it one */
#define S_PRIVATE_FLAG	16	/* internal (anonymous) inode */

struct inode {
	umode_t i_mode;
	u16 i_flags;
	uid_t i_uid;
	gid_t i_gid;
	unsigned int i_nlink;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;	/* default for files opened on it */
	struct super_block *i_sb;
	struct address_space *i_mapping;	/* usually &i_data */
	ino_t i_ino;
	dev_t i_rdev;
	loff_t i_size;			/* i_mutex to change; read without */
	u64 i_blocks;			/* of 512 bytes; i_lock */
	struct timespec64 i_atime, i_mtime, i_ctime, i_btime;
	atomic_t i_count;
	atomic_t i_writecount;		/* > 0: writers; < 0: being executed (ETXTBSY) */
	u8 i_blkbits;
	u8 i_state;			/* i_lock: I_NEW, I_FREEING, I_DIRTY */
	spinlock_t i_lock;
	struct mutex i_mutex;		/* class LC_INODE: directory contents, writes, truncation */
	struct hlist_node i_hash;
	struct list_head i_sb_list;
	struct hlist_head i_dentry;	/* i_lock: all names (d_alias) */
	struct address_space i_data;
	struct file_lock_context *i_flctx;	/* flock, POSIX locks */
	union {
		struct pipe_inode_info *i_pipe;
		void *i_private;
	};
	struct rcu_head i_rcu;
};
#define I_NEW		1
#define I_FREEING	2
#define I_DIRTY		4

#define ATTR_MODE	(1 << 0)
#define ATTR_UID	(1 << 1)
#define ATTR_GID	(1 << 2)
#define ATTR_SIZE	(1 << 3)
#define ATTR_ATIME	(1 << 4)
#define ATTR_MTIME	(1 << 5)
#define ATTR_CTIME	(1 << 6)
#define ATTR_ATIME_SET	(1 << 7)
#define ATTR_MTIME_SET	(1 << 8)
#define ATTR_FORCE	(1 << 9)	/* no permission check */
#define ATTR_KILL_SUID	(1 << 11)
#define ATTR_KILL_SGID	(1 << 12)
#define ATTR_FILE	(1 << 13)
#define ATTR_OPEN	(1 << 15)	/* O_TRUNC */
struct iattr {
	unsigned int ia_valid;
	umode_t ia_mode;
	uid_t ia_uid;
	gid_t ia_gid;
	loff_t ia_size;
	struct timespec64 ia_atime, ia_mtime, ia_ctime;
	struct file *ia_file;
};

struct kstat {
	u32 result_mask;
	umode_t mode;
	unsigned int nlink;
	u32 blksize;
	u64 attributes, attributes_mask;
	u64 ino;
	dev_t dev, rdev;
	uid_t uid;
	gid_t gid;
	loff_t size;
	struct timespec64 atime, mtime, ctime, btime;
	u64 blocks;
	u64 mnt_id;
	bool is_mount_root;
};

/* fs/inode.c */
/* i_count 1, on the sb's list; NULL without memory */
struct inode *new_inode(struct super_block *sb);
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
struct inode *igrab(struct inode *inode);
void iput(struct inode *inode);			/* may sleep; last one with nlink 0 deletes */
static inline void ihold(struct inode *inode) { atomic_inc(&inode->i_count); }
/* hashed; I_NEW set if fresh: fill, unlock_new_inode() */
struct inode *iget_locked(struct super_block *sb, ino_t ino);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);
void clear_nlink(struct inode *inode);
void set_nlink(struct inode *inode, unsigned int n);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void inode_init_once(struct inode *inode);
struct timespec64 current_time(struct inode *inode);	/* for timestamps */
void touch_atime(const struct path *path);		/* relatime, noatime ... honoured */
static inline void file_accessed(struct file *file);
int file_update_time(struct file *file);		/* mtime, ctime; a write happened */
int file_remove_privs(struct file *file);		/* setuid bits go on write */
ino_t get_next_ino(void);
void evict_inodes(struct super_block *sb);
void generic_fillattr(struct inode *inode, struct kstat *stat);
/* permission rules of chmod, chown, utimes */
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
int notify_change(struct dentry *dentry, struct iattr *attr);	/* i_mutex held */
int inode_newsize_ok(const struct inode *inode, loff_t size);	/* RLIMIT_FSIZE: SIGXFSZ, -EFBIG */
/* device, fifo, socket nodes */
void init_special_inode(struct inode *inode, umode_t mode, dev_t dev);
static inline void inode_lock(struct inode *inode) { mutex_lock(&inode->i_mutex); }
static inline void inode_unlock(struct inode *inode) { mutex_unlock(&inode->i_mutex); }
static inline loff_t i_size_read(const struct inode *inode) { return READ_ONCE(inode->i_size); }
static inline void i_size_write(struct inode *inode, loff_t size)
{
	WRITE_ONCE(inode->i_size, size);
}
void inode_add_bytes(struct inode *inode, loff_t bytes);
void inode_sub_bytes(struct inode *inode, loff_t bytes);
bool inode_owner_or_capable(const struct inode *inode);

/* ---------------------------------------------------------------- dentry: fs/dcache.c */
struct dentry_operations {
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);	/* 0: gone, look up again */
	int (*d_delete)(const struct dentry *dentry);	/* 1: do not cache when unused */
	void (*d_release)(struct dentry *dentry);
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);	/* pipe:[123] */
};

#define DNAME_INLINE_LEN 40
struct dentry {
	unsigned int d_flags;		/* d_lock; DCACHE_* */
	atomic_t d_count;		/* references; 0: cached, on the LRU */
	struct hlist_node d_hash;	/* bucket lock */
	struct dentry *d_parent;	/* d_lock + rename: root points to itself */
	struct qstr d_name;
	struct inode *d_inode;		/* NULL: negative (known not to exist) */
	char d_iname[DNAME_INLINE_LEN];
	spinlock_t d_lock;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	struct list_head d_lru, d_child, d_subdirs;	/* d_child, d_subdirs: parent's d_lock */
	u32 d_id;			/* place in the parent's listing; parent's d_lock */
	u32 d_next_id;			/* d_id for the next child; d_lock */
	struct hlist_node d_alias;	/* inode->i_lock */
	struct rcu_head d_rcu;
};
#define DCACHE_MOUNTED		0x01	/* something is mounted on it */
#define DCACHE_DISCONNECTED	0x04
#define DCACHE_DONTCACHE	0x08
#define DCACHE_LRU		0x20

/* unhashed, negative, count 1 */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_make_root(struct inode *inode); /* consumes the inode, also on failure (NULL) */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name);
void d_instantiate(struct dentry *dentry, struct inode *inode);	/* consumes the inode reference */
/* instantiate and hash; inode may be NULL */
void d_add(struct dentry *dentry, struct inode *inode);
void d_rehash(struct dentry *dentry);
void d_drop(struct dentry *dentry);		/* unhash: later lookups miss it */
void d_delete(struct dentry *dentry);		/* after unlink: becomes negative or unhashed */
void d_move(struct dentry *dentry, struct dentry *target);	/* rename */
void d_exchange(struct dentry *a, struct dentry *b);
void d_invalidate(struct dentry *dentry);
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name); /* reference or NULL */
static inline struct dentry *dget(struct dentry *d) { if (d) atomic_inc(&d->d_count); return d; }
void dput(struct dentry *dentry);		/* may sleep */
struct dentry *dget_parent(struct dentry *dentry);
bool is_subdir(struct dentry *dentry, struct dentry *ancestor);
struct dentry *d_ancestor(struct dentry *a, struct dentry *b);
void shrink_dcache_parent(struct dentry *parent);	/* frees unused children; may sleep */
/* memory is short: frees unused dentries, returns how many */
unsigned long shrink_dcache(unsigned long nr);
static inline bool d_unhashed(const struct dentry *d) { return hlist_unhashed(&d->d_hash); }
static inline bool d_is_negative(const struct dentry *d) { return !d->d_inode; }
static inline bool d_is_dir(const struct dentry *d)
{
	return d->d_inode && S_ISDIR(d->d_inode->i_mode);
}
#define d_inode(d)		((d)->d_inode)
/* Path from the caller's root, " (deleted)" appended: pointer into buf, ERR_PTR(-ENAMETOOLONG). */
char *d_path(const struct path *path, char *buf, int buflen);
char *dentry_path_raw(struct dentry *dentry, char *buf, int buflen);

/* ---------------------------------------------------------------- mounts and super blocks */
struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;			/* MNT_* */
	atomic_t mnt_count;
	struct vfsmount *mnt_parent;	/* namespace_sem + mount_lock; itself for the root */
	struct dentry *mnt_mountpoint;	/* in the parent */
	struct hlist_node mnt_hash;	/* by (parent, mountpoint) */
	struct list_head mnt_list;	/* all mounts, namespace_sem */
	struct list_head mnt_mounts, mnt_child;
	char *mnt_devname;
	int mnt_id;
	struct list_head mnt_instance;	/* on mnt_sb->s_mounts; mount_lock */
	atomic_t mnt_writers;	/* open for writing or changing: no read-only remount meanwhile */
};
#define MNT_NOSUID	0x01
#define MNT_NODEV	0x02
#define MNT_NOEXEC	0x04
#define MNT_NOATIME	0x08
#define MNT_NODIRATIME	0x10
#define MNT_RELATIME	0x20
#define MNT_READONLY	0x40
#define MNT_UNBINDABLE	0x2000
#define MNT_INTERNAL	0x4000

struct super_operations {
	struct inode *(*alloc_inode)(struct super_block *sb);	/* NULL: plain struct inode */
	void (*free_inode)(struct inode *inode);
	void (*evict_inode)(struct inode *inode);	/* default: truncate pages, clear */
	void (*put_super)(struct super_block *sb);
	int (*statfs)(struct dentry *dentry, struct statfs *buf);
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*remount_fs)(struct super_block *sb, int *flags, char *data);
	int (*show_options)(struct seq_file *m, struct dentry *root);
	int (*write_inode)(struct inode *inode, int sync);
};

struct super_block {
	struct list_head s_list;
	dev_t s_dev;
	u8 s_blocksize_bits;
	unsigned long s_blocksize;
	loff_t s_maxbytes;
	struct file_system_type *s_type;
	const struct super_operations *s_op;
	const struct dentry_operations *s_d_op;
	unsigned long s_flags;		/* SB_* = MS_* */
	unsigned long s_magic;
	struct dentry *s_root;
	struct rw_semaphore s_umount;
	struct mutex s_rename_mutex;
	atomic_t s_active;		/* mounts */
	struct list_head s_inodes;
	spinlock_t s_inode_list_lock;
	struct list_head s_mounts;	/* mount_lock: all mounts of it, wherever they are */
	void *s_fs_info;
	u32 s_time_gran;
	char s_id[32];
};

struct file_system_type {
	const char *name;
	int fs_flags;			/* FS_REQUIRES_DEV: shown without "nodev" */
	/*
	 * Fills a fresh super block, s_root at the end. data: mount options, kernel memory or NULL.
	 */
	int (*fill_super)(struct super_block *sb, const char *source, void *data, int silent);
	bool single;			/* one super block for all mounts (proc, sysfs, devtmpfs) */
	void (*kill_sb)(struct super_block *sb);	/* NULL: generic */
	struct file_system_type *next;
	struct super_block *single_sb;
};
#define FS_REQUIRES_DEV	1
#define FS_USERNS_MOUNT	8

/* fs/super.c, fs/namespace.c */
int register_filesystem(struct file_system_type *fs);
struct file_system_type *get_fs_type(const char *name);
int filesystems_show(struct seq_file *m);
struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *source,
				void *data);
struct vfsmount *kern_mount(struct file_system_type *type);	/* internal: not in the tree */
static inline struct vfsmount *mntget(struct vfsmount *m)
{
	if (m)
		atomic_inc(&m->mnt_count);
	return m;
}
void mntput(struct vfsmount *m);		/* may sleep */
struct vfsmount *lookup_mnt(const struct path *path); /* what is mounted there: reference or NULL */
int mnt_want_write(struct vfsmount *m);		/* 0 or -EROFS */
void mnt_drop_write(struct vfsmount *m);
int mounts_show(struct seq_file *m, int kind);	/* 0 mounts, 1 mountinfo */
int vfs_statfs(const struct path *path, struct statfs *buf);
int simple_statfs(struct dentry *dentry, struct statfs *buf);
void deactivate_super(struct super_block *sb);
dev_t get_anon_dev(void);
static inline bool sb_rdonly(const struct super_block *sb) { return sb->s_flags & 1; }

/* ---------------------------------------------------------------- open files */
struct dir_context;
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
};

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
static inline struct file *get_file(struct file *f) { atomic_inc(&f->f_count); return f; }
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

/* ---------------------------------------------------------------- descriptors: fs/file.c */
#define NR_OPEN_DEFAULT 64
struct fdtable {
	unsigned int max_fds;
	struct file **fd;		/* RCU read, file_lock write */
	unsigned long *close_on_exec, *open_fds;
	struct rcu_head rcu;
};
struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
	struct fdtable fdtab;		/* first table, embedded */
	spinlock_t file_lock;		/* class LC_FILES */
	unsigned int next_fd;
	unsigned long close_on_exec_init[1], open_fds_init[1];
	struct file *fd_array[NR_OPEN_DEFAULT];
};
/*
 * A borrowed file: no reference is taken while the table is not shared. Always pair with fdput().
 */
struct fd { struct file *file; unsigned int put; };
struct fd fdget(unsigned int fd);		/* O_PATH files: not found */
struct fd fdget_raw(unsigned int fd);
struct fd fdget_pos(unsigned int fd);		/* with f_pos_lock where needed: put 1 | 2 */
static inline void fdput(struct fd f) { if (f.put & 1) fput(f.file); }
void fdput_pos(struct fd f);
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);
struct file *fget_task(struct task_struct *task, unsigned int fd);
int get_unused_fd_flags(unsigned int flags);	/* O_CLOEXEC; -EMFILE */
void put_unused_fd(unsigned int fd);
/* point of no return: consumes the reference */
void fd_install(unsigned int fd, struct file *file);
int close_fd(unsigned int fd);
int do_dup2_file(struct file *file, unsigned int fd, unsigned int flags);
struct files_struct *dup_fd(struct files_struct *old, int *error);
int copy_files(unsigned long clone_flags, struct task_struct *tsk);
void exit_files(struct task_struct *tsk);
void put_files_struct(struct files_struct *files);
void do_close_on_exec(struct files_struct *files);
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);
/* for /proc/PID/fd; -1 at the end */
int next_open_fd(struct files_struct *files, unsigned int from);
extern struct files_struct init_files;
extern unsigned int sysctl_nr_open;
void set_close_on_exec(unsigned int fd, int flag);
bool get_close_on_exec(unsigned int fd);

/* ---------------------------------------------------------------- task's place: fs/fs_struct.c */
struct fs_struct {
	atomic_t users;
	spinlock_t lock;		/* class LC_FS */
	int umask;
	int in_exec;
	struct path root, pwd;
};
extern struct fs_struct init_fs;
int copy_fs(unsigned long clone_flags, struct task_struct *tsk);
void exit_fs(struct task_struct *tsk);
void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);
void get_fs_root(struct fs_struct *fs, struct path *root);
void get_fs_pwd(struct fs_struct *fs, struct path *pwd);
static inline void path_get(const struct path *p) { mntget(p->mnt); dget(p->dentry); }
static inline void path_put(const struct path *p) { dput(p->dentry); mntput(p->mnt); }
static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}
int unshare_fs_struct(void);
static inline int current_umask(void) { return current->fs->umask; }

/* ---------------------------------------------------------------- names to files: fs/namei.c */
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

/* --------------------------------------------------------- for simple file systems: fs/libfs.c */
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

/* ------------------------------------------------------- devices: fs/char_dev.c, fs/devtmpfs.c */
/* Drivers own a range of minors. 0 or -EBUSY. */
int register_chrdev_region_fops(unsigned int major, unsigned int first_minor, unsigned int count,
				const char *name, const struct file_operations *fops);
int chrdev_open(struct inode *inode, struct file *file);
extern const struct file_operations def_chr_fops, def_blk_fops;
/* "tty0", "pts/0"; any time after vfs_caches_init */
int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev);
int devtmpfs_delete_node(const char *name);
void devices_show(struct seq_file *m);

/* ---------------------------------------------------------------- seq_file: fs/seq_file.c */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};
struct seq_file {
	char *buf;
	size_t size, from, count;
	loff_t index, read_pos;
	struct mutex lock;
	const struct seq_operations *op;
	struct file *file;
	void *private;
};
int seq_open(struct file *file, const struct seq_operations *op);
ssize_t seq_read_iter(struct file *file, struct iov_iter *to, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);
int seq_release(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *, void *), void *data);
int single_release(struct inode *inode, struct file *file);
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
void seq_escape(struct seq_file *m, const char *s, const char *esc);	/* as \ooo */
void seq_path(struct seq_file *m, const struct path *path, const char *esc);

/* ---------------------------------------------------------------- locks, pipes, poll */
struct file_lock_context;
void locks_remove_posix(struct file *file, struct files_struct *owner);	/* each close */
void locks_remove_file(struct file *file);	/* last reference: flock and OFD locks */
void locks_free_lock_context(struct inode *inode);
long fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock *lock);
long fcntl_getlk(struct file *file, unsigned int cmd, struct flock *lock);
int locks_show(struct seq_file *m);
void f_setown(struct file *file, int who, int type);
void send_sigio(struct fown_struct *fown, int fd, int band);
/* fs/fasync.c: lists of files with O_ASYNC; a list is a NULL pointer at first. */
struct fasync_struct;
int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list);
void __kill_fasync(struct fasync_struct **list, int band);
/* Something happened: band is POLL_IN, POLL_OUT ... Any context, no spinlock held. */
static inline void kill_fasync(struct fasync_struct **list, int band)
{
	if (unlikely(READ_ONCE(*list)))
		__kill_fasync(list, band);
}
extern const struct file_operations pipefifo_fops;
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
int do_pipe_flags(int fds[2], struct file *files[2], int flags);
bool file_is_pipe(struct file *file);
void pipe_init(void);

/* mount table text, device numbers */
int vfs_utimes(const struct path *path, const struct timespec64 times[2]);

#endif
