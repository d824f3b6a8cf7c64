/* SPDX-License-Identifier: MIT */
/*
 * File systems and where they hang in the tree: file_system_type, super_block, vfsmount.
 * fs/super.c, fs/mount.c, fs/namespace.c. Linux's twin: include/linux/mount.h, fs.h.
 */
#ifndef VITRIX_MOUNT_H
#define VITRIX_MOUNT_H

#include <vitrix/dcache.h>

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

/*
 * Nothing of it is executed, whatever its mode says: proc and its kin. A program is read under
 * cred_guard, which many of their files take themselves when they are read.
 */
#define SB_I_NO_FILEATTR 0x01	/* although its inodes' operations have them */
#define SB_I_NOEXEC	0x02

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
	unsigned int s_iflags;		/* SB_I_* */
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
		refcount_inc(&m->mnt_count);
	return m;
}
void mntput(struct vfsmount *m);		/* may sleep */
struct vfsmount *lookup_mnt(const struct path *path); /* what is mounted there: reference or NULL */
int mnt_want_write(struct vfsmount *m);		/* 0 or -EROFS */
void mnt_drop_write(struct vfsmount *m);
int mounts_show(struct seq_file *m, int kind);	/* 0 mounts, 1 mountinfo */
/* Grows with each change of the tree of mounts; who waits for one sleeps there. */
extern u64 mounts_event;
extern struct wait_queue_head mounts_wait;
int vfs_statfs(const struct path *path, struct statfs *buf);
int simple_statfs(struct dentry *dentry, struct statfs *buf);
void deactivate_super(struct super_block *sb);
dev_t get_anon_dev(void);
static inline bool sb_rdonly(const struct super_block *sb) { return sb->s_flags & 1; }

#endif
