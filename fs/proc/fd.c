/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/fd/N: a link that leads to the open file's object itself, and /proc/PID/fdinfo/N: how
 * it is open.
 *
 * The table of descriptors belongs to the other task and may change or go while it is looked at: it
 * is reached under task->alloc_lock, a file is only used with a reference; but for its mode, which
 * is asked for where none may be dropped. d_revalidate drops a name whose descriptor has been
 * closed and follows its access mode. Linux's twin: fs/proc/fd.c.
 */
#include <vitrix/rcu.h>
#include "internal.h"

static void update_link_mode(struct inode *inode, unsigned int f_mode)
{
	umode_t mode = S_IFLNK;

	if (f_mode & FMODE_READ)
		mode |= S_IRUSR | S_IXUSR;
	if (f_mode & FMODE_WRITE)
		mode |= S_IWUSR | S_IXUSR;
	inode->i_mode = mode;
}

static int fd_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;
	unsigned int mode;

	if (!task)
		return 0;
	mode = fd_mode_task(task, PROC_I(inode)->fd);
	if (mode) {
		proc_pid_update_inode(task, inode);
		if (S_ISLNK(inode->i_mode))
			update_link_mode(inode, mode);
	}
	put_task_struct(task);
	return mode != 0;
}

static int fd_delete_dentry(const struct dentry *dentry)
{
	return pid_dentry_operations.d_delete(dentry);
}

static const struct dentry_operations fd_dentry_operations = {
	.d_revalidate = fd_revalidate,
	.d_delete = fd_delete_dentry,
};

/* ---------------------------------------------------------------- the links */

static int fd_get_link_path(struct dentry *dentry, struct inode *inode, struct path *path)
{
	struct task_struct *task = get_proc_task(inode);
	struct file *file = NULL;
	int error = -EACCES;

	if (!task)
		return -ENOENT;
	if (proc_may_access(task)) {
		error = -ENOENT;
		file = fget_task(task, PROC_I(inode)->fd);
	}
	put_task_struct(task);
	if (!file)
		return error;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static const char *fd_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	struct path path;
	const char *text;
	int error = fd_get_link_path(dentry, inode, &path);

	if (error)
		return ERR_PTR(error);
	text = proc_path_text(&path, to_free);
	path_put(&path);
	return text;
}

static const struct inode_operations fd_link_iops = {
	.get_link = fd_get_link,
	.get_link_path = fd_get_link_path,
	.setattr = proc_setattr,
};

/* ---------------------------------------------------------------- fdinfo */

static bool task_fd_cloexec(struct task_struct *task, unsigned int fd)
{
	bool set = false;
	struct fdtable *fdt;

	spin_lock(&task->alloc_lock);
	if (task->files) {
		spin_lock(&task->files->file_lock);
		fdt = task->files->fdt;
		set = fd < fdt->max_fds && test_bit(fd, fdt->close_on_exec);
		spin_unlock(&task->files->file_lock);
	}
	spin_unlock(&task->alloc_lock);
	return set;
}

static int fdinfo_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	struct task_struct *task = get_proc_task(inode);
	unsigned int fd = PROC_I(inode)->fd, flags;
	struct file *file;

	if (!task)
		return -ENOENT;
	file = fget_task(task, fd);
	if (!file) {
		put_task_struct(task);
		return -ENOENT;
	}
	flags = file->f_flags & ~O_CLOEXEC;
	if (task_fd_cloexec(task, fd))
		flags |= O_CLOEXEC;
	put_task_struct(task);
	seq_printf(m, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%i\nino:\t%lu\n",
		   (long long)READ_ONCE(file->f_pos),
		   flags, file->f_path.mnt->mnt_id, file_inode(file)->i_ino);
	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(m, file);
	fput(file);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
	struct task_struct *task = get_proc_task(inode);
	bool may;

	if (!task)
		return -ESRCH;
	may = proc_may_access(task);
	put_task_struct(task);
	return may ? single_open(file, fdinfo_show, inode) : -EACCES;
}

static const struct file_operations fdinfo_file_fops = {
	.open = fdinfo_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- the directories */

static struct dentry *lookup_fd(struct inode *dir, struct dentry *dentry, bool link)
{
	struct task_struct *task = get_proc_task(dir);
	int fd = proc_name_to_int(dentry), error = -ENOENT;
	unsigned int mode = 0;
	struct inode *inode = NULL;

	if (!task)
		return ERR_PTR(-ENOENT);
	if (fd >= 0)
		mode = fd_mode_task(task, fd);
	if (mode) {
		inode = proc_pid_make_inode(dir->i_sb, task, proc_pid(dir),
					    link ? S_IFLNK : S_IFREG | 0400);
		error = -ENOMEM;
	}
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(error);
	PROC_I(inode)->fd = fd;
	if (link) {
		inode->i_op = &fd_link_iops;
		inode->i_size = 64;
		update_link_mode(inode, mode);
	} else {
		inode->i_op = &proc_pid_file_iops;
		inode->i_fop = &fdinfo_file_fops;
	}
	dentry->d_op = &fd_dentry_operations;
	d_add(dentry, inode);
	return NULL;
}

static struct dentry *proc_lookup_fd(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_fd(dir, dentry, true);
}

static struct dentry *proc_lookup_fdinfo(struct inode *dir, struct dentry *dentry,
					 unsigned int flags)
{
	return lookup_fd(dir, dentry, false);
}

/* The task's next open descriptor from `from` on, or -1. */
static int task_next_fd(struct task_struct *task, unsigned int from)
{
	int fd = -1;

	spin_lock(&task->alloc_lock);
	if (task->files)
		fd = next_open_fd(task->files, from);
	spin_unlock(&task->alloc_lock);
	return fd;
}

static int readdir_fd(struct file *file, struct dir_context *ctx, unsigned int type)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	int fd;

	if (!task)
		return -ENOENT;
	if (proc_dir_emit_dots(file, ctx))
		while (ctx->pos - 2 <= 0x7fffffff && (fd = task_next_fd(task, ctx->pos - 2)) >= 0) {
			ctx->pos = (loff_t)fd + 2;
			if (!proc_emit_name(ctx, fd, type))
				break;
			ctx->pos++;
		}
	put_task_struct(task);
	return 0;
}

static int proc_readdir_fd(struct file *file, struct dir_context *ctx)
{
	return readdir_fd(file, ctx, MODE_DT(S_IFLNK));
}

static int proc_readdir_fdinfo(struct file *file, struct dir_context *ctx)
{
	return readdir_fd(file, ctx, MODE_DT(S_IFREG));
}

/*
 * A process may always see its own, also after it has given up the rights that the mode asks for.
 */
static int fd_permission(struct inode *inode, int mask)
{
	int error = generic_permission(inode, mask);
	struct task_struct *task;

	if (!error)
		return 0;
	task = get_proc_task(inode);
	if (task) {
		if (same_thread_group(task, current))
			error = 0;
		put_task_struct(task);
	}
	return error;
}

const struct inode_operations proc_fd_inode_operations = {
	.lookup = proc_lookup_fd,
	.permission = fd_permission,
	.setattr = proc_setattr,
};
/* How many files a process has open, and which, is not for everybody either. */
static int fdinfo_permission(struct inode *inode, int mask)
{
	struct task_struct *task = get_proc_task(inode);
	bool may;

	if (!task)
		return -ESRCH;
	may = proc_may_access(task);
	put_task_struct(task);
	return may ? generic_permission(inode, mask) : -EACCES;
}

const struct inode_operations proc_fdinfo_inode_operations = {
	.lookup = proc_lookup_fdinfo,
	.permission = fdinfo_permission,
	.setattr = proc_setattr,
};
const struct file_operations proc_fd_operations = {
	.llseek = generic_file_llseek,
	.iterate = proc_readdir_fd,
	.fsync = noop_fsync,
};
const struct file_operations proc_fdinfo_operations = {
	.llseek = generic_file_llseek,
	.iterate = proc_readdir_fdinfo,
	.fsync = noop_fsync,
};
