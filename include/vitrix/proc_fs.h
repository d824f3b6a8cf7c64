/* SPDX-License-Identifier: MIT */
/* Files under /proc that other parts of the kernel provide. fs/proc/. */
#ifndef VITRIX_PROC_FS_H
#define VITRIX_PROC_FS_H

#include <vitrix/fs.h>

/* A read-only text file "name" or "dir/name" (directories come into being). */
int proc_create_single(const char *name, umode_t mode, int (*show)(struct seq_file *m, void *v),
		       void *data);
/* A file with its own operations. */
int proc_create(const char *name, umode_t mode, const struct file_operations *fops, void *data);
/* For fops of a file that cannot be read or written: -EIO. */
ssize_t proc_no_transfer(struct file *file, struct iov_iter *iter, loff_t *pos);
int proc_mkdir(const char *name);
int proc_symlink(const char *name, const char *target);
/* /proc/sys: an int or string variable, range-checked on write. */
int proc_sysctl_int(const char *path, umode_t mode, int *value, int min, int max);
/* The same; changed() is called after each write. */
int proc_sysctl_int_hook(const char *path, umode_t mode, int *value, int min, int max,
			 void (*changed)(void));
/* The task of that number is gone: its cached names go. Consumes the reference; may sleep. */
void proc_flush_pid(struct pid *pid);
/* The text of /proc/cpuinfo, from arch/x86/kernel/cpu/proc.c. */
void show_cpuinfo(struct seq_file *m);

#endif
