/* SPDX-License-Identifier: MIT */
/*
 * The inode: a file as an object, whatever its names; and what a file system does with it.
 * fs/inode.c, fs/attr.c. Linux's twin: include/linux/fs.h.
 */
#ifndef VITRIX_INODE_H
#define VITRIX_INODE_H

#include <vitrix/pagemap.h>

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
	/* vitrix/fileattr.h: both or none. i_mutex held by set. */
	int (*fileattr_get)(struct dentry *dentry, struct fileattr *fa);
	int (*fileattr_set)(struct dentry *dentry, const struct fileattr *fa);
};

#define S_DEAD_FLAG	1	/* i_flags: directory removed */
#define S_APPEND_FLAG	4
#define S_IMMUTABLE_FLAG 8
#define S_LINKABLE_FLAG	32	/* born without a name (O_TMPFILE), but linkat(2) may give it one */
#define S_PRIVATE_FLAG	16	/* internal (anonymous) inode */
#define S_NOATIME_FLAG	64
#define S_NODUMP_FLAG	128

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
static inline void ihold(struct inode *inode) { refcount_inc(&inode->i_count); }
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

#endif
