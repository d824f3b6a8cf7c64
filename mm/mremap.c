/* SPDX-License-Identifier: MIT */
/*
 * mremap(2): an area gets longer, shorter, or another address. Moving copies no memory: the page
 * table entries go over to the new place.
 *
 * Linux's twin: mm/mremap.c. Lock: mmap_lock for write. An area of a file is moved under
 * i_mmap_lock, and the old translations are flushed before it is let go: truncation finds each page
 * at the old place or at the new, and no CPU still writes to a page that truncation has freed.
 */
#include "internal.h"
#include <generated/syscalls.h>

/* ---- page table entries ---- */

static void move_ptes(struct vm_area_struct *vma, pte_t *old_pte, unsigned long old_addr,
		      struct vm_area_struct *new_vma, pte_t *new_pte, unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *i_mmap_lock = vma->vm_file ? &vma->vm_file->f_mapping->i_mmap_lock : NULL;
	bool moved = false;

	if (i_mmap_lock)
		spin_lock(i_mmap_lock);
	spin_lock(&mm->page_table_lock);
	for (unsigned long off = 0; off < len; off += PAGE_SIZE, old_pte++, new_pte++) {
		pte_t pte;

		if (pte_none(*old_pte))
			continue;
		ASSERT(pte_none(*new_pte));
		pte.pte = xchg(&old_pte->pte, 0);
		set_pte(new_pte, pte);
		moved = true;
	}
	if (moved) {
		new_vma->has_anon |= vma->has_anon;
		flush_tlb_range(mm, old_addr, old_addr + len);
	}
	spin_unlock(&mm->page_table_lock);
	if (i_mmap_lock)
		spin_unlock(i_mmap_lock);
}

/* Bytes moved: less than len without memory for tables. Both areas stand; mmap_lock for write. */
unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr,
			       struct vm_area_struct *new_vma, unsigned long new_addr,
			       unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long done = 0, next, step;

	while (done < len) {
		unsigned long addr = old_addr + done, to = new_addr + done;
		pte_t *old_pte = next_pte_table(mm, addr, old_addr + len, &next), *new_pte;
		pmd_t *pmd;

		step = next - addr;
		if (old_pte) {
			/* as far as both tables reach */
			step = min(step, PMD_SIZE - (to & ~PMD_MASK));
			new_pte = pte_alloc_map(mm, to, &pmd);
			if (!new_pte)
				break;
			move_ptes(vma, old_pte, addr, new_vma, new_pte, step);
		}
		done += step;
		cond_resched();
	}
	return done;
}

/* ---- areas ---- */

/* Paid: pages that were charged for growth. */
struct resize { unsigned long charged; };

/* May old_len of vma at addr become new_len? 0 or -errno; growth is charged. */
static int check_resize(struct vm_area_struct *vma, unsigned long addr, unsigned long old_len,
			unsigned long new_len, unsigned long flags, struct resize *r)
{
	struct mm_struct *mm = current->mm;
	unsigned long pgoff, delta;

	r->charged = 0;
	/* old_len 0 makes a second mapping of shared pages; private ones would be new */
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return -EINVAL;
	if (old_len > vma->vm_end - addr)
		return -EFAULT;
	if (new_len == old_len)
		return 0;
	pgoff = linear_page_index(vma, addr);
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EFAULT;
	if (new_len < old_len)
		return 0;
	delta = new_len - old_len;
	if (mlock_future_check(mm, vma->vm_flags, delta))
		return -EAGAIN;
	if (!may_expand_vm(mm, vma->vm_flags, delta >> PAGE_SHIFT))
		return -ENOMEM;
	if (vma->vm_flags & VM_ACCOUNT) {
		if (vm_enough_memory(mm, delta >> PAGE_SHIFT))
			return -ENOMEM;
		r->charged = delta >> PAGE_SHIFT;
	}
	return 0;
}

static void account_growth(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	vm_stat_account(mm, vm_flags, pages);
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
}

/* Room for delta bytes right behind vma? */
static bool can_grow_in_place(struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long end = vma->vm_end + delta;

	if (end < vma->vm_end || end > vma->vm_mm->task_size)
		return false;
	return !vma->vm_next || vma->vm_next->vm_start >= end;
}

/* A copy of vma's kind at new_addr, linked; or a neighbour made larger. NULL without memory. */
static struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr,
				       unsigned long new_addr, unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	pgoff_t pgoff = linear_page_index(vma, addr);
	struct vm_area_struct *new, *next, *prev = find_vma_prev(mm, new_addr, &next);

	ASSERT(!next || next->vm_start >= new_addr + len);
	/* Not with vma itself: the caller is going to unmap that. */
	if (prev != vma && next != vma) {
		new = vma_merge(mm, prev, new_addr, new_addr + len, vma->vm_flags, vma->vm_file,
				pgoff);
		if (new)
			return new;
	}
	new = vm_area_dup(vma);
	if (!new)
		return NULL;
	new->vm_start = new_addr;
	new->vm_end = new_addr + len;
	new->vm_pgoff = pgoff;
	if (new->vm_file)
		get_file(new->vm_file);
	vma_link(mm, new, prev);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	return new;
}

/* The old place goes. What it had promised lives on in the new one: it is not given back. */
static void unmap_old(struct mm_struct *mm, unsigned long addr, unsigned long len, bool accounted)
{
	if (accounted)
		atomic_long_add(len >> PAGE_SHIFT, &vm_committed_as);
	/* May fail, for want of memory alone: then both places stay, both paid. */
	(void)do_munmap(mm, addr, len);
}

/* new_addr .. is free. r's charge is consumed. */
static unsigned long move_vma(struct vm_area_struct *vma, unsigned long addr,
			      unsigned long old_len, unsigned long new_len,
			      unsigned long new_addr, unsigned long flags, struct resize *r)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long vm_flags = vma->vm_flags, moved;
	struct vm_area_struct *new;
	long extra = 0;

	/* unmapping the middle of an area makes one more, the copy is another */
	if (mm->map_count >= sysctl_max_map_count - 3)
		goto no_memory;
	if (flags & MREMAP_DONTUNMAP) {
		/* the old area keeps what it was promised; the new one asks for its own */
		extra = vm_flags & VM_ACCOUNT ? new_len >> PAGE_SHIFT : 0;
		if (extra && vm_enough_memory(mm, extra))
			goto no_memory;
	}
	new = copy_vma(vma, addr, new_addr, new_len);
	if (!new) {
		vm_unacct_memory(extra);
		goto no_memory;
	}
	moved = move_page_tables(vma, addr, new, new_addr, old_len);
	account_growth(mm, vm_flags, new_len >> PAGE_SHIFT);
	if (moved < old_len) {
		/* Back again: those tables still exist, so this cannot fail. */
		move_page_tables(new, new_addr, vma, addr, moved);
		if (vm_flags & VM_ACCOUNT)	/* do_munmap gives back for the whole new length */
			atomic_long_add((new_len >> PAGE_SHIFT) - r->charged - extra,
					&vm_committed_as);
		do_munmap(mm, new_addr, new_len);
		return -ENOMEM;
	}
	if (new->vm_ops && new->vm_ops->mremap)
		new->vm_ops->mremap(new);
	if (flags & MREMAP_DONTUNMAP) {
		vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
		if (vm_flags & VM_LOCKED)
			mm->locked_vm -= vma_pages(vma);
		return new_addr;
	}
	if (old_len)
		unmap_old(mm, addr, old_len, vm_flags & VM_ACCOUNT);
	return new_addr;

no_memory:
	vm_unacct_memory(r->charged);
	return -ENOMEM;
}

/* MREMAP_FIXED or MREMAP_DONTUNMAP. */
static unsigned long mremap_to(unsigned long addr, unsigned long old_len, unsigned long new_addr,
			       unsigned long new_len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long map_flags = 0, ret;
	struct vm_area_struct *vma;
	struct resize r;
	int err;

	if (offset_in_page(new_addr))
		return -EINVAL;
	if (new_len > mm->task_size || new_addr > mm->task_size - new_len)
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	if (mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		err = do_munmap(mm, new_addr, new_len);
		if (err)
			return err;
	}
	if (old_len > new_len) {
		err = do_munmap(mm, addr + new_len, old_len - new_len);
		if (err)
			return err;
		old_len = new_len;
	}
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr)
		return -EFAULT;
	err = check_resize(vma, addr, old_len, new_len, flags, &r);
	if (err)
		return err;
	if ((flags & MREMAP_DONTUNMAP) &&
	    !may_expand_vm(mm, vma->vm_flags, old_len >> PAGE_SHIFT)) {
		vm_unacct_memory(r.charged);
		return -ENOMEM;
	}
	if (flags & MREMAP_FIXED)
		map_flags |= MAP_FIXED;
	if (vma->vm_flags & VM_MAYSHARE)
		map_flags |= MAP_SHARED;
	ret = get_unmapped_area(vma->vm_file, new_addr, new_len, linear_page_index(vma, addr),
				map_flags);
	if (IS_ERR_VALUE(ret)) {
		vm_unacct_memory(r.charged);
		return ret;
	}
	return move_vma(vma, addr, old_len, new_len, ret, flags, &r);
}

/* Longer, at the same place if it can be, else elsewhere if it may be. */
static unsigned long mremap_grow(struct vm_area_struct *vma, unsigned long addr,
				 unsigned long old_len, unsigned long new_len,
				 unsigned long flags)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long new_addr, pages = (new_len - old_len) >> PAGE_SHIFT;
	struct resize r;
	int err = check_resize(vma, addr, old_len, new_len, flags, &r);

	if (err)
		return err;
	if (old_len == vma->vm_end - addr && can_grow_in_place(vma, new_len - old_len)) {
		account_growth(mm, vma->vm_flags, pages);
		vma_adjust(vma, vma->vm_start, addr + new_len, vma->vm_pgoff);
		vma_merge_neighbours(vma);
		return addr;
	}
	if (!(flags & MREMAP_MAYMOVE)) {
		vm_unacct_memory(r.charged);
		return -ENOMEM;
	}
	new_addr = get_unmapped_area(vma->vm_file, 0, new_len, linear_page_index(vma, addr),
				     vma->vm_flags & VM_MAYSHARE ? MAP_SHARED : 0);
	if (IS_ERR_VALUE(new_addr)) {
		vm_unacct_memory(r.charged);
		return new_addr;
	}
	return move_vma(vma, addr, old_len, new_len, new_addr, flags, &r);
}

long __x64_sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len,
		      unsigned long flags, unsigned long new_addr)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool locked = false;
	long ret;

	if (flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (offset_in_page(addr))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr) {
		ret = -EFAULT;
		goto out;
	}
	locked = (vma->vm_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		ret = mremap_to(addr, old_len, new_addr, new_len, flags);
	} else if (old_len >= new_len) {
		ret = addr;
		if (old_len > new_len) {
			int err = do_munmap(mm, addr + new_len, old_len - new_len);

			if (err)
				ret = err;
		}
	} else {
		ret = mremap_grow(vma, addr, old_len, new_len, flags);
	}
out:
	mmap_write_unlock(mm);
	if (locked && !IS_ERR_VALUE(ret) && new_len > old_len)
		mm_populate(ret + old_len, new_len - old_len);
	return ret;
}
