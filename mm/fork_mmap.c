/* SPDX-License-Identifier: MIT */
/*
 * An address space's birth by fork and its death. The child gets a copy of every area, but page
 * table entries only where a fault could not find the page again: for areas that hold anonymous
 * pages (has_anon) or device memory. Those entries lose the write bit on both sides; mm/memory.c's
 * head shows what the first write does then.
 *
 * Linux's twin: dup_mmap() in kernel/fork.c, copy_page_range() in mm/memory.c, exit_mmap() in
 * mm/mmap.c. Locks: both mmap_locks for write, the parent's first; both page_table_locks in that
 * order.
 */
#include <arch/ldt.h>
#include "internal.h"

struct copied { long anon, file, shmem; };

/*
 * Shares n entries of one table. page_table_lock of both held. Returns whether the parent lost
 * rights.
 */
static bool copy_ptes(pte_t *dst, pte_t *src, unsigned long addr, unsigned long end, bool cow,
		      struct copied *n)
{
	bool protected = false;

	while (addr < end) {
		pte_t pte = READ_ONCE(*src);
		unsigned int step = 1;

		if (pte_none(pte)) {
			step = pte_none_step(src, addr, end);
			goto next;
		}
		if (cow && pte_write(pte)) {
			/* the CPU may set the dirty bit meanwhile: only our bit changes */
			__atomic_fetch_and(&src->pte, ~_PAGE_RW, __ATOMIC_SEQ_CST);
			pte = pte_wrprotect(pte);
			protected = true;
		}
		if (!pte_special(pte)) {
			struct page *page = pte_page(pte);

			get_page(page);
			if (PageAnon(page))
				n->anon++;
			else if (PageFlag(page, PG_shmem))
				n->shmem++;
			else
				n->file++;
		}
		set_pte(dst, pte);
next:
		addr += step * PAGE_SIZE;
		src += step;
		dst += step;
	}
	return protected;
}

static void account_copied(struct mm_struct *mm, const struct copied *n)
{
	if (n->anon) {
		atomic_long_add(n->anon, &mm->rss_anon);
		atomic_long_add(n->anon, &nr_anon_pages);
	}
	if (n->file)
		atomic_long_add(n->file, &mm->rss_file);
	if (n->shmem)
		atomic_long_add(n->shmem, &mm->rss_shmem);
	if (n->file + n->shmem)
		atomic_long_add(n->file + n->shmem, &nr_file_mapped);
}

/*
 * vma is the parent's; dst has its copy, on the file's list already, so that truncation sees what
 * is copied here. 0 or -ENOMEM. > 0: done, and the parent's TLB must be flushed.
 */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	bool cow = is_cow_mapping(vma->vm_flags), protected = false;
	unsigned long addr = vma->vm_start, next;
	struct copied n = { 0 };
	pmd_t *pmd;
	int err = 0;

	if (!vma->has_anon && !(vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)))
		return 0;
	for (; addr < vma->vm_end; addr = next) {
		pte_t *src_pte = next_pte_table(src, addr, vma->vm_end, &next), *dst_pte;

		if (!src_pte)
			continue;
		dst_pte = pte_alloc_map(dst, addr, &pmd);
		if (!dst_pte) {
			err = -ENOMEM;
			break;
		}
		spin_lock(&src->page_table_lock);
		spin_lock(&dst->page_table_lock);
		protected |= copy_ptes(dst_pte, src_pte, addr, next, cow, &n);
		spin_unlock(&dst->page_table_lock);
		spin_unlock(&src->page_table_lock);
	}
	account_copied(dst, &n);
	return err ? err : protected;
}

/* The child's copy of one area, without pages. Its memory is paid for, its file referenced. */
static struct vm_area_struct *dup_area(struct mm_struct *mm, struct vm_area_struct *orig)
{
	struct vm_area_struct *vma;
	long charge = orig->vm_flags & VM_ACCOUNT ? vma_pages(orig) : 0;

	if (charge && vm_enough_memory(mm, charge))
		return NULL;
	vma = vm_area_dup(orig);
	if (!vma) {
		vm_unacct_memory(charge);
		return NULL;
	}
	vma->vm_mm = mm;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (vma->vm_flags & VM_WIPEONFORK)
		vma->has_anon = false;
	if (vma->vm_file)
		get_file(vma->vm_file);
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	return vma;
}

/* The file's list, next to the original. */
static void dup_file_link(struct vm_area_struct *vma, struct vm_area_struct *orig)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = vma->vm_file->f_mapping;
	spin_lock(&mapping->i_mmap_lock);
	list_add(&vma->i_mmap_link, &orig->i_mmap_link);
	spin_unlock(&mapping->i_mmap_lock);
}

/*
 * Fills mm, which has its own page directory and no areas yet, with copies of oldmm's. -ENOMEM: mm
 * holds part of them, and exit_mmap() cleans up.
 */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct vm_area_struct *orig, *vma, *prev = NULL;
	bool flush = false;
	int err = 0;

	if (mmap_write_lock_killable(oldmm))
		return -EINTR;
	mm->mmap = mm->mmap_cache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	mm->highest_vm_end = 0;
	mm->total_vm = oldmm->total_vm;
	mm->data_vm = oldmm->data_vm;
	mm->exec_vm = oldmm->exec_vm;
	mm->stack_vm = oldmm->stack_vm;
	mm->locked_vm = 0;
	mm->def_flags = 0;
	mm->mmap_base = oldmm->mmap_base;
	mm->mmap_compat_base = oldmm->mmap_compat_base;
	mm->task_size = oldmm->task_size;
	mm->vdso32 = oldmm->vdso32;
	mm->flags = oldmm->flags & (1UL << MMF_LEGACY_LAYOUT);

	/*
	 * The child's lock is not taken: nobody knows the child yet, and truncation needs only
	 * i_mmap_lock.
	 */
	for (orig = oldmm->mmap; orig; orig = orig->vm_next) {
		if (orig->vm_flags & VM_DONTCOPY) {
			vm_stat_account(mm, orig->vm_flags, -(long)vma_pages(orig));
			continue;
		}
		vma = dup_area(mm, orig);
		if (!vma) {
			err = -ENOMEM;
			break;
		}
		vma_tree_insert(mm, vma, prev);
		dup_file_link(vma, orig);
		prev = vma;
		if (vma->vm_flags & VM_WIPEONFORK)
			continue;
		err = copy_page_range(mm, oldmm, orig);
		if (err < 0)
			break;
		flush |= err > 0;
		err = 0;
	}
	if (!err && unlikely(oldmm->ldt))
		err = ldt_dup(mm, oldmm);
	/* The copy that failed may have taken rights away before it did. */
	if (flush || err)
		flush_tlb_mm(oldmm);
	mmap_write_unlock(oldmm);
	return err;
}

/* Nobody uses mm any more. Frees areas, pages and tables; not the page directory. May sleep. */
void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	long accounted = 0;

	ASSERT(atomic_read(&mm->mm_users) == 0);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->vm_file)
			vma_unlink_file(vma);
	exit_unmap_all(mm);
	for (vma = mm->mmap; vma; vma = next) {
		next = vma->vm_next;
		if (vma->vm_flags & VM_ACCOUNT)
			accounted += vma_pages(vma);
		vma_release(vma);
	}
	vm_unacct_memory(accounted);
	mm->mmap = mm->mmap_cache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	mm->total_vm = mm->locked_vm = 0;
}
