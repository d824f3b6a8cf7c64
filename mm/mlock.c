/* SPDX-License-Identifier: MIT */
/*
 * mlock(2) and kin. Nothing is ever swapped out here, so a page that is mapped stays: to lock a
 * range means to remember it (VM_LOCKED, RLIMIT_MEMLOCK) and to fetch its pages now, or, with
 * MLOCK_ONFAULT, to let them come by themselves.
 *
 * Linux's twin: mm/mlock.c. Lock: mmap_lock for write; fetching takes it anew, for read.
 */
#include "internal.h"
#include <generated/syscalls.h>

#define LOCK_FLAGS	(VM_LOCKED | VM_LOCKONFAULT)

bool can_do_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) != 0 || capable(CAP_IPC_LOCK);
}

int mlock_future_check(struct mm_struct *mm, unsigned long flags, unsigned long len)
{
	if (likely(!(flags & VM_LOCKED)))
		return 0;
	if (mm->locked_vm + (len >> PAGE_SHIFT) > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT &&
	    !capable(CAP_IPC_LOCK))
		return -EAGAIN;
	return 0;
}

/* lock: LOCK_FLAGS that part of *vmap shall have. */
static int mlock_fixup(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		       unsigned long lock)
{
	struct vm_area_struct *vma = *vmap;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long oldflags = vma->vm_flags, newflags = (oldflags & ~LOCK_FLAGS) | lock;
	long npages = (end - start) >> PAGE_SHIFT;
	int err;

	if (newflags == oldflags || (oldflags & (VM_IO | VM_PFNMAP)))
		return 0;
	err = vma_change_flags(vmap, start, end, newflags);
	if (err)
		return err;
	if (!(oldflags & VM_LOCKED) && (newflags & VM_LOCKED))
		mm->locked_vm += npages;
	else if ((oldflags & VM_LOCKED) && !(newflags & VM_LOCKED))
		mm->locked_vm -= npages;
	return 0;
}

/* All of [start, end): -ENOMEM at a hole, with what lies before it changed. */
static int apply_lock_flags(struct mm_struct *mm, unsigned long start, unsigned long end,
			    unsigned long lock)
{
	while (start < end) {
		struct vm_area_struct *vma = find_vma(mm, start);
		unsigned long stop;
		int err;

		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		stop = min(vma->vm_end, end);
		err = mlock_fixup(&vma, start, stop, lock);
		if (err)
			return err;
		start = stop;
	}
	return 0;
}

/* Pages of the range that are locked already: they do not count twice. */
static unsigned long count_locked(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long n = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			n += min(end, vma->vm_end) - max(start, vma->vm_start);
	return n >> PAGE_SHIFT;
}

/* Fetches locked pages; unlike mm_populate() it tells of failure as mlock(2) does. */
static int populate_locked(unsigned long start, unsigned long end)
{
	struct mm_struct *mm = current->mm;
	int err = 0;

	mmap_read_lock(mm);
	while (start < end && !err) {
		struct vm_area_struct *vma = find_vma(mm, start);
		unsigned long stop;

		if (!vma || vma->vm_start >= end)
			break;
		stop = min(vma->vm_end, end);
		if ((vma->vm_flags & (LOCK_FLAGS | VM_IO | VM_PFNMAP)) == VM_LOCKED)
			err = populate_vma_range(vma, max(start, vma->vm_start), stop);
		start = stop;
	}
	mmap_read_unlock(mm);
	/* the standard's words for it, see mlock(2) */
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

static long do_mlock(unsigned long start, size_t len, unsigned long lock)
{
	struct mm_struct *mm = current->mm;
	unsigned long locked, limit;
	int err = -ENOMEM;

	if (!can_do_mlock())
		return -EPERM;
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	locked = len >> PAGE_SHIFT;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	locked += mm->locked_vm;
	if (locked > limit && !capable(CAP_IPC_LOCK))
		locked -= count_locked(mm, start, start + len);
	if (locked <= limit || capable(CAP_IPC_LOCK)) {
		if (start + len < start)
			err = -EINVAL;
		else
			err = apply_lock_flags(mm, start, start + len, lock);
	}
	mmap_write_unlock(mm);
	if (err)
		return err;
	return populate_locked(start, start + len);
}

long __x64_sys_mlock(unsigned long start, size_t len)
{
	return do_mlock(start, len, VM_LOCKED);
}

long __x64_sys_mlock2(unsigned long start, size_t len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len, flags & MLOCK_ONFAULT ? LOCK_FLAGS : VM_LOCKED);
}

long __x64_sys_munlock(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int err;

	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = start + len < start ? -EINVAL : apply_lock_flags(mm, start, start + len, 0);
	mmap_write_unlock(mm);
	return err;
}

static void apply_to_all(struct mm_struct *mm, unsigned long lock)
{
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next)
		mlock_fixup(&vma, vma->vm_start, vma->vm_end, lock);	/* as many as can be */
}

long __x64_sys_mlockall(int flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long limit, lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED;
	int err = -ENOMEM;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!can_do_mlock())
		return -EPERM;
	limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (!(flags & MCL_CURRENT) || mm->total_vm <= limit || capable(CAP_IPC_LOCK)) {
		mm->def_flags &= ~LOCK_FLAGS;
		if (flags & MCL_FUTURE)
			mm->def_flags |= lock;
		if (flags & MCL_CURRENT)
			apply_to_all(mm, lock);
		err = 0;
	}
	mmap_write_unlock(mm);
	if (!err && (flags & MCL_CURRENT))
		mm_populate(0, TASK_SIZE);
	return err;
}

long __x64_sys_munlockall(void)
{
	struct mm_struct *mm = current->mm;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	mm->def_flags &= ~LOCK_FLAGS;
	apply_to_all(mm, 0);
	mmap_write_unlock(mm);
	return 0;
}
