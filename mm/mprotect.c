/* SPDX-License-Identifier: MIT */
/*
 * mprotect(2): new rights for a range. The area's flags change, then the entries that exist
 * already; those of private areas lose RW in any case unless the page is surely nobody else's, and
 * the next write fault sorts it out.
 *
 * Linux's twin: mm/mprotect.c. Lock: mmap_lock for write, so no fault runs in this mm meanwhile.
 */
#include "internal.h"
#include <generated/syscalls.h>
#include <linux/personality.h>

/* Does new allow less than old? Then what the TLB remembers must go. */
static bool loses_rights(u64 old, u64 new)
{
	return (old & (_PAGE_PRESENT | _PAGE_RW) & ~new) || (new & ~old & _PAGE_NX);
}

static pte_t new_entry(struct vm_area_struct *vma, pte_t old)
{
	pte_t pte = pte_modify(old, vma->vm_page_prot);
	struct page *page;

	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) != VM_WRITE || pte_special(old))
		return pte;
	/* A private page with one reference is ours alone: spare it the write fault. */
	page = pte_page(old);
	if (PageAnon(page) && page_count(page) == 1)
		pte = pte_mkwrite(pte_mkdirty(pte));
	return pte;
}

static void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start, next;
	bool flush = false;

	for (; addr < end; addr = next) {
		pte_t *pte = next_pte_table(mm, addr, end, &next);

		if (!pte)
			continue;
		spin_lock(&mm->page_table_lock);
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			pte_t old;

			if (pte_none(*pte)) {
				unsigned int step = pte_none_step(pte, addr, next) - 1;

				addr += step * PAGE_SIZE;
				pte += step;
				continue;
			}
			/* The CPU may set the dirty bit at any time: take the entry out first. */
			old.pte = xchg(&pte->pte, 0);
			set_pte(pte, new_entry(vma, old));
			flush |= loses_rights(old.pte, pte->pte);
		}
		spin_unlock(&mm->page_table_lock);
	}
	if (flush)
		flush_tlb_range(mm, start, end);
}

/* What becomes writable now, and was promised to nobody yet, must be paid for. *charged: pages. */
static int charge_for_write(struct vm_area_struct *vma, unsigned long *newflags, long npages,
			    long *charged)
{
	unsigned long oldflags = vma->vm_flags;

	*charged = 0;
	if (!(*newflags & VM_WRITE))
		return 0;
	if (!may_expand_vm(vma->vm_mm, *newflags, npages) &&
	    may_expand_vm(vma->vm_mm, oldflags, npages))
		return -ENOMEM;
	if (oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))
		return 0;
	if (vm_enough_memory(vma->vm_mm, npages))
		return -ENOMEM;
	*charged = npages;
	*newflags |= VM_ACCOUNT;
	return 0;
}

int mprotect_fixup(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		   unsigned long newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long oldflags = vma->vm_flags;
	long npages = (end - start) >> PAGE_SHIFT, charged;
	int err;

	if (newflags == oldflags)
		return 0;
	err = charge_for_write(vma, &newflags, npages, &charged);
	if (err)
		return err;
	err = vma_change_flags(&vma, start, end, newflags);
	if (err) {
		vm_unacct_memory(charged);
		return err;
	}
	vm_stat_account(mm, oldflags, -npages);
	vm_stat_account(mm, newflags, npages);
	change_protection(vma, start, end);
	/* Private pages that may be written now are fetched when the memory is locked. */
	if ((newflags & (VM_LOCKED | VM_SHARED | VM_WRITE)) == (VM_LOCKED | VM_WRITE) &&
	    !(oldflags & VM_WRITE))
		populate_vma_range(vma, start, end);
	return 0;
}

/* Applies prot to each area of [start, end); stops at the first error or hole. */
static int protect_range(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, unsigned long prot, bool rier)
{
	while (true) {
		unsigned long p = prot, newflags, stop = min(vma->vm_end, end);
		int err;

		if (rier && (vma->vm_flags & VM_MAYEXEC))
			p |= PROT_EXEC;
		newflags = (p & VM_ACCESS_FLAGS) | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		/* VM_MAY* lie four bits above the rights that they allow */
		if (newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS)
			return -EACCES;
		err = mprotect_fixup(vma, start, stop, newflags);
		if (err)
			return err;
		start = stop;
		if (start >= end)
			return 0;
		vma = find_vma(mm, start);
		/* It begins before start if the last one was merged with it. */
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
	}
}

long __x64_sys_mprotect(unsigned long start, size_t len, unsigned long prot)
{
	const unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long end;
	bool rier = (current->personality & READ_IMPLIES_EXEC) && (prot & PROT_READ);
	int err;

	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = -ENOMEM;
	vma = find_vma(mm, start);
	if (!vma)
		goto out;
	if (grows & PROT_GROWSDOWN) {
		if (vma->vm_start >= end)
			goto out;
		start = vma->vm_start;
		err = -EINVAL;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			goto out;
	} else {
		if (vma->vm_start > start)
			goto out;
		err = -EINVAL;		/* nothing grows up on this machine */
		if (grows & PROT_GROWSUP)
			goto out;
	}
	err = protect_range(mm, vma, start, end, prot, rier);
out:
	mmap_write_unlock(mm);
	return err;
}
