/* SPDX-License-Identifier: MIT */
/*
 * What the files of fs/ share among themselves and with nobody else: no file system, no driver
 * includes this. Linux's twin: fs/internal.h, fs/mount.h.
 */
#ifndef VITRIX_FS_INTERNAL_H
#define VITRIX_FS_INTERNAL_H

#include <vitrix/fs.h>

/* dcache.c */
#define DENTRY_DEAD	(-128)		/* d_count: being freed, nobody may take it any more */
#define DENTRY_FROZEN	(-64)		/* d_count: d_delete() is taking the inode away */
extern spinlock_t rename_lock;		/* class LC_RENAME_LOCK: d_parent and d_name stand still */
void dcache_init(void);
struct dentry *__d_lookup(struct dentry *parent, const struct qstr *name);	/* name->hash set */
struct dentry *dentry_kill(struct dentry *dentry);
/* dcache_lru.c */
void dcache_lru_init(void);
void d_lru_add(struct dentry *dentry);		/* d_lock held */
void d_lru_del(struct dentry *dentry);		/* d_lock held */
void prune_dcache_if_full(void);
void shrink_dcache_for_umount(struct super_block *sb);

/* inode.c */
void inode_cache_init(void);
void inode_free_rcu(struct inode *inode);

/* file_table.c, file.c */
void files_init(void);
void file_tables_init(void);
int expand_files(struct files_struct *files, unsigned int nr);
int alloc_fd_locked(struct files_struct *files, unsigned int start, unsigned int end,
		    unsigned int flags);
struct file *pick_file(struct files_struct *files, unsigned int fd);

/* super.c */
struct super_block *sget_for_mount(struct file_system_type *type, int flags, const char *source,
				   void *data);
struct super_block *user_get_super(dev_t dev);	/* s_active taken; NULL if there is none */
int super_remount(struct super_block *sb, unsigned long sb_flags, void *data);
void iterate_supers(void (*fn)(struct super_block *sb));

/* namespace.c: the tree of mounts */
extern spinlock_t mount_lock;		/* class LC_MOUNT: the tree stands still */
extern struct rw_semaphore namespace_sem;	/* class LC_NAMESPACE: and nobody is changing it */
extern struct list_head all_mounts;	/* mnt_list, in the order of mounting; namespace_sem */
/* umount2(2) flags: no header of the ABI has them */
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW	8
void mnt_init(void);
struct vfsmount *clone_mnt(const struct vfsmount *old, struct dentry *root);
struct vfsmount *copy_mount_tree(struct vfsmount *top, struct dentry *root);
int lock_mount(struct path *where);	/* namespace_sem, i_mutex of the place; 0, -ENOENT */
void unlock_mount(struct path *where);
int attach_mount(struct vfsmount *mnt, const struct path *where);	/* takes the reference */
void touch_mounts(void);		/* tells who waits: proc(5), /proc/PID/mounts */
int move_mount(struct vfsmount *mnt, const struct path *where);
int do_umount(struct vfsmount *mnt, int flags);
void put_mount_tree(struct vfsmount *top);	/* namespace_sem held: takes it apart */
bool mnt_is_mounted(const struct vfsmount *mnt);
bool sb_has_writers(struct super_block *sb);
/* From a covered directory to the root of what covers it, as often as needed; references move, that
 * of path->mnt only if it is not `base`. True if it went anywhere. */
bool follow_mounts(struct path *path, struct vfsmount *base);
/* From the root of a mount to the directory that it covers; false at the top. References move. */
bool follow_up(struct path *path);

/* d_path.c */
#define PATH_UNREACHABLE 1
#define PATH_DELETED	2
/* Writes the path from root before *p, which moves; -ENAMETOOLONG or PATH_* bits. */
int prepend_path(const struct path *path, const struct path *root, const char *buf, char **p);

/* namei.c */
void namei_init(void);
enum { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };
#define MAXSYMLINKS 40
struct nameidata {
	struct path path;		/* where the walk stands: both referenced */
	struct path root;		/* "/" of this walk; mnt NULL until asked for */
	struct qstr last;		/* the last component: text lies in the name or in a link */
	unsigned int flags;		/* LOOKUP_* */
	int last_type;
	int links;			/* followed so far in all */
	int depth;			/* entries of stack in use */
	struct filename *name;
	int dfd;
	struct saved_link {		/* a link whose text is being walked */
		struct path link;
		void *to_free;
		const char *rest;	/* continue here afterwards; NULL: the link ends the path */
	} stack[MAXSYMLINKS];
};
void nd_set(struct nameidata *nd, int dfd, struct filename *name, unsigned int flags,
	    const struct path *root);
const char *path_init(struct nameidata *nd);		/* text to walk or ERR_PTR */
int link_path_walk(const char *name, struct nameidata *nd);	/* all but the last component */
void terminate_walk(struct nameidata *nd);		/* drops everything the walk still holds */
int lookup_component(struct nameidata *nd, struct path *next);
const char *step_into_slow(struct nameidata *nd, struct path *next, const char *rest, bool follow);
const char *handle_dots(struct nameidata *nd);
struct dentry *lookup_fast(struct dentry *parent, const struct qstr *name, unsigned int flags);
struct dentry *lookup_locked(struct dentry *parent, const struct qstr *name, unsigned int flags);
int path_parentat(struct nameidata *nd);
int filename_parentat(int dfd, struct filename *name, struct path *parent, struct qstr *last,
		      int *type, bool *slash);
int complete_walk(struct nameidata *nd);
int may_create(struct inode *dir, struct dentry *child);
int may_delete(struct inode *dir, struct dentry *victim, bool is_dir);

/* dput() where others most likely hold references, too: a directory that a walk leaves behind. */
static __always_inline void dput_passed(struct dentry *d)
{
	int c = atomic_read(&d->d_count);

	if (unlikely(c <= 1 || atomic_cmpxchg(&d->d_count, c, c - 1) != c))
		dput(d);
}

/*
 * Moves the walk to *next (consumed), or if that is a link to follow, puts it on the stack with the
 * rest of the path. NULL: there; else the link's text, to be walked first; ERR_PTR(-ENOENT, ...).
 */
static __always_inline const char *step_into(struct nameidata *nd, struct path *next,
					     const char *rest, bool follow)
{
	struct inode *inode = next->dentry->d_inode;

	if (unlikely(!inode || S_ISLNK(inode->i_mode) || next->mnt != nd->path.mnt))
		return step_into_slow(nd, next, rest, follow);
	dput_passed(nd->path.dentry);
	nd->path.dentry = next->dentry;
	return NULL;
}

/* open.c, stat.c */
void put_write_access(struct inode *inode);
int get_write_access(struct inode *inode);
int build_open_flags(int flags, umode_t mode, u64 resolve, struct open_flags *op);

/* fileattr.c */
bool has_fileattr(const struct inode *inode);
long ioctl_fileattr(struct file *file, unsigned int cmd, void __user *arg);

/* locks.c */
void locks_init(void);

/* utimes.c ... */
static inline bool special_file(umode_t m)
{
	return S_ISCHR(m) || S_ISBLK(m) || S_ISFIFO(m) || S_ISSOCK(m);
}
#define IS_DEADDIR(inode)	((inode)->i_flags & S_DEAD_FLAG)
#define IS_APPEND(inode)	((inode)->i_flags & S_APPEND_FLAG)
#define IS_IMMUTABLE(inode)	((inode)->i_flags & S_IMMUTABLE_FLAG)
#define MAX_RW_COUNT		(0x7fffffffUL & PAGE_MASK)
/* rwx bits in st_mode: what umask, chmod and S_ISGID rules are about */
#define S_IALLUGO		07777

/* statfs.c: by path, descriptor, device number */
int user_statfs(const char *upath, struct statfs *buf);
int fd_statfs(unsigned int fd, struct statfs *buf);
int dev_statfs(unsigned int dev, struct statfs *buf);
long do_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg, struct file *file);
bool fcntl_fine_with_path(unsigned int cmd);	/* what an O_PATH descriptor can do */

#endif
