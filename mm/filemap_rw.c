/* SPDX-License-Identifier: MIT */
/*
 * read(2) and write(2) of files that have a page cache. A read copies out of cached pages, and lets
 * the file system fill those that are missing. A write copies into pages that write_begin makes
 * ready.
 *
 *	write: i_mutex -> for each page: write_begin -> copy, faults off -> write_end
 *
 * The copy in a write is done with page faults disabled: the source may be a mapping of the very
 * page that write_begin has locked, and a fault would wait for it for ever. If something of the
 * source was missing it is fetched with no lock held, and the rest is tried again.
 *
 * Linux's twin: mm/filemap.c. Locks: a read takes none that lasts; a write holds i_mutex.
 */
#include "internal.h"
#include <vitrix/signal.h>

/* ---- read ---- */

/* The page for a read: uptodate and referenced; NULL: a hole, all zeroes; ERR_PTR. */
static noinline struct page *read_missing_page(struct file *file, struct address_space *mapping,
					       pgoff_t index)
{
	struct page *page;

	if (!mapping->in_memory_only)
		return read_mapping_page(mapping, index, file);
	/* Somebody may be writing it for the first time: see what he makes of it. */
	page = find_lock_page(mapping, index);
	if (!page)
		return NULL;
	unlock_page(page);
	if (PageUptodate(page))
		return page;
	put_page(page);
	return NULL;
}

static struct page *page_for_read(struct file *file, struct address_space *mapping, pgoff_t index)
{
	struct page *page = find_get_page(mapping, index);

	if (likely(page && PageUptodate(page)))
		return page;
	if (!page && mapping->in_memory_only)
		return NULL;
	if (page)
		put_page(page);
	return read_missing_page(file, mapping, index);
}

ssize_t generic_file_read_iter(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct address_space *mapping = file->f_mapping;
	struct inode *inode = mapping->host;
	loff_t at = *pos;
	ssize_t done = 0, err = 0;

	while (to->count) {
		size_t offset = offset_in_page(at), n = PAGE_SIZE - offset, copied;
		loff_t size = i_size_read(inode);
		struct page *page;

		if (at >= size)
			break;
		if (n > size - at)
			n = size - at;
		if (n > to->count)
			n = to->count;
		page = page_for_read(file, mapping, at >> PAGE_SHIFT);
		if (IS_ERR(page)) {
			err = PTR_ERR(page);
			break;
		}
		if (likely(page)) {
			copied = copy_page_to_iter(page, offset, n, to);
			put_page(page);
		} else {
			copied = iov_iter_zero(n, to);
		}
		done += copied;
		at += copied;
		if (unlikely(copied < n)) {
			err = -EFAULT;
			break;
		}
		if (!to->count)
			break;
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	*pos = at;
	file_accessed(file);
	return done ? done : err;
}

/* ---- write ---- */

/*
 * Where the write begins and how much of it may be done: O_APPEND, RLIMIT_FSIZE, the file system's
 * largest size, and that of files which a 32-bit program opens without O_LARGEFILE. Bytes, 0, or
 * -EFBIG (with SIGXFSZ). i_mutex held.
 */
ssize_t generic_write_checks(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = file->f_mapping->host;
	unsigned long limit = rlimit(RLIMIT_FSIZE);
	loff_t max = inode->i_sb->s_maxbytes;

	if (!from->count)
		return 0;
	if (unlikely(!(file->f_flags & O_LARGEFILE)))
		max = min(max, MAX_NON_LFS);
	if (file->f_flags & O_APPEND)
		*pos = i_size_read(inode);
	if (limit != RLIM_INFINITY) {
		if ((unsigned long)*pos >= limit) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		iov_iter_truncate(from, limit - *pos);
	}
	if (*pos >= max)
		return -EFBIG;
	iov_iter_truncate(from, max - *pos);
	return from->count;
}

static ssize_t write_pages(struct file *file, struct iov_iter *from, loff_t pos)
{
	struct address_space *mapping = file->f_mapping;
	const struct address_space_operations *a_ops = mapping->a_ops;
	ssize_t done = 0;
	int err = 0;

	while (from->count) {
		size_t offset = offset_in_page(pos), copied;
		size_t n = min(PAGE_SIZE - offset, from->count);
		struct iov_iter before = *from;
		struct page *page;

		err = a_ops->write_begin(file, mapping, pos, n, &page);
		if (err)
			break;
		pagefault_disable();
		copied = copy_page_from_iter(page, offset, n, from);
		pagefault_enable();
		err = a_ops->write_end(file, mapping, pos, n, copied, page);
		if (unlikely(err != copied))
			iov_iter_revert_to(from, &before);
		if (unlikely(err < 0))
			break;
		if (unlikely(err != copied))
			iov_iter_advance(from, err);
		pos += err;
		done += err;
		err = 0;
		if (unlikely(copied < n) && fault_in_iov_iter_readable(from, n - copied)) {
			err = -EFAULT;
			break;
		}
		if (!from->count)
			break;
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	return done ? done : err;
}

__bounded_frame
ssize_t generic_file_write_iter(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = file->f_mapping->host;
	ssize_t ret;
	int err;

	inode_lock(inode);
	ret = generic_write_checks(file, from, pos);
	if (ret > 0) {
		err = file_remove_privs(file);
		if (!err)
			err = file_update_time(file);
		ret = err ? err : write_pages(file, from, *pos);
	}
	if (ret > 0)
		*pos += ret;
	inode_unlock(inode);
	if (ret > 0 && (file->f_flags & O_DSYNC)) {
		err = vfs_fsync(file, !(file->f_flags & (O_SYNC & ~O_DSYNC)));
		if (err)
			ret = err;
	}
	return ret;
}
