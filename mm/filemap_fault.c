/* SPDX-License-Identifier: MIT */
/*
 * Mappings of files: what a fault finds in the page cache. Linux's twin: mm/filemap.c. Callers: the
 * fault handler (mm/memory.c), with mmap_lock for read, through ->fault and ->map_pages. Locks: the
 * page's for a page that may be truncated; mapping->lock for the walk over cached neighbours. Left
 * out: readahead.
 */
#include "internal.h"

/* Pages that the file has, its last one perhaps in part. */
static pgoff_t file_pages(struct address_space *mapping)
{
	return ((u64)i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static vm_fault_t filemap_fault(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct address_space *mapping = file->f_mapping;
	vm_fault_t ret = 0;
	struct page *page;

	if (unlikely(vmf->pgoff >= file_pages(mapping)))
		return VM_FAULT_SIGBUS;
	page = find_get_page(mapping, vmf->pgoff);
	if (unlikely(!page || !PageUptodate(page))) {
		if (page)
			put_page(page);
		ret = VM_FAULT_MAJOR;
		page = read_mapping_page(mapping, vmf->pgoff, file);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
		/* truncate_setsize() writes the size, then drops pages: it sees ours, or we it. */
		if (vmf->pgoff >= file_pages(mapping)) {
			put_page(page);
			return VM_FAULT_SIGBUS;
		}
	}
	vmf->page = page;
	return ret;
}

/*
 * Maps all pages of [start, end] that are cached, and not mapped yet, beside the one wanted. Both
 * locks that matter are held, the page table's and (here) the cache's: so no page is being
 * truncated. The pages of an aligned group of 64 share a tree node: their slots lie in a row.
 */
int filemap_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	struct vm_area_struct *vma = vmf->vma;
	struct address_space *mapping = vma->vm_file->f_mapping;
	pgoff_t want = vmf->pgoff, pages = file_pages(mapping);
	struct page **slot;
	pte_t *pte;
	int mapped = 0;

	if (unlikely(want >= pages))
		return 0;
	start = max(start, want & ~(pgoff_t)(RADIX_TREE_SLOTS - 1));
	end = min(min(end, want | (RADIX_TREE_SLOTS - 1)), pages - 1);

	spin_lock(&mapping->lock);
	slot = (struct page **)radix_tree_lookup_slot(&mapping->i_pages, want);
	if (!slot)
		goto out;
	if (!mapping->i_pages.shift)	/* a single page, in the root itself */
		start = end = want;
	slot -= want - start;
	pte = vmf->pte - (want - start);
	for (; start <= end; start++, slot++, pte++) {
		struct page *page = *slot;

		if (!page || !PageUptodate(page) || !pte_none(*pte))
			continue;
		get_page(page);
		set_pte(pte, mk_pte(page, vma->vm_page_prot));
		mapped++;
	}
out:
	spin_unlock(&mapping->lock);
	return mapped;
}

/* First write to a shared page: locked, so that truncation and writing back wait. */
static vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct page *page = vmf->page;

	file_update_time(file);
	lock_page(page);
	if (page->mapping != file->f_mapping) {
		unlock_page(page);
		return VM_FAULT_NOPAGE;
	}
	SetPageDirty(page);
	return VM_FAULT_LOCKED;
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = filemap_page_mkwrite,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!file->f_mapping->a_ops->readpage)
		return -ENOEXEC;
	file_accessed(file);
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}
