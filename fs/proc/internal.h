/* SPDX-License-Identifier: MIT */
/*
 * What the files of fs/proc share. Two kinds of entries live in one tree:
 *
 *	proc_dir_entry   fixed names (/proc/meminfo, /proc/sys/...): never removed. generic.c
 *	pid_entry        tables of what each /proc/PID and /proc/PID/task/TID holds. base.c
 *
 * An inode of a process holds a struct pid, never a task: each operation looks the task up anew and
 * says ESRCH when it has gone. Linux's twin: fs/proc/internal.h.
 */
#ifndef FS_PROC_INTERNAL_H
#define FS_PROC_INTERNAL_H

#include <vitrix/ptrace.h>
#include <vitrix/proc_fs.h>
#include <vitrix/pid.h>
#include <vitrix/mm.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/printf.h>

#define PROC_ROOT_INO	1
#define FIRST_PROCESS_ENTRY	256	/* position of pid 0 in the root's listing */
/* d_type of getdents(2): the type bits of a mode */
#define MODE_DT(mode)	(((mode) & S_IFMT) >> 12)
#define NS_PER_TICK	(NSEC_PER_SEC / USER_HZ)

/* As inode_operations.get_link. */
typedef const char *(*proc_link_fn)(struct dentry *dentry, struct inode *inode, void **to_free);

struct proc_dir_entry {
	struct proc_dir_entry *parent;
	struct list_head node, children;	/* proc_tree_lock; only ever added to */
	umode_t mode;
	unsigned int nlink;
	ino_t ino;
	const struct file_operations *fops;
	int (*show)(struct seq_file *m, void *v);
	void *data;
	const char *target;			/* symbolic link */
	proc_link_fn get_link;
	u32 len;
	char name[];
};

/* One name in a process's directory. */
struct pid_entry {
	const char *name;
	umode_t mode;
	const struct inode_operations *iop;
	const struct file_operations *fop;
	/* with proc_pid_show_fops */
	int (*show)(struct seq_file *m, struct task_struct *task);
	/* with proc_pid_link_iops */
	int (*get_path)(struct task_struct *task, struct path *path);
};

struct proc_inode {
	struct pid *pid;		/* holds a reference; NULL for fixed entries */
	unsigned int fd;		/* in fd/ and fdinfo/ */
	const struct pid_entry *entry;
	struct proc_dir_entry *pde;
	struct inode vfs_inode;
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of((struct inode *)inode, struct proc_inode, vfs_inode);
}

static inline struct pid *proc_pid(const struct inode *inode) { return PROC_I(inode)->pid; }

/* NULL or with a reference. */
static inline struct task_struct *get_proc_task(const struct inode *inode)
{
	return get_pid_task(proc_pid(inode), PIDTYPE_PID);
}

/* inode.c */
void proc_inode_cache_init(void);
int proc_fill_super(struct super_block *sb, const char *source, void *data, int silent);
int proc_setattr(struct dentry *dentry, struct iattr *attr);

/* root.c */
struct dentry *proc_root_dentry(void);

/* generic.c */
extern struct proc_dir_entry proc_root;
struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *pde);
struct dentry *proc_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int proc_readdir_fixed(struct file *file, struct dir_context *ctx, struct proc_dir_entry *dir);
int proc_create_link(const char *name, proc_link_fn get_link);
bool proc_dir_emit_dots(struct file *file, struct dir_context *ctx);

/* base.c */
extern const struct inode_operations proc_root_inode_operations;
extern const struct file_operations proc_root_operations;
extern const struct dentry_operations pid_dentry_operations;
extern const struct inode_operations proc_pid_link_iops, proc_pid_file_iops;
extern const struct file_operations proc_pid_show_fops;
static inline bool proc_may_access(struct task_struct *task)
{
	return ptrace_may_access(task, PTRACE_MODE_FSCREDS);
}
struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task, struct pid *pid,
				  umode_t mode);
void proc_pid_update_inode(struct task_struct *task, struct inode *inode);
struct dentry *proc_pid_lookup(struct dentry *dentry);
int proc_pid_readdir(struct file *file, struct dir_context *ctx);
int proc_pident_readdir(struct file *file, struct dir_context *ctx, const struct pid_entry *ents,
			int n);
struct dentry *proc_pident_lookup(struct inode *dir, struct dentry *dentry,
				  const struct pid_entry *ents, int n);
bool proc_emit_name(struct dir_context *ctx, unsigned int number, unsigned int type);
int proc_name_to_int(const struct dentry *dentry);	/* -1: not a number */
const char *proc_path_text(const struct path *path, void **to_free);

/* task_fail.c, in debug builds */
extern const struct file_operations proc_fail_nth_operations, proc_make_it_fail_operations;

/* fd.c */
extern const struct inode_operations proc_fd_inode_operations, proc_fdinfo_inode_operations;
extern const struct file_operations proc_fd_operations, proc_fdinfo_operations;

/* array.c */
int proc_tid_stat(struct seq_file *m, struct task_struct *task);
int proc_tgid_stat(struct seq_file *m, struct task_struct *task);
int proc_pid_statm(struct seq_file *m, struct task_struct *task);
/* status.c */
int proc_pid_status(struct seq_file *m, struct task_struct *task);
void proc_task_name(struct seq_file *m, struct task_struct *task);

/* task_mmu.c, task_mem.c */
extern const struct file_operations proc_pid_maps_operations, proc_mem_operations,
	proc_environ_operations,
	proc_auxv_operations, proc_pid_cmdline_operations;

/* task_info.c */
int proc_pid_limits(struct seq_file *m, struct task_struct *task);
int proc_pid_io(struct seq_file *m, struct task_struct *task);
int proc_pid_oom_score(struct seq_file *m, struct task_struct *task);
int proc_pid_personality(struct seq_file *m, struct task_struct *task);
int proc_pid_schedstat(struct seq_file *m, struct task_struct *task);
int proc_pid_mounts(struct seq_file *m, struct task_struct *task);
int proc_pid_mountinfo(struct seq_file *m, struct task_struct *task);
extern const struct file_operations proc_mounts_operations;
extern const struct file_operations proc_comm_operations, proc_oom_score_adj_operations,
	proc_sched_operations;

/* task_kernel.c */
int proc_pid_wchan(struct seq_file *m, struct task_struct *task);
int proc_pid_stack(struct seq_file *m, struct task_struct *task);
int proc_pid_syscall(struct seq_file *m, struct task_struct *task);

/* one *_init() for each group of fixed files */
void proc_self_init(void);
void proc_stat_init(void);
void proc_meminfo_init(void);
void proc_misc_init(void);
void proc_kallsyms_init(void);
void proc_sys_init(void);

#endif
