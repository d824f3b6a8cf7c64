/* SPDX-License-Identifier: MIT */
/* A task's place in the tree: root, working directory, umask. fs/fs_struct.c. */
#ifndef VITRIX_FS_STRUCT_H
#define VITRIX_FS_STRUCT_H

#include <vitrix/mount.h>

struct fs_struct {
	atomic_t users;
	spinlock_t lock;		/* class LC_FS */
	int umask;
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

#endif
