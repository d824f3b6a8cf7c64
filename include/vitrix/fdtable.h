/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: numbers for open files. fs/file.c, fs/file_dup.c.
 * Linux's twin: include/linux/fdtable.h.
 */
#ifndef VITRIX_FDTABLE_H
#define VITRIX_FDTABLE_H

#include <vitrix/file.h>

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
unsigned int fd_mode_task(struct task_struct *task, unsigned int fd);	/* FMODE_*; 0: not open */
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

#endif
