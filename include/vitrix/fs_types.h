/* SPDX-License-Identifier: MIT */
/* What all headers of the file layer need: forward declarations, a place in the tree, a name. */
#ifndef VITRIX_FS_TYPES_H
#define VITRIX_FS_TYPES_H

#include <vitrix/types.h>
#include <vitrix/list.h>
#include <vitrix/refcount.h>
#include <vitrix/bitops.h>
#include <vitrix/mutex.h>
#include <vitrix/radix_tree.h>
#include <vitrix/ktime.h>
#include <vitrix/uio.h>
#include <vitrix/err.h>
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <vitrix/sched.h>

struct file; struct inode; struct dentry; struct super_block; struct vfsmount; struct kstat;
struct iattr; struct page; struct vm_area_struct; struct poll_table_struct; struct nameidata;
struct seq_file; struct file_system_type; struct fown_struct; struct address_space;
struct statfs; struct pipe_inode_info; struct fileattr; struct cred; struct pid;

struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct qstr { u32 hash, len; const char *name; };

#endif
