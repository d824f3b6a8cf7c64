/* SPDX-License-Identifier: MIT */
/*
 * User pages from outside the program: fetched ahead of time (mlock, MAP_POPULATE), or read and
 * written by somebody else (ptrace, /proc/PID/mem, exec copying strings onto the new stack).
 *
 * Linux's twin: mm/gup.c. Context: may sleep; page faults are made by calling the fault handler.
 * Locks: mmap_lock for read, held by the caller or taken here; page_table_lock for each look at an
 * entry. Left out: pinning for devices.
 */
#include "internal.h"

static int fault_error(vm_fault_t ret)
{
	return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}

/*
 * Is there an entry that serves the access already? A look without locks: the worst is a wasted
 * fault.
 */
static bool already_there(struct vm_area_struct *vma, unsigned long addr, bool write)
{
	pte_t *ptep = pte_lookup(vma->vm_mm, addr);
	pte_t pte;

	if (!ptep)
		return false;
	pte = READ_ONCE(*ptep);
	return !pte_none(pte) && (!write || pte_write(pte));
}

/* 0, -ENOMEM, -EFAULT (no page to be had), -EINTR (killed). mmap_lock held for read. */
int populate_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool write)
{
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE) {
		vm_fault_t ret;

		if (already_there(vma, addr, write))
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = handle_mm_fault(vma, addr, write ? FAULT_FLAG_WRITE : 0);
		if (unlikely(ret & VM_FAULT_ERROR))
			return fault_error(ret);
		cond_resched();
	}
	return 0;
}

/* As the area will be used: private writable memory gets pages of its own at once. */
int populate_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	ASSERT(start >= vma->vm_start && end <= vma->vm_end);
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return 0;
	if (!vma_is_accessible(vma))
		return -EFAULT;
	return populate_pages(vma, start, end,
			      (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE);
}

/* Fetches all of the range that is mapped, quietly. */
void mm_populate(unsigned long addr, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = addr + len;

	mmap_read_lock(mm);
	while (addr < end) {
		struct vm_area_struct *vma = find_vma(mm, addr);
		unsigned long stop;

		if (!vma || vma->vm_start >= end)
			break;
		stop = min(end, vma->vm_end);
		if (!(vma->vm_flags & VM_LOCKONFAULT) && vma_is_accessible(vma) &&
		    populate_vma_range(vma, max(addr, vma->vm_start), stop) == -EINTR)
			break;
		addr = stop;
	}
	mmap_read_unlock(mm);
}

/*
 * The page behind an entry, referenced; NULL: a fault is needed first (faulted: one was just made);
 * ERR_PTR.
 */
static struct page *follow_page(struct vm_area_struct *vma, unsigned long addr, bool write,
				bool faulted)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep = pte_lookup(mm, addr);
	struct page *page = NULL;

	if (!ptep)
		return NULL;
	spin_lock(&mm->page_table_lock);
	if (pte_none(*ptep))
		goto out;
	if (pte_special(*ptep)) {
		/* The zero page or the vDSO: to be read, or copied by a fault first. Device memory
		 * was refused before. */
		if (!write)
			page = pte_page(*ptep);
		goto got;
	}
	/*
	 * Not writable to the program but to us: the fault left a private copy, dirty and of
	 * count 1. No fork can come between it and here, mmap_lock being held.
	 */
	if (write && !pte_write(*ptep) &&
	    !(faulted && PageAnon(pte_page(*ptep)) && pte_dirty(*ptep)))
		goto out;
	page = pte_page(*ptep);
got:
	if (!IS_ERR_OR_NULL(page))
		get_page(page);
out:
	spin_unlock(&mm->page_table_lock);
	return page;
}

/*
 * May an outsider with rights over the process do this? Private pages may be written in any case.
 */
static bool remote_access_ok(struct vm_area_struct *vma, bool write)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return false;
	if (write)
		return (vma->vm_flags & VM_WRITE) || is_cow_mapping(vma->vm_flags);
	return vma->vm_flags & VM_MAYREAD;
}

/* mmap_lock held for read. Referenced page or ERR_PTR. */
static struct page *get_remote_page(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct page *page;
	bool faulted = false;

	if (!vma || addr < vma->vm_start || !remote_access_ok(vma, write))
		return ERR_PTR(-EFAULT);
	while (!(page = follow_page(vma, addr, write, faulted))) {
		vm_fault_t ret = handle_mm_fault(vma, addr, write ? FAULT_FLAG_WRITE : 0);

		if (ret & VM_FAULT_ERROR)
			return ERR_PTR(fault_error(ret));
		if (fatal_signal_pending(current))
			return ERR_PTR(-EINTR);
		faulted = true;
	}
	return page;
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len, bool write)
{
	int done = 0;

	mmap_read_lock(mm);
	while (done < len) {
		unsigned int off = offset_in_page(addr);
		unsigned int n = min_t(unsigned int, len - done, PAGE_SIZE - off);
		struct page *page;
		char *at;

		if (addr >= TASK_SIZE_MAX)
			break;
		page = get_remote_page(mm, addr, write);
		if (IS_ERR(page))
			break;
		at = (char *)page_address(page) + off;
		if (write) {
			memcpy(at, buf + done, n);
			if (!PageAnon(page))
				SetPageDirty(page);
		} else {
			memcpy(buf + done, at, n);
		}
		put_page(page);
		done += n;
		addr += n;
	}
	mmap_read_unlock(mm);
	return done;
}

/*
 * exec: a page of the stack of an mm that does not run yet. mmap_lock is held, and the stack has
 * grown as far as addr already.
 */
struct page *get_user_page_for_write(struct mm_struct *mm, unsigned long addr)
{
	ASSERT(rwsem_is_locked(&mm->mmap_lock));
	return addr < TASK_SIZE_MAX ? get_remote_page(mm, addr, true) : ERR_PTR(-EFAULT);
}
