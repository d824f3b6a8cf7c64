/* SPDX-License-Identifier: MIT */
/*
 * Making, splitting, merging and dropping areas (VMAs). An area is a stretch of addresses with one
 * set of rights and one source of pages; two neighbours that could be one are made one.
 *
 *	split at x:   |------A------|      ->   |---A---|--A'--|
 *	                      x                         x
 *	merge:        |--A--| new |--B--|  ->   |------A------|   (rights, file, offsets fit)
 *
 * Linux's twin: mm/mmap.c. Lock: mmap_lock for write. An area of a file is also on the file's list
 * (mapping->i_mmap, under i_mmap_lock), by which truncation finds and empties it without mmap_lock:
 * hence all changes of start, end and offset of such an area are made under i_mmap_lock, and a
 * split is one step under it.
 */
#include "internal.h"

static struct kmem_cache *vma_cache;

/* What makes an area unfit for merging: its pages are the driver's own affair. */
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)

void __init vma_cache_init(void)
{
	vma_cache = KMEM_CACHE(vm_area_struct, SLAB_PANIC);
}

/* All zero but vm_mm. NULL without memory. */
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (vma) {
		vma->vm_mm = mm;
		INIT_LIST_HEAD(&vma->i_mmap_link);
	}
	return vma;
}

/* A copy that is in no tree and on no list; takes no references. NULL without memory. */
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (vma) {
		*vma = *orig;
		INIT_LIST_HEAD(&vma->i_mmap_link);
		vma->vm_next = vma->vm_prev = NULL;
	}
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vma_cache, vma);
}

/* PTEs of a shared area whose file wants to hear of writes start read-only. */
void vma_set_page_prot(struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;

	if ((flags & VM_SHARED) && vma->vm_ops && vma->vm_ops->page_mkwrite)
		flags &= ~VM_SHARED;
	vma->vm_page_prot = vm_get_page_prot(flags);
}

/* ---- the file's list ---- */

static void i_mmap_lock(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		spin_lock(&vma->vm_file->f_mapping->i_mmap_lock);
}

static void i_mmap_unlock(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		spin_unlock(&vma->vm_file->f_mapping->i_mmap_lock);
}

void vma_link_file(struct vm_area_struct *vma)
{
	i_mmap_lock(vma);
	if (vma->vm_file)
		list_add_tail(&vma->i_mmap_link, &vma->vm_file->f_mapping->i_mmap);
	i_mmap_unlock(vma);
}

/* Afterwards truncation does not come by any more: page tables below may be freed. */
void vma_unlink_file(struct vm_area_struct *vma)
{
	i_mmap_lock(vma);
	if (vma->vm_file)
		list_del_init(&vma->i_mmap_link);
	i_mmap_unlock(vma);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	vma_tree_insert(mm, vma, prev);
	vma_link_file(vma);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_unlink_file(vma);
	vma_tree_erase(mm, vma);
}

/* May sleep. */
void vma_release(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* For exec's stack and the like. -ENOMEM: the place is taken, or too much is promised already. */
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next, *prev = find_vma_prev(mm, vma->vm_start, &next);

	if (next && next->vm_start < vma->vm_end)
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(mm, vma_pages(vma)))
		return -ENOMEM;
	if (!vma->vm_file)
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	vma_link(mm, vma, prev);
	return 0;
}

/* New borders in place; the caller has made sure that they collide with nobody. */
int vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff)
{
	bool start_moved = start != vma->vm_start, end_moved = end != vma->vm_end;

	ASSERT(start < end && IS_ALIGNED(start | end, PAGE_SIZE));
	i_mmap_lock(vma);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	i_mmap_unlock(vma);
	if (start_moved)
		vma_start_changed(vma);
	if (end_moved)
		vma_end_changed(vma);
	return 0;
}

/* Cuts vma in two at addr; the new area is the lower part if new_below. -ENOMEM. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below)
{
	struct vm_area_struct *new;
	pgoff_t pages = (addr - vma->vm_start) >> PAGE_SHIFT;

	ASSERT(addr > vma->vm_start && addr < vma->vm_end);
	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	new = vm_area_dup(vma);
	if (!new)
		return -ENOMEM;

	/* point of no return */
	if (vma->vm_file)
		get_file(vma->vm_file);
	i_mmap_lock(vma);
	if (new_below) {
		new->vm_end = addr;
		vma->vm_start = addr;
		vma->vm_pgoff += pages;
	} else {
		new->vm_start = addr;
		new->vm_pgoff += pages;
		vma->vm_end = addr;
	}
	if (vma->vm_file)
		list_add(&new->i_mmap_link, &vma->i_mmap_link);
	i_mmap_unlock(vma);

	if (new_below) {
		vma_start_changed(vma);
		vma_tree_insert(mm, new, vma->vm_prev);
	} else {
		vma_end_changed(vma);
		vma_tree_insert(mm, new, vma);
	}
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	return 0;
}

/* ---- merging ---- */

static bool same_kind(struct vm_area_struct *vma, unsigned long vm_flags, struct file *file)
{
	return vma->vm_flags == vm_flags && vma->vm_file == file && !(vm_flags & VM_SPECIAL) &&
		!(vma->vm_ops && vma->vm_ops->close);
}

/* Could an area of this kind at pgoff continue vma upwards? */
static bool can_append(struct vm_area_struct *vma, unsigned long vm_flags, struct file *file,
		       pgoff_t pgoff)
{
	return same_kind(vma, vm_flags, file) && (!file || vma->vm_pgoff + vma_pages(vma) == pgoff);
}

/* a swallows b, which follows it. b is gone. */
static void absorb_next(struct vm_area_struct *a, struct vm_area_struct *b)
{
	struct mm_struct *mm = a->vm_mm;
	unsigned long end = b->vm_end;

	ASSERT(a->vm_next == b && a->vm_end <= b->vm_start);
	a->has_anon |= b->has_anon;
	/* Both cover b's pages for a moment: truncation may come by twice, never not at all. */
	i_mmap_lock(a);
	a->vm_end = end;
	if (b->vm_file)
		list_del_init(&b->i_mmap_link);
	i_mmap_unlock(a);
	vma_tree_erase(mm, b);
	vma_end_changed(a);
	if (b->vm_file)
		fput(b->vm_file);
	vm_area_free(b);
}

/*
 * Can [addr, end), which is free, be served by making a neighbour larger? Returns that one,
 * enlarged, or NULL. prev: the area before addr.
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
				 unsigned long addr, unsigned long end, unsigned long vm_flags,
				 struct file *file, pgoff_t pgoff)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	pgoff_t pages = (end - addr) >> PAGE_SHIFT;
	bool fits_next = next && next->vm_start == end && same_kind(next, vm_flags, file) &&
		(!file || next->vm_pgoff == pgoff + pages);

	if (prev && prev->vm_end == addr && can_append(prev, vm_flags, file, pgoff)) {
		if (fits_next)
			absorb_next(prev, next);
		else
			vma_adjust(prev, prev->vm_start, end, prev->vm_pgoff);
		return prev;
	}
	if (fits_next) {
		vma_adjust(next, addr, next->vm_end, next->vm_pgoff - pages);
		return next;
	}
	return NULL;
}

/* The area that covers vma afterwards: it may have been swallowed. */
struct vm_area_struct *vma_merge_neighbours(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	if (next && next->vm_start == vma->vm_end &&
	    same_kind(next, vma->vm_flags, vma->vm_file) &&
	    can_append(vma, next->vm_flags, next->vm_file, next->vm_pgoff))
		absorb_next(vma, next);
	if (prev && prev->vm_end == vma->vm_start &&
	    same_kind(vma, prev->vm_flags, prev->vm_file) &&
	    can_append(prev, vma->vm_flags, vma->vm_file, vma->vm_pgoff)) {
		absorb_next(prev, vma);
		return prev;
	}
	return vma;
}

/* [start, end) lies in *vmap and gets newflags. -ENOMEM leaves all flags as they were. */
int vma_change_flags(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		     unsigned long newflags)
{
	struct vm_area_struct *vma = *vmap;
	struct mm_struct *mm = vma->vm_mm;
	int err = 0;

	if (start > vma->vm_start)
		err = split_vma(mm, vma, start, 1);
	if (!err && end < vma->vm_end)
		err = split_vma(mm, vma, end, 0);
	if (!err) {
		vma->vm_flags = newflags;
		vma_set_page_prot(vma);
	}
	*vmap = vma_merge_neighbours(vma);
	return err;
}
