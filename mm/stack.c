/* SPDX-License-Identifier: MIT */
/*
 * Stacks grow by themselves: an access below an area with VM_GROWSDOWN makes it larger, down to
 * RLIMIT_STACK, and never nearer than stack_guard_gap pages to what lies below, so that running off
 * the end hits a hole and not somebody's memory.
 *
 * Linux's twin: expand_stack() in mm/mmap.c. Callers: the fault handler, exec. Lock: mmap_lock for
 * write.
 */
#include "internal.h"
#include <generated/trace_events.h>

static bool guard_gap_kept(struct vm_area_struct *vma, unsigned long address)
{
	struct vm_area_struct *prev = vma->vm_prev;

	if (!prev || (prev->vm_flags & VM_GROWSDOWN) || !vma_is_accessible(prev))
		return !prev || address >= prev->vm_end;
	return address >= prev->vm_end && address - prev->vm_end >= stack_guard_gap << PAGE_SHIFT;
}

/* Makes vma begin at or below address. 0 or -ENOMEM, -EPERM, -EFAULT. */
int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long size;
	long grow;

	address &= PAGE_MASK;
	if (address < mmap_min_addr)
		return -EPERM;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (address >= vma->vm_start)
		return 0;
	if (!guard_gap_kept(vma, address))
		return -ENOMEM;

	size = vma->vm_end - address;
	grow = (vma->vm_start - address) >> PAGE_SHIFT;
	if ((unsigned long)grow > vma->vm_pgoff)
		return -ENOMEM;
	if (!may_expand_vm(mm, vma->vm_flags, grow))
		return -ENOMEM;
	if (size > rlimit(RLIMIT_STACK))
		return -ENOMEM;
	if (mlock_future_check(mm, vma->vm_flags, grow << PAGE_SHIFT))
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(mm, grow))
		return -ENOMEM;

	/* point of no return */
	trace_stack_growth(address, vma->vm_start);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	vm_stat_account(mm, vma->vm_flags, grow);
	return vma_adjust(vma, address, vma->vm_end, vma->vm_pgoff - grow);
}
