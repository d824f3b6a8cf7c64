/* SPDX-License-Identifier: MIT */
/*
 * mincore(2): which pages are in memory. Of a file that means in the page cache, whoever reads it:
 * told only to who could write the file anyway, since it betrays what others read. Linux's twin:
 * mm/mincore.c. Locks: mmap_lock for read, never while the answer is copied out.
 */
#include "internal.h"
#include <generated/syscalls.h>

static bool can_do_mincore(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return true;
	return inode_owner_or_capable(file_inode(vma->vm_file)) ||
		inode_permission(file_inode(vma->vm_file), MAY_WRITE) == 0;
}

static unsigned char page_in_cache(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	unsigned char in;

	if (!vma->vm_file)
		return 0;
	page = find_get_page(vma->vm_file->f_mapping, linear_page_index(vma, addr));
	if (!page)
		return 0;
	in = PageUptodate(page);
	put_page(page);
	return in;
}

/*
 * Fills vec for up to n pages from addr; how many, or -ENOMEM at a hole. mmap_lock held for read.
 */
static long mincore_chunk(struct mm_struct *mm, unsigned long addr, unsigned long n,
			  unsigned char *vec)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	unsigned long end, i = 0, next;
	bool may;

	if (!vma || vma->vm_start > addr)
		return -ENOMEM;
	end = min(vma->vm_end, addr + (n << PAGE_SHIFT));
	may = can_do_mincore(vma);
	for (; addr < end; addr += PAGE_SIZE) {
		pte_t *pte;

		if (!may) {
			vec[i++] = 1;
			continue;
		}
		pte = next_pte_table(mm, addr, end, &next);
		vec[i++] = pte && !pte_none(READ_ONCE(*pte)) ? 1 : page_in_cache(vma, addr);
	}
	return i;
}

long __x64_sys_mincore(unsigned long start, size_t len, unsigned char __user *vec)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages = (len >> PAGE_SHIFT) + !!offset_in_page(len);
	unsigned char *tmp;
	long ret = 0;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok((void *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	tmp = (unsigned char *)__get_free_page(GFP_USER);
	if (!tmp)
		return -EAGAIN;
	while (pages) {
		mmap_read_lock(mm);
		ret = mincore_chunk(mm, start, min(pages, PAGE_SIZE), tmp);
		mmap_read_unlock(mm);
		if (ret <= 0)
			break;
		if (copy_to_user(vec, tmp, ret)) {
			ret = -EFAULT;
			break;
		}
		pages -= ret;
		vec += ret;
		start += ret << PAGE_SHIFT;
		ret = 0;
		cond_resched();
	}
	free_page((unsigned long)tmp);
	return ret;
}
