/* SPDX-License-Identifier: MIT */
/*
 * Open files (struct file): allocation, and what happens when the last reference goes.
 *
 *	descriptors, mmap, exec --> file (f_count) --> f_path: a reference on mount and dentry
 *	                              |  \--> f_cred     (the dentry holds the inode)
 *	                              \--> with FMODE_WRITER: i_writecount, mnt_want_write
 *
 *	alloc_empty_file() --vfs_open()--> FMODE_OPENED --last fput()--> f_op->release, freed by RCU
 *
 * A file is freed after a grace period because fdget() of another thread may find its address in
 * the descriptor table just before it is taken out; it takes a reference only if f_count is not 0
 * yet. Linux's twin: fs/file_table.c.
 */
#include <vitrix/cred.h>
#include <vitrix/eventpoll.h>
#include <vitrix/slab.h>
#include <vitrix/pid.h>
#include <vitrix/rcu.h>
#include <vitrix/mm.h>
#include <vitrix/string.h>
#include <vitrix/init.h>
#include "internal.h"

static struct kmem_cache *filp_cachep;
static atomic_long_t nr_files;
unsigned long files_stat_max = 8192;

long get_nr_files(void)
{
	return atomic_long_read(&nr_files);
}

/* ERR_PTR(-ENFILE, -ENOMEM). One reference; vfs_open() or fput() next. */
struct file *alloc_empty_file(int flags, const struct cred *cred)
{
	struct file *f;

	if (unlikely(atomic_long_read(&nr_files) >= (long)files_stat_max) &&
	    !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-ENFILE);
	f = kmem_cache_zalloc(filp_cachep, GFP_KERNEL);
	if (unlikely(!f))
		return ERR_PTR(-ENOMEM);
	atomic_long_inc(&nr_files);
	f->f_cred = get_cred(cred);
	atomic_set(&f->f_count, 1);
	spin_lock_init(&f->f_lock, LC_FILE);
	mutex_init(&f->f_pos_lock, LC_FILE_POS);
	f->f_flags = flags & ~O_CLOEXEC;
	/* O_RDONLY, O_WRONLY, O_RDWR are 0, 1, 2: plus one they are the two bits. */
	f->f_mode = (flags + 1) & O_ACCMODE;
	return f;
}

static void file_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(filp_cachep, container_of(head, struct file, f_rcu));
}

static void file_free(struct file *f)
{
	put_cred(f->f_cred);
	atomic_long_dec(&nr_files);
	call_rcu(&f->f_rcu, file_free_rcu);
}

/* An open file on a fresh inode without a name in any directory. Consumes inode on success only. */
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       int flags,
			       const struct file_operations *fops)
{
	struct qstr q = { .name = name, .len = strlen(name) };
	struct file *f = alloc_empty_file(flags, current_cred());

	if (IS_ERR(f))
		return f;
	f->f_path.dentry = d_alloc_pseudo(mnt->mnt_sb, &q);
	if (!f->f_path.dentry) {
		file_free(f);
		return ERR_PTR(-ENOMEM);
	}
	/* point of no return */
	f->f_path.mnt = mntget(mnt);
	d_instantiate(f->f_path.dentry, inode);
	f->f_inode = inode;
	f->f_mapping = inode->i_mapping;
	f->f_op = fops;
	f->f_mode |= FMODE_OPENED | FMODE_PREAD | FMODE_PWRITE;
	if (fops->llseek)
		f->f_mode |= FMODE_LSEEK;
	if (S_ISREG(inode->i_mode))
		f->f_mode |= FMODE_ATOMIC_POS;
	if ((f->f_mode & FMODE_WRITE) && !special_file(inode->i_mode)) {
		atomic_inc(&inode->i_writecount);	/* fresh: nobody executes it */
		atomic_inc(&mnt->mnt_writers);
		f->f_mode |= FMODE_WRITER;
	}
	return f;
}

static noinline void __fput(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct path path = file->f_path;

	if (unlikely(!(file->f_mode & FMODE_OPENED)))
		goto out;
	eventpoll_release(file);
	if (unlikely(inode->i_flctx))
		locks_remove_file(file);
	if (unlikely(file->f_flags & FASYNC) && file->f_op->fasync)
		file->f_op->fasync(-1, file, 0);
	if (file->f_op->release)
		file->f_op->release(inode, file);
	if (unlikely(file->f_owner.pid))
		put_pid(file->f_owner.pid);
	if (file->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		mnt_drop_write(path.mnt);
	}
	path_put(&path);
out:
	file_free(file);
}

/* The last reference releases: may sleep. */
void fput(struct file *file)
{
	if (refcount_dec_and_test(&file->f_count))
		__fput(file);
}

/* A tenth of RAM, a file with its dentry and inode being about 1 KiB. */
void __init files_init(void)
{
	filp_cachep = kmem_cache_create("filp", sizeof(struct file), __alignof__(struct file),
					SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	files_stat_max = max(totalram_pages * (PAGE_SIZE / 1024) / 10, 8192UL);
}
