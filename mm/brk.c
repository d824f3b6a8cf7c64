/* SPDX-License-Identifier: MIT */
/*
 * brk(2): the heap, one anonymous area that grows behind the program's data; and anonymous memory
 * at a given place for exec (.bss). Linux's twin: brk in mm/mmap.c. Lock: mmap_lock for write.
 */
#include "internal.h"
#include <generated/syscalls.h>

/* [addr, addr + len) is free and aligned. mmap_lock held for write. */
static int do_brk_flags(struct mm_struct *mm, unsigned long addr, unsigned long len,
			unsigned long flags)
{
	struct vm_area_struct *vma, *prev, *next;
	long npages = len >> PAGE_SHIFT;
	unsigned long ret;

	flags |= VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm->def_flags;
	ret = get_unmapped_area(NULL, addr, len, 0, MAP_FIXED);
	if (IS_ERR_VALUE(ret))
		return ret;
	if (mlock_future_check(mm, mm->def_flags, len))
		return -EAGAIN;
	if (!may_expand_vm(mm, flags, npages) || mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	if (vm_enough_memory(mm, npages))
		return -ENOMEM;

	prev = find_vma_prev(mm, addr, &next);
	vma = vma_merge(mm, prev, addr, addr + len, flags, NULL, addr >> PAGE_SHIFT);
	if (!vma) {
		vma = vm_area_alloc(mm);
		if (!vma) {
			vm_unacct_memory(npages);
			return -ENOMEM;
		}
		vma->vm_start = addr;
		vma->vm_end = addr + len;
		vma->vm_pgoff = addr >> PAGE_SHIFT;
		vma->vm_flags = flags;
		vma->vm_page_prot = vm_get_page_prot(flags);
		vma_link(mm, vma, prev);
	}
	vm_stat_account(mm, flags, npages);
	if (flags & VM_LOCKED)
		mm->locked_vm += npages;
	return 0;
}

/* The new end of the heap, or the old one if that can not be. */
long __x64_sys_brk(unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long newbrk, oldbrk, ret;
	struct vm_area_struct *next;
	bool populate = false;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = mm->brk;
	if (brk < mm->start_brk || brk > mm->task_size)
		goto out;
	if (brk - mm->start_brk + (mm->end_data - mm->start_data) > rlimit(RLIMIT_DATA))
		goto out;
	newbrk = PAGE_ALIGN(brk);
	oldbrk = PAGE_ALIGN(mm->brk);
	if (newbrk < oldbrk) {
		if (do_munmap(mm, newbrk, oldbrk - newbrk))
			goto out;
	} else if (newbrk > oldbrk) {
		/* one page stays free, so that a heap overrun hits nothing */
		next = find_vma(mm, oldbrk);
		if (next && newbrk + PAGE_SIZE > vm_start_gap(next))
			goto out;
		if (do_brk_flags(mm, oldbrk, newbrk - oldbrk, 0))
			goto out;
		populate = (mm->def_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED;
	}
	ret = mm->brk = brk;
out:
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(oldbrk, newbrk - oldbrk);
	return ret;
}

/* Anonymous private memory at addr for exec; vm_flags: VM_EXEC or 0. Replaces what is there. */
int vm_brk_flags(unsigned long addr, unsigned long request, unsigned long vm_flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long len = PAGE_ALIGN(request);
	int ret;

	if (len < request)
		return -ENOMEM;
	if (!len)
		return 0;
	if (vm_flags & ~VM_EXEC)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_munmap(mm, addr, len);
	if (!ret)
		ret = do_brk_flags(mm, addr, len, vm_flags);
	mmap_write_unlock(mm);
	if (!ret && (mm->def_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED)
		mm_populate(addr, len);
	return ret;
}
