/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: files that live in the page cache and nowhere else. This file: their contents. A page is
 * there from the first write (or fault, or fallocate) on; where none is, the file reads as zeroes
 * and takes no memory.
 *
 *	pages   0   1   2   3   4   5        i_size
 *	       [#] [ ] [#] [#] [ ] [ ]........|      # in the page cache, counted in i_blocks
 *	            hole            hole             and against the mount's size
 *
 * Names and directories are the dentry cache (mm/shmem_dir.c); mounting is mm/shmem_super.c.
 * Linux's twin: mm/shmem.c. Locks: i_mutex for writes, size and holes; faults bring pages without
 * it, under the page's lock. Left out: swap, huge pages, xattrs, quotas.
 */
#include "shmem.h"
#include <linux/falloc.h>
#include <linux/fs.h>

/* ---- counting ---- */

/* One more page of the mount's size. 0 or -ENOSPC. */
static int charge_block(struct inode *inode)
{
	struct shmem_sb_info *sbi = SHMEM_SB(inode->i_sb);

	if ((unsigned long)atomic_long_add_return(1, &sbi->used_blocks) > sbi->max_blocks &&
	    sbi->max_blocks) {
		atomic_long_dec(&sbi->used_blocks);
		return -ENOSPC;
	}
	return 0;
}

static void uncharge_blocks(struct inode *inode, unsigned long n)
{
	if (n)
		atomic_long_sub(n, &SHMEM_SB(inode->i_sb)->used_blocks);
}

/* Pages that have left the page cache. */
static void release_blocks(struct inode *inode, unsigned long n)
{
	uncharge_blocks(inode, n);
	if (n)
		inode_sub_bytes(inode, (loff_t)n << PAGE_SHIFT);
}

static pgoff_t size_in_pages(const struct inode *inode)
{
	return ((u64)i_size_read(inode) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* ---- pages ---- */

/*
 * The page at index, locked; made if it is not there: then without PG_uptodate, and zeroed if gfp
 * says so. ERR_PTR(-ENOSPC, -ENOMEM).
 */
static struct page *lock_or_add_page(struct inode *inode, pgoff_t index, gfp_t gfp)
{
	struct address_space *mapping = inode->i_mapping;
	struct page *page = find_lock_page(mapping, index);
	int err;

	if (page)
		return page;
	err = charge_block(inode);
	if (err)
		return ERR_PTR(err);
	page = find_or_create_page(mapping, index, GFP_USER | gfp);
	if (IS_ERR(page) || PageUptodate(page))
		uncharge_blocks(inode, 1);	/* none is new */
	else
		inode_add_bytes(inode, PAGE_SIZE);
	return page;
}

/*
 * For faults and fallocate: uptodate, referenced, not locked. beyond_eof: may lie behind the end.
 */
static struct page *get_uptodate_page(struct inode *inode, pgoff_t index, bool beyond_eof)
{
	struct page *page = find_get_page(inode->i_mapping, index);

	if (likely(page && PageUptodate(page)))
		return page;
	if (page)
		put_page(page);
	page = lock_or_add_page(inode, index, __GFP_ZERO);
	if (IS_ERR(page))
		return page;
	/*
	 * Truncation sets the size first, then drops pages: either it sees ours, or we see the
	 * size.
	 */
	if (!beyond_eof && index >= size_in_pages(inode)) {
		if (!PageUptodate(page)) {
			delete_from_page_cache(page);
			release_blocks(inode, 1);
		}
		unlock_page(page);
		put_page(page);
		return ERR_PTR(-EINVAL);
	}
	if (!PageUptodate(page))
		SetPageUptodate(page);
	unlock_page(page);
	return page;
}

static vm_fault_t shmem_fault(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	struct page *page;

	if (vmf->pgoff >= size_in_pages(inode))
		return VM_FAULT_SIGBUS;
	page = get_uptodate_page(inode, vmf->pgoff, false);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	vmf->page = page;
	return 0;
}

const struct vm_operations_struct shmem_vm_ops = {
	.fault = shmem_fault,
	.map_pages = filemap_map_pages,
};

static int shmem_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			     unsigned int len, struct page **pagep)
{
	struct inode *inode = mapping->host;
	unsigned int seals = SHMEM_I(inode)->seals;
	struct page *page;

	if (unlikely(seals & (F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) {
		if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		if ((seals & F_SEAL_GROW) && pos + len > inode->i_size)
			return -EPERM;
	}
	page = lock_or_add_page(inode, pos >> PAGE_SHIFT, 0);
	if (IS_ERR(page))
		return PTR_ERR(page);
	*pagep = page;
	return 0;
}

static int shmem_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, unsigned int copied, struct page *page)
{
	struct inode *inode = mapping->host;
	unsigned int from = offset_in_page(pos), to = from + copied;
	char *data = page_address(page);

	/* Nothing came (the source faulted): a hole stays a hole and costs nothing. */
	if (unlikely(!copied && !PageUptodate(page))) {
		delete_from_page_cache(page);
		release_blocks(inode, 1);
		goto out;
	}
	/* A new page: what was not written is zero, before anybody can see it. */
	if (!PageUptodate(page)) {
		memset(data, 0, from);
		memset(data + to, 0, PAGE_SIZE - to);
		SetPageUptodate(page);
	}
	if (pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
out:
	unlock_page(page);
	put_page(page);
	return copied;
}

const struct address_space_operations shmem_aops = {
	.write_begin = shmem_write_begin,
	.write_end = shmem_write_end,
};

/* ---- size and holes; i_mutex held ---- */

void shmem_drop_pages(struct inode *inode)
{
	release_blocks(inode, truncate_pages_range(inode->i_mapping, 0, 0x7fffffffffffffffLL));
}

static void shmem_truncate(struct inode *inode, loff_t newsize)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t hole = round_up(newsize, (loff_t)PAGE_SIZE);
	loff_t oldsize = inode->i_size;

	i_size_write(inode, newsize);
	smp_mb();	/* a fault adds its page, then reads the size: get_uptodate_page() */
	if (newsize > oldsize || !mapping->nrpages)
		return;
	unmap_mapping_range(mapping, hole, 0, 1);
	release_blocks(inode, truncate_pages_range(mapping, newsize, 0x7fffffffffffffffLL));
	unmap_mapping_range(mapping, hole, 0, 1);
}

int shmem_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int seals = SHMEM_I(inode)->seals;
	int err = setattr_prepare(dentry, attr);

	if (err)
		return err;
	if (S_ISREG(inode->i_mode) && (attr->ia_valid & ATTR_SIZE)) {
		if ((attr->ia_size < inode->i_size && (seals & F_SEAL_SHRINK)) ||
		    (attr->ia_size > inode->i_size && (seals & F_SEAL_GROW)))
			return -EPERM;
		shmem_truncate(inode, attr->ia_size);
	}
	setattr_copy(inode, attr);
	return 0;
}

static void punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t first = round_up(offset, (loff_t)PAGE_SIZE);
	loff_t beyond = round_down(offset + len, (loff_t)PAGE_SIZE);

	/* Private copies of what was there stay: the hole is the file's, not theirs. */
	if (beyond > first)
		unmap_mapping_range(mapping, first, beyond - first, 0);
	release_blocks(inode, truncate_pages_range(mapping, offset, offset + len - 1));
	if (beyond > first)
		unmap_mapping_range(mapping, first, beyond - first, 0);
}

/*
 * Pages of [first, last] that are not there: whether they would fit is known before the first
 * comes.
 */
static bool would_fit(struct inode *inode, pgoff_t first, pgoff_t last)
{
	struct shmem_sb_info *sbi = SHMEM_SB(inode->i_sb);
	struct address_space *mapping = inode->i_mapping;
	unsigned long missing = last - first + 1;
	u64 index = first;

	if (!sbi->max_blocks)
		return missing <= totalram_pages;
	if (missing > mapping->nrpages + sbi->max_blocks)
		return false;
	spin_lock(&mapping->lock);
	while (radix_tree_next(&mapping->i_pages, &index) && index <= last) {
		missing--;
		index++;
	}
	spin_unlock(&mapping->lock);
	return atomic_long_read(&sbi->used_blocks) + missing <= sbi->max_blocks;
}

static int allocate_range(struct inode *inode, loff_t offset, loff_t len, bool keep_size)
{
	pgoff_t index = offset >> PAGE_SHIFT, last = (offset + len - 1) >> PAGE_SHIFT;
	int err;

	/* RLIMIT_FSIZE holds for what lies behind the end, too. */
	err = inode_newsize_ok(inode, offset + len);
	if (err)
		return err;
	if ((SHMEM_I(inode)->seals & F_SEAL_GROW) && offset + len > inode->i_size)
		return -EPERM;
	if (!would_fit(inode, index, last))
		return -ENOSPC;
	for (; index <= last; index++) {
		struct page *page;

		if (fatal_signal_pending(current))
			return -EINTR;
		page = get_uptodate_page(inode, index, true);
		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
		cond_resched();
	}
	if (!keep_size && offset + len > inode->i_size)
		i_size_write(inode, offset + len);
	return 0;
}

static long shmem_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	long err = 0;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	inode_lock(inode);
	err = file_remove_privs(file);
	if (err) {
		/* told below */
	} else if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (SHMEM_I(inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			err = -EPERM;
		else
			punch_hole(inode, offset, len);
	} else {
		err = allocate_range(inode, offset, len, mode & FALLOC_FL_KEEP_SIZE);
	}
	if (!err) {
		inode->i_ctime = current_time(inode);
		if (mode & FALLOC_FL_PUNCH_HOLE)
			inode->i_mtime = inode->i_ctime;
	}
	inode_unlock(inode);
	return err;
}

/* SEEK_DATA: the first page at or after offset. SEEK_HOLE: the first one missing. */
static loff_t seek_hole_data(struct inode *inode, loff_t offset, int whence)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t size = inode->i_size;
	u64 index, first, next;
	bool found = true;

	if (offset < 0 || offset >= size)
		return -ENXIO;
	first = index = next = (u64)offset >> PAGE_SHIFT;
	spin_lock(&mapping->lock);
	if (whence == SEEK_DATA)
		found = radix_tree_next(&mapping->i_pages, &index);
	else
		while (radix_tree_next(&mapping->i_pages, &next) && next == index)
			next = ++index;
	spin_unlock(&mapping->lock);
	/* pages behind the end (fallocate) do not count; the end is a hole */
	if (!found || index > (u64)(size - 1) >> PAGE_SHIFT)
		return whence == SEEK_DATA ? -ENXIO : size;
	return index == first ? offset : (loff_t)(index << PAGE_SHIFT);
}

static loff_t shmem_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	inode_lock(inode);
	offset = seek_hole_data(inode, offset, whence);
	inode_unlock(inode);
	if (offset >= 0)
		file->f_pos = offset;
	return offset;
}

static int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned int seals = SHMEM_I(file_inode(file))->seals;

	if (unlikely((vma->vm_flags & VM_SHARED) &&
		     (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))) {
		if ((seals & F_SEAL_WRITE) || (vma->vm_flags & VM_WRITE))
			return -EPERM;
		vma->vm_flags &= ~VM_MAYWRITE;
	}
	file_accessed(file);
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

const struct file_operations shmem_file_operations = {
	.llseek = shmem_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.splice_read = generic_file_splice_read,
	.splice_write = generic_file_write_iter,
	.mmap = shmem_mmap,
	.fsync = noop_fsync,
	.fallocate = shmem_fallocate,
};

const struct inode_operations shmem_file_inode_operations = {
	.setattr = shmem_setattr,
	.fileattr_get = shmem_fileattr_get,
	.fileattr_set = shmem_fileattr_set,
};
