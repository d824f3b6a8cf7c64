/* SPDX-License-Identifier: MIT */
/* Locks on files, signals for input and output, pipes as far as others see them. */
#ifndef VITRIX_FILELOCK_H
#define VITRIX_FILELOCK_H

#include <vitrix/file.h>

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
