/* SPDX-License-Identifier: MIT */
/*
 * A task's place in the tree: root, working directory, umask. And the calls that change it: chdir,
 * fchdir, chroot, umask; unshare_fs_struct() for those that want their own.
 *
 *	task->fs --> fs_struct { root, pwd: one reference each on mount and dentry }   users: tasks
 *
 * Locks: fs->lock for root and pwd. Linux's twin: fs/fs_struct.c, and chdir of fs/open.c.
 */
#include <vitrix/cred.h>
#include <vitrix/slab.h>
#include <vitrix/init.h>
#include "internal.h"
#include <generated/syscalls.h>

static struct kmem_cache *fs_cachep;

struct fs_struct init_fs = {
	.users = ATOMIC_INIT(1),
	.lock = SPINLOCK_INIT(LC_FS),
	.umask = 0022,
};

/* path's references stay the caller's. */
void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	old = fs->root;
	fs->root = *path;
	spin_unlock(&fs->lock);
	path_put(&old);
}

void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	old = fs->pwd;
	fs->pwd = *path;
	spin_unlock(&fs->lock);
	path_put(&old);
}

void get_fs_root(struct fs_struct *fs, struct path *root)
{
	spin_lock(&fs->lock);
	*root = fs->root;
	path_get(root);
	spin_unlock(&fs->lock);
}

void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	spin_lock(&fs->lock);
	*pwd = fs->pwd;
	path_get(pwd);
	spin_unlock(&fs->lock);
}

static struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmem_cache_alloc(fs_cachep, GFP_KERNEL);

	if (!fs)
		return NULL;
	atomic_set(&fs->users, 1);
	spin_lock_init(&fs->lock, LC_FS);
	fs->umask = old->umask;
	get_fs_root(old, &fs->root);
	get_fs_pwd(old, &fs->pwd);
	return fs;
}

static void put_fs_struct(struct fs_struct *fs)
{
	if (!refcount_dec_and_test(&fs->users))
		return;
	ASSERT(fs != &init_fs);
	path_put(&fs->root);
	path_put(&fs->pwd);
	kmem_cache_free(fs_cachep, fs);
}

/* 0 or -ENOMEM. Who shares with a task in exec costs a set-id program its rights: exec_commit.c. */
int copy_fs(unsigned long clone_flags, struct task_struct *tsk)
{
	struct fs_struct *fs = current->fs;

	if (!fs)
		return 0;
	if (clone_flags & CLONE_FS) {
		refcount_inc(&fs->users);
		return 0;
	}
	tsk->fs = copy_fs_struct(fs);
	return tsk->fs ? 0 : -ENOMEM;
}

void exit_fs(struct task_struct *tsk)
{
	struct fs_struct *fs = tsk->fs;

	if (!fs)
		return;
	spin_lock(&tsk->alloc_lock);
	tsk->fs = NULL;
	spin_unlock(&tsk->alloc_lock);
	put_fs_struct(fs);
}

int unshare_fs_struct(void)
{
	struct fs_struct *old = current->fs, *new;

	if (atomic_read(&old->users) == 1)
		return 0;
	new = copy_fs_struct(old);
	if (!new)
		return -ENOMEM;
	spin_lock(&current->alloc_lock);
	current->fs = new;
	spin_unlock(&current->alloc_lock);
	put_fs_struct(old);
	return 0;
}

/* ---------------------------------------------------------------- system calls */

long __x64_sys_chdir(const char __user *filename)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (error)
		return error;
	error = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!error)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return error;
}

long __x64_sys_fchdir(unsigned int fd)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = -ENOTDIR;
	if (d_is_dir(f.file->f_path.dentry)) {
		error = inode_permission(file_inode(f.file), MAY_EXEC | MAY_CHDIR);
		if (!error)
			set_fs_pwd(current->fs, &f.file->f_path);
	}
	fdput(f);
	return error;
}

long __x64_sys_chroot(const char __user *filename)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (error)
		return error;
	error = inode_permission(path.dentry->d_inode, MAY_EXEC | MAY_CHDIR);
	if (!error && !capable(CAP_SYS_CHROOT))
		error = -EPERM;
	if (!error)
		set_fs_root(current->fs, &path);
	path_put(&path);
	return error;
}

long __x64_sys_umask(int mask)
{
	return xchg(&current->fs->umask, mask & 0777);
}

/* The caches of the VFS, then the first mount: "/" exists from here on. start_kernel(),
 * may sleep. */
void __init vfs_caches_init(void)
{
	fs_cachep = kmem_cache_create("fs_cache", sizeof(struct fs_struct), 8, SLAB_PANIC);
	dcache_init();
	inode_cache_init();
	files_init();
	file_tables_init();
	namei_init();
	locks_init();
	mnt_init();
}
