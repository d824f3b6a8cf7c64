/* SPDX-License-Identifier: MIT */
/*
 * munmap(2): a range of addresses is given up, with its pages and page tables (mm/zap.c).
 *
 *	|---A---|  |---B---|--C--|      the borders cut areas in two, what lies between goes whole;
 *	     |~~~~~~~~~~~|              where one end of one area goes, that area just gets shorter,
 *	|-A--|           |B|--C--|      which needs no memory and so cannot fail
 *
 * Linux's twin: do_munmap() in mm/mmap.c. Lock: mmap_lock for write.
 */
#include "internal.h"
#include <generated/syscalls.h>

long __x64_sys_munmap(unsigned long addr, size_t len)
{
	return vm_munmap(addr, len);
}

int vm_munmap(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_munmap(mm, start, len);
	mmap_write_unlock(mm);
	return ret;
}

/* [start, end) lies at one end of vma, and is not all of it: no second area is needed. */
static void trim_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;
	long npages = (end - start) >> PAGE_SHIFT;

	if (start > vma->vm_start) {
		vma_adjust(vma, vma->vm_start, start, vma->vm_pgoff);
		prev = vma;
	} else {
		vma_adjust(vma, end, vma->vm_end, vma->vm_pgoff + npages);
		next = vma;
	}
	unmap_region(mm, start, end, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
	vm_stat_account(mm, vma->vm_flags, -npages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm -= npages;
	if (vma->vm_flags & VM_ACCOUNT)
		vm_unacct_memory(npages);
}

/* vma and what follows below end go; all lie wholly inside. */
static void remove_areas(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long end)
{
	struct vm_area_struct *prev = vma->vm_prev, *dead = vma, *last = NULL, *next;
	unsigned long start = vma->vm_start, stop = start;

	for (; vma && vma->vm_start < end; vma = next) {
		ASSERT(vma->vm_end <= end);
		next = vma->vm_next;
		/* Off its list it does not stop F_SEAL_WRITE: so no thread may write then. */
		if ((vma->vm_flags & VM_SHARED) && vma->vm_file && memfd_sealable(vma->vm_file))
			zap_page_range(vma, vma->vm_start, vma->vm_end);
		vma_unlink(mm, vma);
		last = vma;
		stop = vma->vm_end;
	}
	last->vm_next = NULL;	/* the dead stay a list of their own */
	unmap_region(mm, start, stop, prev ? prev->vm_end : 0, vma ? vma->vm_start : 0);
	for (; dead; dead = next) {
		long npages = vma_pages(dead);

		next = dead->vm_next;
		vm_stat_account(mm, dead->vm_flags, -npages);
		if (dead->vm_flags & VM_LOCKED)
			mm->locked_vm -= npages;
		if (dead->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(npages);
		vma_release(dead);
	}
}

/* 0, -EINVAL, or -ENOMEM where an area must be cut in two and there may be no more areas. */
int do_munmap(struct mm_struct *mm, unsigned long start, size_t len)
{
	struct vm_area_struct *vma, *last;
	unsigned long end;
	int err;

	if (offset_in_page(start) || start > mm->task_size || len > mm->task_size - start)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	if (!len)
		return -EINVAL;
	end = start + len;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;

	if ((start <= vma->vm_start && end < vma->vm_end) ||
	    (start > vma->vm_start && end >= vma->vm_end &&
	     (!vma->vm_next || vma->vm_next->vm_start >= end))) {
		trim_vma(mm, vma, max(start, vma->vm_start), min(end, vma->vm_end));
		return 0;
	}
	if (start > vma->vm_start) {
		/* -ENOMEM before the first cut, not between two */
		if (end < vma->vm_end && mm->map_count + 1 >= sysctl_max_map_count)
			return -ENOMEM;
		err = split_vma(mm, vma, start, 0);
		if (err)
			return err;
		vma = vma->vm_next;
	}
	for (last = vma; last && last->vm_start < end; last = last->vm_next) {
		if (last->vm_end <= end)
			continue;
		err = split_vma(mm, last, end, 0);
		if (err)
			return err;
		break;
	}

	/* point of no return */
	remove_areas(mm, vma, end);
	return 0;
}
