/* SPDX-License-Identifier: MIT */
/*
 * madvise(2): what a program knows about its own use of memory. Some advice changes flags of the
 * area (DONTFORK, WIPEONFORK, DONTDUMP, access pattern), some acts at once (DONTNEED, REMOVE,
 * POPULATE_*).
 *
 * MADV_FREE frees at once: the program may see zeroes at any time after the call, and does so here
 * immediately. COLD and PAGEOUT check what Linux checks; without swap there is nothing to page out.
 * Left out, -EINVAL: huge pages, KSM, memory poisoning.
 *
 * Linux's twin: mm/madvise.c. Lock: mmap_lock, for write where flags change.
 */
#include "internal.h"
#include <generated/syscalls.h>
#include <linux/falloc.h>

/* Flags of the area after the advice, or -errno. */
static long advised_flags(struct vm_area_struct *vma, int behavior)
{
	unsigned long flags = vma->vm_flags;

	switch (behavior) {
	case MADV_NORMAL:
		return flags & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_DONTFORK:
		return flags | VM_DONTCOPY;
	case MADV_DOFORK:
		return flags & VM_IO ? -EINVAL : (long)(flags & ~VM_DONTCOPY);
	case MADV_WIPEONFORK:
		if (vma->vm_file || (flags & VM_SHARED))
			return -EINVAL;
		return flags | VM_WIPEONFORK;
	case MADV_KEEPONFORK:
		return flags & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return flags | VM_DONTDUMP;
	default:	/* MADV_DODUMP */
		return flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_DONTEXPAND) ?
			-EINVAL : (long)(flags & ~VM_DONTDUMP);
	}
}

static int madvise_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 int behavior)
{
	long newflags = advised_flags(vma, behavior);
	int err;

	if (newflags < 0)
		return newflags;
	if (newflags == vma->vm_flags)
		return 0;
	err = vma_change_flags(&vma, start, end, newflags);
	return err == -ENOMEM ? -EAGAIN : err;
}

static int madvise_dontneed_free(struct vm_area_struct *vma, unsigned long start, unsigned long end,
				 int behavior)
{
	unsigned long forbidden = VM_PFNMAP;

	if (behavior != MADV_DONTNEED_LOCKED)
		forbidden |= VM_LOCKED;
	if (vma->vm_flags & forbidden)
		return -EINVAL;
	if (behavior == MADV_FREE && !vma_is_anonymous(vma))
		return -EINVAL;
	zap_page_range(vma, start, end);
	return 0;
}

static int madvise_willneed(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct address_space *mapping;
	pgoff_t index, last;

	if (!vma->vm_file)
		return 0;	/* anonymous memory is there, or was never written */
	mapping = vma->vm_file->f_mapping;
	if (mapping->in_memory_only)
		return 0;
	last = linear_page_index(vma, end - 1);
	last = min(last, (pgoff_t)((i_size_read(mapping->host) - 1) >> PAGE_SHIFT));
	for (index = linear_page_index(vma, start); index <= last; index++) {
		struct page *page = read_mapping_page(mapping, index, vma->vm_file);

		if (IS_ERR(page))
			break;		/* advice: the fault will tell */
		put_page(page);
		if (fatal_signal_pending(current))
			break;
	}
	return 0;
}

static int madvise_populate(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			    int behavior)
{
	bool write = behavior == MADV_POPULATE_WRITE;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EINVAL;
	if (!(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -EFAULT;
	return populate_pages(vma, start, end, write);
}

/* Advice that needs no change of flags; mmap_lock held for read. */
static int madvise_act(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       int behavior)
{
	switch (behavior) {
	case MADV_WILLNEED:
		return madvise_willneed(vma, start, end);
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return madvise_dontneed_free(vma, start, end, behavior);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return vma->vm_flags & (VM_LOCKED | VM_PFNMAP) ? -EINVAL : 0;
	default:
		return madvise_populate(vma, start, end, behavior);
	}
}

/* Punches a hole into the file. The file system unmaps it, and may sleep: mmap_lock is let go. */
static int madvise_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct file *file = vma->vm_file;
	loff_t offset;
	int err;

	if ((vma->vm_flags & VM_LOCKED) || !file || !file->f_op->fallocate)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE))
		return -EACCES;
	offset = (loff_t)linear_page_index(vma, start) << PAGE_SHIFT;
	get_file(file);
	mmap_read_unlock(mm);
	err = vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, end - start);
	fput(file);
	mmap_read_lock(mm);
	return err;
}

static bool behavior_known(int behavior)
{
	switch (behavior) {
	case MADV_NORMAL: case MADV_SEQUENTIAL: case MADV_RANDOM: case MADV_WILLNEED:
	case MADV_DONTNEED: case MADV_DONTNEED_LOCKED: case MADV_FREE: case MADV_REMOVE:
	case MADV_DONTFORK: case MADV_DOFORK: case MADV_WIPEONFORK: case MADV_KEEPONFORK:
	case MADV_DONTDUMP: case MADV_DODUMP:
	case MADV_COLD: case MADV_PAGEOUT: case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

static bool changes_flags(int behavior)
{
	switch (behavior) {
	case MADV_WILLNEED: case MADV_DONTNEED: case MADV_DONTNEED_LOCKED: case MADV_FREE:
	case MADV_REMOVE: case MADV_COLD: case MADV_PAGEOUT:
	case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
		return false;
	default:
		return true;
	}
}

/* Area by area. Holes are passed over, and told with -ENOMEM at the end; errors end it at once. */
static int advise_range(struct mm_struct *mm, unsigned long start, unsigned long end, int behavior)
{
	bool populate = behavior == MADV_POPULATE_READ || behavior == MADV_POPULATE_WRITE;
	int err = 0, hole = 0;

	while (start < end) {
		struct vm_area_struct *vma = find_vma(mm, start);
		unsigned long stop;

		if (!vma || vma->vm_start >= end)
			return -ENOMEM;
		if (vma->vm_start > start) {
			if (populate)
				return -ENOMEM;
			hole = -ENOMEM;
			start = vma->vm_start;
		}
		stop = min(end, vma->vm_end);
		if (changes_flags(behavior))
			err = madvise_flags(vma, start, stop, behavior);
		else if (behavior == MADV_REMOVE)
			err = madvise_remove(vma, start, stop);
		else
			err = madvise_act(vma, start, stop, behavior);
		if (err)
			return err;
		start = stop;
	}
	return hole;
}

long __x64_sys_madvise(unsigned long start, size_t len_in, int behavior)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	size_t len;
	int err;

	if (!behavior_known(behavior) || offset_in_page(start))
		return -EINVAL;
	len = PAGE_ALIGN(len_in);
	if (len_in && !len)
		return -EINVAL;
	end = start + len;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (changes_flags(behavior)) {
		if (mmap_write_lock_killable(mm))
			return -EINTR;
		err = advise_range(mm, start, end, behavior);
		mmap_write_unlock(mm);
	} else {
		mmap_read_lock(mm);
		err = advise_range(mm, start, end, behavior);
		mmap_read_unlock(mm);
	}
	return err;
}
