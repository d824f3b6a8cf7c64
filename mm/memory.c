/* SPDX-License-Identifier: MIT */
/*
 * Page faults: an address is in an area that allows the access, but the page table does not (yet).
 *
 *	do_page_fault -> handle_mm_fault -+- no entry ---+- anonymous area: do_anonymous_page
 *	                                  |              |      read   the zero page, read-only
 *	                                  |              |      write  a new zeroed page
 *	                                  |              +- area of a file: do_fault
 *	                                  |                     read   page cache page (and up to 15
 *	                                  |                            neighbours that are cached)
 *	                                  |                     write, private  a copy of it
 *	                                  |                     write, shared   itself, dirty
 *	                                  +- write to a read-only entry: do_wp_page
 *	                                                        shared         now dirty, writable
 *	                                                        anonymous, ours alone   take it back
 *	                                                        else           copy
 *
 * Copy-on-write: fork makes both sides' entries of an anonymous page read-only and counts the
 * second reference (_refcount 2). Who writes first copies, and drops the count to 1; who writes
 * next finds that he is the only owner, and just gets the write bit back.
 *
 *	before      parent --rw--> [page:1]
 *	fork        parent --r---> [page:2] <---r-- child
 *	child wr.   parent --r---> [page:1]         child --rw--> [copy:1]
 *	parent wr.  parent --rw--> [page:1]
 *
 * Linux's twin: mm/memory.c. Context: mmap_lock for read; everything may sleep until
 * page_table_lock is taken. Each handler prepares its page first, then locks, looks whether the
 * entry is still as it was, and sets it; if it is not, somebody was faster: the page goes back and
 * the access is tried again. No page lock is held meanwhile: a page that truncation took out of the
 * page cache has lost its ->mapping before truncation looks through the page tables (under the same
 * lock) for the last time, so that checking ->mapping under page_table_lock is enough.
 */
#include "internal.h"
#include <generated/trace_events.h>

#define FAULT_AROUND_BYTES	(16 * PAGE_SIZE)

static pte_t user_pte(struct vm_fault *vmf, struct page *page, bool write)
{
	pte_t pte = mk_pte(page, vmf->vma->vm_page_prot);

	if (!write)
		return pte;
	/* ptrace may write where the program may not: a copy, dirty, but not writable */
	pte = pte_mkdirty(pte);
	return vmf->vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

/* For the event of the fault, if anybody watches faults. */
static __always_inline void note_done(u8 done)
{
	if (static_branch_unlikely(&trace_key_fault))
		current->trace_fault_done = done;
}

static bool page_was_truncated(struct page *page)
{
	return PageFlag(page, PG_file) && !READ_ONCE(page->mapping);
}

/* Empty entry: sets it, unless another thread was faster. Consumes the reference either way. */
static void install_pte(struct vm_fault *vmf, struct page *page, pte_t pte)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	spin_lock(&mm->page_table_lock);
	if (unlikely(!pte_none(*vmf->pte)) || unlikely(page_was_truncated(page))) {
		spin_unlock(&mm->page_table_lock);
		put_page(page);
		return;
	}
	set_pte(vmf->pte, pte);
	account_mapped_page(mm, page);	/* unlocked, the page may be gone already */
	spin_unlock(&mm->page_table_lock);
}

/* ---- anonymous memory ---- */

static vm_fault_t do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct page *page;

	if (!(vmf->flags & FAULT_FLAG_WRITE)) {
		pte_t zero = pte_mkspecial(mk_pte(empty_zero_page, vma->vm_page_prot));

		spin_lock(&mm->page_table_lock);
		if (pte_none(*vmf->pte))
			set_pte(vmf->pte, zero);
		spin_unlock(&mm->page_table_lock);
		note_done(FAULT_DONE_ZERO_PAGE);
		return 0;
	}
	page = alloc_anon_page(__GFP_ZERO);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	vma->has_anon = true;
	note_done(FAULT_DONE_NEW_PAGE);
	install_pte(vmf, page, user_pte(vmf, page, true));
	return 0;
}

/* ---- areas of files ---- */

/* Maps what the page cache has of the 64 KiB around. Is the wanted page among it? */
static bool do_fault_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long start = max(vmf->address & ~(FAULT_AROUND_BYTES - 1), vma->vm_start);
	unsigned long last = min(vmf->address | (FAULT_AROUND_BYTES - 1), vma->vm_end - 1);
	int mapped;
	bool hit;

	/* 64 KiB aligned: never beyond the page table that vmf->pte is in */
	spin_lock(&mm->page_table_lock);
	mapped = vma->vm_ops->map_pages(vmf, linear_page_index(vma, start),
					linear_page_index(vma, last));
	hit = !pte_none(*vmf->pte);
	spin_unlock(&mm->page_table_lock);
	if (mapped) {
		bool shmem = vma->vm_file->f_mapping->in_memory_only;

		atomic_long_add(mapped, shmem ? &mm->rss_shmem : &mm->rss_file);
		atomic_long_add(mapped, &nr_file_mapped);
	}
	return hit;
}

static vm_fault_t do_read_fault(struct vm_fault *vmf)
{
	const struct vm_operations_struct *ops = vmf->vma->vm_ops;
	vm_fault_t ret;

	if (ops->map_pages && do_fault_around(vmf))
		return 0;
	ret = ops->fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	if (ret & VM_FAULT_LOCKED)
		unlock_page(vmf->page);
	install_pte(vmf, vmf->page, user_pte(vmf, vmf->page, false));
	return ret & VM_FAULT_MAJOR;
}

static vm_fault_t do_cow_fault(struct vm_fault *vmf)
{
	struct page *new = alloc_anon_page(0), *old;
	bool truncated;
	vm_fault_t ret;

	if (unlikely(!new))
		return VM_FAULT_OOM;
	ret = vmf->vma->vm_ops->fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY))) {
		put_page(new);
		return ret;
	}
	old = vmf->page;
	copy_page(page_address(new), page_address(old));
	if (ret & VM_FAULT_LOCKED)
		unlock_page(old);
	vmf->vma->has_anon = true;
	/* A copy of what is no more in the file must not stay behind either: do it over. */
	spin_lock(&vmf->vma->vm_mm->page_table_lock);
	truncated = page_was_truncated(old);
	if (likely(!truncated && pte_none(*vmf->pte))) {
		set_pte(vmf->pte, user_pte(vmf, new, true));
		account_mapped_page(vmf->vma->vm_mm, new);
		spin_unlock(&vmf->vma->vm_mm->page_table_lock);
	} else {
		spin_unlock(&vmf->vma->vm_mm->page_table_lock);
		put_page(new);
	}
	put_page(old);
	return ret & VM_FAULT_MAJOR;
}

/*
 * The file hears that page is about to be written through the mapping. 0: go on, page locked if
 * *locked; else the fault's result.
 */
static vm_fault_t tell_of_write(struct vm_fault *vmf, struct page *page, bool *locked)
{
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret;

	*locked = false;
	if (!vma->vm_ops || !vma->vm_ops->page_mkwrite) {
		if (vma->vm_file && PageFlag(page, PG_file))
			file_update_time(vma->vm_file);
		return 0;
	}
	vmf->page = page;
	ret = vma->vm_ops->page_mkwrite(vmf);
	if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY))
		return ret;
	*locked = ret & VM_FAULT_LOCKED;
	return 0;
}

static vm_fault_t do_shared_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = vmf->vma->vm_ops->fault(vmf), told;
	struct page *page;
	bool locked;

	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	page = vmf->page;
	if (ret & VM_FAULT_LOCKED)
		unlock_page(page);
	told = tell_of_write(vmf, page, &locked);
	if (told) {
		put_page(page);
		return told;
	}
	if (!PageDirty(page))
		SetPageDirty(page);
	get_page(page);		/* install_pte consumes one, and unlocking needs one */
	install_pte(vmf, page, user_pte(vmf, page, true));
	if (locked)
		unlock_page(page);
	put_page(page);
	return ret & VM_FAULT_MAJOR;
}

static vm_fault_t do_fault(struct vm_fault *vmf)
{
	if (unlikely(!vmf->vma->vm_ops->fault))
		return VM_FAULT_SIGBUS;
	note_done(FAULT_DONE_FILE_PAGE);
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(vmf);
	if (!(vmf->vma->vm_flags & VM_SHARED)) {
		note_done(FAULT_DONE_FILE_COPY);
		return do_cow_fault(vmf);
	}
	return do_shared_fault(vmf);
}

/* ---- writes to read-only entries ---- */

/* The entry is still what we saw: it gets the write bit. Needs no flush, only rights are gained. */
static vm_fault_t make_writable(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	spin_lock(&mm->page_table_lock);
	if (pte_val(*vmf->pte) == pte_val(vmf->orig_pte)) {
		pte_t pte = pte_mkyoung(pte_mkdirty(vmf->orig_pte));

		set_pte(vmf->pte, vmf->vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte);
		note_done(FAULT_DONE_WRITABLE);
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

static vm_fault_t wp_shared(struct vm_fault *vmf, struct page *page)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	vm_fault_t ret;
	bool locked;

	if (!page)
		return make_writable(vmf);
	/* page_mkwrite sleeps: the page must not go away meanwhile */
	spin_lock(&mm->page_table_lock);
	if (pte_val(*vmf->pte) != pte_val(vmf->orig_pte)) {
		spin_unlock(&mm->page_table_lock);
		return 0;
	}
	get_page(page);
	spin_unlock(&mm->page_table_lock);
	ret = tell_of_write(vmf, page, &locked);
	if (!ret) {
		if (!PageDirty(page))
			SetPageDirty(page);
		ret = make_writable(vmf);
		if (locked)
			unlock_page(page);
	}
	put_page(page);
	return ret;
}

/* What a private special entry shows, other than zeroes: device memory that is RAM, or nothing. */
static void *special_source(pte_t pte)
{
	return pfn_valid(pte_pfn(pte)) ? page_address(pte_page(pte)) : NULL;
}

/* old NULL: the zero page, or memory that nobody counts. */
static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct page *old)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	bool zero = !old && pte_pfn(vmf->orig_pte) == page_to_pfn(empty_zero_page);
	struct page *new = alloc_anon_page(zero ? __GFP_ZERO : 0);
	void *source;

	if (unlikely(!new))
		return VM_FAULT_OOM;
	source = old ? page_address(old) : zero ? NULL : special_source(vmf->orig_pte);
	if (!source && !zero) {
		put_page(new);
		return VM_FAULT_SIGBUS;
	}
	vma->has_anon = true;

	spin_lock(&mm->page_table_lock);
	if (unlikely(pte_val(*vmf->pte) != pte_val(vmf->orig_pte))) {
		spin_unlock(&mm->page_table_lock);
		put_page(new);
		return 0;
	}
	/* Under the lock, since the entry's reference is what keeps old there. */
	if (source)
		copy_page(page_address(new), source);
	/*
	 * No thread may read the old page while another, on a CPU whose TLB knew nothing of it,
	 * writes to the new one already: first the old one goes, everywhere.
	 */
	set_pte(vmf->pte, (pte_t){ 0 });
	flush_tlb_page(mm, vmf->address);
	set_pte(vmf->pte, user_pte(vmf, new, true));
	if (!old || !PageAnon(old))	/* one anonymous page for another: counters stay */
		account_mapped_page(mm, new);
	spin_unlock(&mm->page_table_lock);
	note_done(FAULT_DONE_COW_COPY);

	if (old && !PageAnon(old)) {
		atomic_long_dec(rss_counter(mm, old));
		atomic_long_dec(&nr_file_mapped);
	}
	if (old)
		put_page(old);
	return 0;
}

/* A write hit an entry without the write bit, in an area that may be written. */
vm_fault_t __path do_wp_page(struct vm_fault *vmf)
{
	struct page *page = pte_special(vmf->orig_pte) ? NULL : pte_page(vmf->orig_pte);
	struct mm_struct *mm = vmf->vma->vm_mm;

	if (vmf->vma->vm_flags & VM_SHARED)
		return wp_shared(vmf, page);
	if (page) {
		pte_t pte = pte_mkyoung(pte_mkdirty(vmf->orig_pte));

		if (vmf->vma->vm_flags & VM_WRITE)
			pte = pte_mkwrite(pte);
		spin_lock(&mm->page_table_lock);
		if (pte_val(*vmf->pte) != pte_val(vmf->orig_pte)) {
			spin_unlock(&mm->page_table_lock);
			return 0;
		}
		/* The only reference is ours: nobody can get another without page_table_lock. */
		if (PageAnon(page) && page_count(page) == 1) {
			set_pte(vmf->pte, pte);
			spin_unlock(&mm->page_table_lock);
			note_done(FAULT_DONE_TAKEN_BACK);
			return 0;
		}
		spin_unlock(&mm->page_table_lock);
	}
	return wp_page_copy(vmf, page);
}

/* ---- entry points ---- */

/*
 * Makes address usable as flags say. The caller has checked the area's rights. VM_FAULT_*: 0 also
 * where the access just has to be tried again. mmap_lock held for read; may sleep.
 */
__bounded_frame vm_fault_t __path handle_mm_fault(struct vm_area_struct *vma, unsigned long address,
				  unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = vma,
		.flags = flags,
		.address = address & PAGE_MASK,
		.pgoff = linear_page_index(vma, address),
	};

	vmf.pte = pte_alloc_map(vma->vm_mm, vmf.address, &vmf.pmd);
	if (unlikely(!vmf.pte))
		return VM_FAULT_OOM;
	vmf.orig_pte = READ_ONCE(*vmf.pte);
	if (pte_none(vmf.orig_pte))
		return vma_is_anonymous(vma) ? do_anonymous_page(&vmf) : do_fault(&vmf);
	if ((flags & FAULT_FLAG_WRITE) && !pte_write(vmf.orig_pte))
		return do_wp_page(&vmf);
	return 0;	/* another thread was faster, or this CPU's TLB is behind */
}

/*
 * Maps device memory: size bytes of frames from pfn at addr, which no struct page counts. For
 * ->mmap. 0, -ENOMEM, -EINVAL. mmap_lock held for write.
 */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long end = addr + PAGE_ALIGN(size);
	pmd_t *pmd;

	if (addr < vma->vm_start || end > vma->vm_end || end < addr || offset_in_page(addr))
		return -EINVAL;
	/* A private copy would have to know where the original is: only whole areas, as Linux. */
	if (is_cow_mapping(vma->vm_flags) && (addr != vma->vm_start || end != vma->vm_end))
		return -EINVAL;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	for (; addr < end; addr += PAGE_SIZE, pfn++) {
		pte_t *pte = pte_alloc_map(mm, addr, &pmd);

		if (!pte)
			return -ENOMEM;
		spin_lock(&mm->page_table_lock);
		set_pte(pte, pte_mkspecial(pfn_pte(pfn, prot)));
		spin_unlock(&mm->page_table_lock);
	}
	return 0;
}
