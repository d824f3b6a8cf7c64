/* SPDX-License-Identifier: MIT */
/*
 * msync(2): what was written through shared mappings reaches the file's storage. The page cache is
 * the mapping, so MS_ASYNC and MS_INVALIDATE have nothing to carry over; MS_SYNC is fsync. Linux's
 * twin: mm/msync.c. Locks: mmap_lock for read, let go around each fsync.
 */
#include "internal.h"
#include <generated/syscalls.h>

long __x64_sys_msync(unsigned long start, size_t len, int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long end;
	long err = 0;
	bool hole = false;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (end < start)
		return -ENOMEM;

	mmap_read_lock(mm);
	while (start < end) {
		struct file *file;

		vma = find_vma(mm, start);
		if (!vma || vma->vm_start >= end) {
			hole = true;
			break;
		}
		if (vma->vm_start > start)
			hole = true;		/* told at the end; the rest is still done */
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED)) {
			err = -EBUSY;
			break;
		}
		start = vma->vm_end;
		file = vma->vm_file;
		if (!(flags & MS_SYNC) || !file || !(vma->vm_flags & VM_SHARED))
			continue;
		/* fsync sleeps long: not with the address space locked */
		get_file(file);
		mmap_read_unlock(mm);
		err = vfs_fsync(file, 1);
		fput(file);
		mmap_read_lock(mm);
		if (err)
			break;
	}
	mmap_read_unlock(mm);
	return err ? err : hole ? -ENOMEM : 0;
}
