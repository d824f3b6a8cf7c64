/* SPDX-License-Identifier: MIT */
/*
 * fsync(2), sync(2) and kin; readahead(2) and fadvise64(2), which are about the same pages.
 *
 * What a file system keeps in memory only (in_memory_only) has nothing to write back.
 * Linux's twin: fs/sync.c, mm/fadvise.c, mm/readahead.c.
 */
#include <vitrix/mm.h>
#include <linux/fadvise.h>
#include <linux/fs.h>
#include "internal.h"
#include <generated/syscalls.h>

int vfs_fsync(struct file *file, int datasync)
{
	if (!file->f_op->fsync)
		return -EINVAL;
	return file->f_op->fsync(file, 0, 0x7fffffffffffffffL, datasync);
}

static long do_fsync(unsigned int fd, int datasync)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = vfs_fsync(f.file, datasync);
		fdput(f);
	}
	return error;
}

long __x64_sys_fsync(unsigned int fd)
{
	return do_fsync(fd, 0);
}

long __x64_sys_fdatasync(unsigned int fd)
{
	return do_fsync(fd, 1);
}

/* Inodes with dirty pages or fields, one at a time. */
static void sync_inodes(struct super_block *sb)
{
	struct inode *inode, *prev = NULL;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (inode->i_data.in_memory_only ||
		    (!inode->i_data.nrpages && !(inode->i_state & I_DIRTY)) || !igrab(inode))
			continue;
		spin_unlock(&sb->s_inode_list_lock);
		iput(prev);
		if (inode->i_data.nrpages)
			filemap_fdatawrite_wait(&inode->i_data);
		if ((inode->i_state & I_DIRTY) && sb->s_op->write_inode)
			sb->s_op->write_inode(inode, 1);
		prev = inode;	/* keeps our place on the list */
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(prev);
}

static void sync_super(struct super_block *sb)
{
	if (sb_rdonly(sb))
		return;
	sync_inodes(sb);
	if (sb->s_op->sync_fs)
		sb->s_op->sync_fs(sb, 1);
}

long __x64_sys_sync(void)
{
	iterate_supers(sync_super);
	return 0;
}

long __x64_sys_syncfs(int fd)
{
	struct fd f = fdget(fd);

	if (!f.file)
		return -EBADF;
	sync_super(file_inode(f.file)->i_sb);
	fdput(f);
	return 0;
}

long __x64_sys_sync_file_range(int fd, loff_t offset, loff_t nbytes, unsigned int flags)
{
	struct inode *inode;
	loff_t end;
	struct fd f;
	int error = 0;

	if (flags & ~(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		      SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (offset < 0 || nbytes < 0 || __builtin_add_overflow(offset, nbytes, &end))
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	inode = file_inode(f.file);
	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode) && !S_ISDIR(inode->i_mode) &&
	    !S_ISLNK(inode->i_mode))
		error = -ESPIPE;
	else if (flags && !inode->i_mapping->in_memory_only)
		error = filemap_fdatawrite_wait(inode->i_mapping);	/* all of it */
	fdput(f);
	return error;
}

/* ---------------------------------------------------------------- what will be wanted, or not */

/* Brings pages in, as far as the file goes and at most 2 MiB. Errors do not matter. */
static void read_ahead(struct file *file, loff_t offset, size_t count)
{
	struct address_space *mapping = file->f_mapping;
	loff_t size = i_size_read(mapping->host);
	pgoff_t index = offset >> PAGE_SHIFT, end;
	struct page *page;

	if (mapping->in_memory_only || !mapping->a_ops || !mapping->a_ops->readpage ||
	    offset >= size)
		return;
	end = (min_t(u64, (u64)offset + min(count, (size_t)2 << 20),
		     size) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	for (; index < end && !fatal_signal_pending(current); index++) {
		page = read_mapping_page(mapping, index, file);
		if (IS_ERR(page))
			return;
		put_page(page);
		cond_resched();
	}
}

long __x64_sys_readahead(int fd, loff_t offset, size_t count)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_READ) {
		error = -EINVAL;
		if (S_ISREG(file_inode(f.file)->i_mode) && offset >= 0) {
			read_ahead(f.file, offset, count);
			error = 0;
		}
	}
	fdput(f);
	return error;
}

long __x64_sys_fadvise64(int fd, loff_t offset, size_t len, int advice)
{
	struct fd f = fdget(fd);
	int error = 0;

	if (!f.file)
		return -EBADF;
	if (S_ISFIFO(file_inode(f.file)->i_mode)) {
		error = -ESPIPE;
		goto out;
	}
	error = -EINVAL;
	if ((ssize_t)len < 0)
		goto out;
	switch (advice) {
	case POSIX_FADV_WILLNEED:
		if (offset >= 0)
			read_ahead(f.file, offset, len ? len : ~0UL >> 1);
		fallthrough;
	case POSIX_FADV_NORMAL:
	case POSIX_FADV_RANDOM:
	case POSIX_FADV_SEQUENTIAL:
	case POSIX_FADV_DONTNEED:
	case POSIX_FADV_NOREUSE:
		error = 0;	/* advice, not an order */
		break;
	}
out:
	fdput(f);
	return error;
}
