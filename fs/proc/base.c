/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID: a directory for each process, and below it task/TID for each thread.
 *
 *	dentry --> inode --pid--> struct pid --(as long as it lives)--> task
 *	                 --entry--> a line of tgid_entries[] or tid_entries[]
 *
 * A process may end at any time. Its dentries may stay in the cache, but release_task() drops them,
 * and d_revalidate those that it missed; an open file answers ESRCH from then on. While an
 * operation works it holds a reference to the task_struct, whose parts (mm, files, fs ...) may be
 * gone: each is taken under its lock.
 *
 * Who may look: what tells of a process's memory or files needs proc_may_access(), the rule of
 * ptrace(2). Owner of the inodes is the process's effective user, or root where it is not dumpable;
 * d_revalidate keeps that up to date. Linux's twin: fs/proc/base.c. Left out: hidepid, user and pid
 * namespaces, smaps, coredump filters, timers, attr.
 */
#include <vitrix/cred.h>
#include <vitrix/rcu.h>
#include <vitrix/signal.h>
#include "internal.h"

/* ---------------------------------------------------------------- who may, and whose it is */

/* Any context. */
void proc_pid_update_inode(struct task_struct *task, struct inode *inode)
{
	const struct cred *cred;
	uid_t uid;
	gid_t gid;

	rcu_read_lock();
	cred = __task_cred(task);
	uid = cred->euid;
	gid = cred->egid;
	rcu_read_unlock();
	/* The directory itself stays the user's: ps tells by it whose process it is. */
	if (inode->i_mode != (S_IFDIR | 0555)) {
		spin_lock(&task->alloc_lock);
		if (task->mm && READ_ONCE(task->mm->dumpable) != 1)
			uid = gid = 0;
		spin_unlock(&task->alloc_lock);
	}
	inode->i_uid = uid;
	inode->i_gid = gid;
	inode->i_mode &= ~(S_ISUID | S_ISGID);
}

struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task, struct pid *pid,
				  umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_mode = mode;
	inode->i_ino = get_next_ino();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	PROC_I(inode)->pid = get_pid(pid);
	proc_pid_update_inode(task, inode);
	return inode;
}

static int pid_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;

	if (!task)
		return 0;
	proc_pid_update_inode(task, inode);
	put_task_struct(task);
	return 1;
}

/* Of a dead process nothing is kept. Called with d_lock held. */
static int pid_delete_dentry(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return !inode || list_empty(&proc_pid(inode)->tasks[PIDTYPE_PID]);
}

const struct dentry_operations pid_dentry_operations = {
	.d_revalidate = pid_revalidate,
	.d_delete = pid_delete_dentry,
};

/* ---------------------------------------------------------------- kinds of entries */

static int pid_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	struct task_struct *task = get_proc_task(inode);
	int ret;

	if (!task)
		return -ESRCH;
	ret = PROC_I(inode)->entry->show(m, task);
	put_task_struct(task);
	return ret;
}

static int pid_show_open(struct inode *inode, struct file *file)
{
	return single_open(file, pid_show, inode);
}

const struct file_operations proc_pid_show_fops = {
	.open = pid_show_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

const struct inode_operations proc_pid_file_iops = { .setattr = proc_setattr };

/* exe, cwd, root: the object itself, whatever its name says by now. */
static int pid_get_link_path(struct dentry *dentry, struct inode *inode, struct path *path)
{
	struct task_struct *task = get_proc_task(inode);
	int error = -EACCES;

	if (!task)
		return -ENOENT;
	if (proc_may_access(task))
		error = PROC_I(inode)->entry->get_path(task, path);
	put_task_struct(task);
	return error;
}

/* For readlink(2): ERR_PTR(-ENAMETOOLONG, -ENOMEM). */
const char *proc_path_text(const struct path *path, void **to_free)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	text = d_path(path, buf, PATH_MAX);
	if (IS_ERR(text))
		kfree(buf);
	else
		*to_free = buf;
	return text;
}

static const char *pid_get_link(struct dentry *dentry, struct inode *inode, void **to_free)
{
	struct path path;
	const char *text;
	int error = pid_get_link_path(dentry, inode, &path);

	if (error)
		return ERR_PTR(error);
	text = proc_path_text(&path, to_free);
	path_put(&path);
	return text;
}

const struct inode_operations proc_pid_link_iops = {
	.get_link = pid_get_link,
	.get_link_path = pid_get_link_path,
	.setattr = proc_setattr,
};

static int get_exe(struct task_struct *task, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	int error = -ENOENT;

	if (!mm)
		return error;
	mmap_read_lock(mm);
	if (mm->exe_file) {
		*path = mm->exe_file->f_path;
		path_get(path);
		error = 0;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return error;
}

static int get_fs_path(struct task_struct *task, struct path *path, bool root)
{
	int error = -ENOENT;

	spin_lock(&task->alloc_lock);
	if (task->fs) {
		if (root)
			get_fs_root(task->fs, path);
		else
			get_fs_pwd(task->fs, path);
		error = 0;
	}
	spin_unlock(&task->alloc_lock);
	return error;
}

static int get_cwd(struct task_struct *task, struct path *path)
{
	return get_fs_path(task, path, false);
}

static int get_root(struct task_struct *task, struct path *path)
{
	return get_fs_path(task, path, true);
}

/* ---------------------------------------------------------------- tables */

#define ONE(n, m, s)	{ .name = n, .mode = S_IFREG | (m), .fop = &proc_pid_show_fops, .show = s }
#define MNT(n, s)	{ .name = n, .mode = S_IFREG | 0444, .fop = &proc_mounts_operations, \
			  .show = s }
#define REG(n, m, f)	{ .name = n, .mode = S_IFREG | (m), .fop = &(f) }
#define LNK(n, g)	{ .name = n, .mode = S_IFLNK | 0777, .iop = &proc_pid_link_iops, \
			  .get_path = g }
#define DIR(n, m, i, f)	{ .name = n, .mode = S_IFDIR | (m), .iop = &(i), .fop = &(f) }

static const struct inode_operations proc_task_inode_operations;
static const struct file_operations proc_task_operations;

#ifdef CONFIG_DEBUG
#define DEBUG_ENTRIES									\
	REG("fail-nth", 0644, proc_fail_nth_operations),				\
	REG("make-it-fail", 0644, proc_make_it_fail_operations),
#else
#define DEBUG_ENTRIES
#endif

/* What a process and a thread both have. */
#define COMMON_ENTRIES									\
	DEBUG_ENTRIES									\
	DIR("fd", 0500, proc_fd_inode_operations, proc_fd_operations),			\
	DIR("fdinfo", 0555, proc_fdinfo_inode_operations, proc_fdinfo_operations),	\
	REG("environ", 0400, proc_environ_operations),					\
	REG("auxv", 0400, proc_auxv_operations),					\
	ONE("status", 0444, proc_pid_status),						\
	ONE("personality", 0400, proc_pid_personality),					\
	ONE("limits", 0444, proc_pid_limits),						\
	REG("sched", 0644, proc_sched_operations),					\
	REG("comm", 0644, proc_comm_operations),					\
	ONE("syscall", 0400, proc_pid_syscall),						\
	REG("cmdline", 0444, proc_pid_cmdline_operations),				\
	ONE("statm", 0444, proc_pid_statm),						\
	REG("maps", 0444, proc_pid_maps_operations),					\
	REG("mem", 0600, proc_mem_operations),						\
	LNK("cwd", get_cwd),								\
	LNK("root", get_root),								\
	LNK("exe", get_exe),								\
	MNT("mounts", proc_pid_mounts),							\
	MNT("mountinfo", proc_pid_mountinfo),						\
	ONE("wchan", 0444, proc_pid_wchan),						\
	ONE("stack", 0400, proc_pid_stack),						\
	ONE("schedstat", 0444, proc_pid_schedstat),					\
	ONE("oom_score", 0444, proc_pid_oom_score),					\
	REG("oom_score_adj", 0644, proc_oom_score_adj_operations),			\
	ONE("io", 0400, proc_pid_io)

static const struct pid_entry tgid_entries[] = {
	DIR("task", 0555, proc_task_inode_operations, proc_task_operations),
	ONE("stat", 0444, proc_tgid_stat),
	COMMON_ENTRIES,
};

static const struct pid_entry tid_entries[] = {
	ONE("stat", 0444, proc_tid_stat),
	COMMON_ENTRIES,
};

/* ---------------------------------------------------------------- directories */

bool proc_emit_name(struct dir_context *ctx, unsigned int number, unsigned int type)
{
	char name[16];
	int len = scnprintf(name, sizeof(name), "%u", number);

	/* The inode comes into being when it is looked up; any number but 0 will do till then. */
	return dir_emit(ctx, name, len, PROC_ROOT_INO + 1 + number, type);
}

/* Digits only, without leading zeroes; -1 for anything else. */
int proc_name_to_int(const struct dentry *dentry)
{
	const char *s = dentry->d_name.name;
	u32 len = dentry->d_name.len;
	long n = 0;

	if (!len || len > 9 || (len > 1 && *s == '0'))
		return -1;
	while (len--) {
		unsigned int c = (unsigned char)*s++ - '0';

		if (c > 9)
			return -1;
		n = n * 10 + c;
	}
	return n;
}

int proc_pident_readdir(struct file *file, struct dir_context *ctx, const struct pid_entry *ents,
			int n)
{
	struct task_struct *task = get_proc_task(file_inode(file));

	if (!task)
		return -ENOENT;
	put_task_struct(task);
	if (!proc_dir_emit_dots(file, ctx))
		return 0;
	for (; ctx->pos - 2 < n; ctx->pos++) {
		const struct pid_entry *e = &ents[ctx->pos - 2];

		if (!dir_emit(ctx, e->name, strlen(e->name), PROC_ROOT_INO + 1 + ctx->pos,
			      MODE_DT(e->mode)))
			break;
	}
	return 0;
}

struct dentry *proc_pident_lookup(struct inode *dir, struct dentry *dentry,
				  const struct pid_entry *ents, int n)
{
	struct task_struct *task = get_proc_task(dir);
	const struct pid_entry *e;
	struct inode *inode = NULL;

	if (!task)
		return ERR_PTR(-ENOENT);
	for (e = ents; e < ents + n; e++)
		if (strlen(e->name) == dentry->d_name.len &&
		    !memcmp(e->name, dentry->d_name.name, dentry->d_name.len))
			break;
	if (e < ents + n)
		inode = proc_pid_make_inode(dir->i_sb, task, proc_pid(dir), e->mode);
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(e < ents + n ? -ENOMEM : -ENOENT);
	inode->i_op = e->iop ? e->iop : &proc_pid_file_iops;
	if (e->fop)
		inode->i_fop = e->fop;
	if (S_ISDIR(e->mode))
		set_nlink(inode, 2);
	PROC_I(inode)->entry = e;
	dentry->d_op = &pid_dentry_operations;
	d_add(dentry, inode);
	return NULL;
}

static struct dentry *tgid_base_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pident_lookup(dir, dentry, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static int tgid_base_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_pident_readdir(file, ctx, tgid_entries, ARRAY_SIZE(tgid_entries));
}

static struct dentry *tid_base_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_pident_lookup(dir, dentry, tid_entries, ARRAY_SIZE(tid_entries));
}

static int tid_base_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_pident_readdir(file, ctx, tid_entries, ARRAY_SIZE(tid_entries));
}

static const struct inode_operations tgid_base_iops = {
	.lookup = tgid_base_lookup,
	.setattr = proc_setattr,
};
static const struct inode_operations tid_base_iops = {
	.lookup = tid_base_lookup,
	.setattr = proc_setattr,
};
static const struct file_operations tgid_base_fops = {
	.llseek = generic_file_llseek,
	.iterate = tgid_base_readdir,
	.fsync = noop_fsync,
};
static const struct file_operations tid_base_fops = {
	.llseek = generic_file_llseek,
	.iterate = tid_base_readdir,
	.fsync = noop_fsync,
};

/* group: the task that the thread must belong to, or NULL. */
static struct dentry *lookup_by_number(struct inode *dir, struct dentry *dentry,
				       struct task_struct *group)
{
	int nr = proc_name_to_int(dentry);
	struct pid *pid = nr > 0 ? find_get_pid(nr) : NULL;
	struct task_struct *task = pid ? get_pid_task(pid, PIDTYPE_PID) : NULL;
	struct inode *inode = NULL;
	int error = -ENOENT;

	if (task && (!group || same_thread_group(group, task))) {
		inode = proc_pid_make_inode(dir->i_sb, task, pid, S_IFDIR | 0555);
		error = -ENOMEM;
	}
	if (task)
		put_task_struct(task);
	put_pid(pid);
	if (!inode)
		return ERR_PTR(error);
	inode->i_op = group ? &tid_base_iops : &tgid_base_iops;
	inode->i_fop = group ? &tid_base_fops : &tgid_base_fops;
	set_nlink(inode, group ? 4 : 5);
	if (!group)
		WRITE_ONCE(proc_pid(inode)->in_proc, true);
	dentry->d_op = &pid_dentry_operations;
	d_add(dentry, inode);
	return NULL;
}

/* In /proc. A thread's number works too, though the listing does not show it. */
struct dentry *proc_pid_lookup(struct dentry *dentry)
{
	return lookup_by_number(d_inode(dentry->d_parent), dentry, NULL);
}

/*
 * Called by release_task() if in_proc. A lookup that runs at this moment may add the name
 * afterwards; then d_revalidate finds it dead, or the shrinker takes it.
 */
void proc_flush_pid(struct pid *pid)
{
	struct dentry *root = proc_root_dentry(), *dentry;
	char name[16];
	struct qstr q = { .name = name, .len = scnprintf(name, sizeof(name), "%d", pid->nr) };

	dentry = root ? d_lookup(root, &q) : NULL;
	if (dentry) {
		/* The number may be in use again, and the name its new owner's. */
		if (d_inode(dentry) && proc_pid(d_inode(dentry)) == pid)
			d_invalidate(dentry);
		dput(dentry);
	}
	put_pid(pid);
}

/* Position FIRST_PROCESS_ENTRY + pid, so processes that come and go disturb no reader. */
int proc_pid_readdir(struct file *file, struct dir_context *ctx)
{
	for (;;) {
		loff_t from = ctx->pos - FIRST_PROCESS_ENTRY;
		struct task_struct *task;
		struct pid *pid;
		bool leader;
		int nr;

		rcu_read_lock();
		pid = from <= PID_MAX_LIMIT ? find_ge_pid(from) : NULL;
		nr = pid ? pid->nr : 0;
		task = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
		leader = task && task->tgid == nr;
		rcu_read_unlock();
		if (!pid)
			return 0;
		if (leader) {
			ctx->pos = FIRST_PROCESS_ENTRY + nr;
			if (!proc_emit_name(ctx, nr, MODE_DT(S_IFDIR)))
				return 0;
		}
		ctx->pos = FIRST_PROCESS_ENTRY + nr + 1;
		cond_resched();
	}
}

/* ---------------------------------------------------------------- /proc/PID/task */

static struct dentry *proc_task_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct task_struct *group = get_proc_task(dir);
	struct dentry *ret;

	if (!group)
		return ERR_PTR(-ENOENT);
	ret = lookup_by_number(dir, dentry, group);
	put_task_struct(group);
	return ret;
}

/* The smallest thread id >= from of the group; 0: none. */
static int next_tid(struct task_struct *group, int from)
{
	struct task_struct *t;
	unsigned long flags;
	int found = 0;

	if (!lock_task_sighand(group, &flags))
		return 0;
	for_each_thread(group, t)
		if (t->pid >= from && (!found || t->pid < found))
			found = t->pid;
	unlock_task_sighand(group, &flags);
	return found;
}

/* Position 2 + thread id, so threads that come and go disturb no reader. */
static int proc_task_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *group = get_proc_task(file_inode(file));
	int tid;

	if (!group)
		return -ENOENT;
	if (proc_dir_emit_dots(file, ctx))
		while (ctx->pos < PID_MAX_LIMIT && (tid = next_tid(group, ctx->pos - 2))) {
			ctx->pos = tid + 2;
			if (!proc_emit_name(ctx, tid, MODE_DT(S_IFDIR)))
				break;
			ctx->pos++;
		}
	put_task_struct(group);
	return 0;
}

static int proc_task_getattr(const struct path *path, struct kstat *stat, u32 request_mask)
{
	struct inode *inode = d_inode(path->dentry);
	struct task_struct *task = get_proc_task(inode);

	generic_fillattr(inode, stat);
	if (task) {
		stat->nlink += READ_ONCE(task->signal->nr_threads);
		put_task_struct(task);
	}
	return 0;
}

static const struct inode_operations proc_task_inode_operations = {
	.lookup = proc_task_lookup,
	.getattr = proc_task_getattr,
	.setattr = proc_setattr,
};
static const struct file_operations proc_task_operations = {
	.llseek = generic_file_llseek,
	.iterate = proc_task_readdir,
	.fsync = noop_fsync,
};
