/* SPDX-License-Identifier: MIT */
/*
 * The VMAs of an address space, ordered by address: a list, to step from one to the next, and a
 * red-black tree over the same objects, to find one.
 *
 *	low  |--A--|      |----B----||--C--|            |--D--|  high
 *	   gap A      gap B         0           gap D
 *
 * The gap of an area is the hole below it. Each tree node knows the largest gap of its subtree
 * (rb_subtree_gap), so that the search for free space skips whole subtrees: O(log n). An area that
 * grows down (a stack) claims stack_guard_gap pages of the hole below it.
 *
 * Linux's twin: mm/mmap.c (a maple tree since 6.1). Callers: the rest of mm/, fs/proc (maps), exec.
 * Lock: mm->mmap_lock, for write where the tree changes. mmap_cache is a hint that readers store
 * without order; it is cleared under the write lock before its area goes.
 */
#include "internal.h"

/* The hole below vma; smaller than none if a neighbour stands in the guard gap. */
static unsigned long vma_gap(struct vm_area_struct *vma)
{
	unsigned long start = vm_start_gap(vma), prev_end = vma->vm_prev ? vma->vm_prev->vm_end : 0;

	return start > prev_end ? start - prev_end : 0;
}

static struct vm_area_struct *vma_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct vm_area_struct, vm_rb);
}

static unsigned long compute_subtree_gap(struct vm_area_struct *vma)
{
	unsigned long gap = vma_gap(vma);

	if (vma->vm_rb.rb_left)
		gap = max(gap, vma_of(vma->vm_rb.rb_left)->rb_subtree_gap);
	if (vma->vm_rb.rb_right)
		gap = max(gap, vma_of(vma->vm_rb.rb_right)->rb_subtree_gap);
	return gap;
}

RB_DECLARE_CALLBACKS(vma_gap_callbacks, struct vm_area_struct, vm_rb, rb_subtree_gap,
		     compute_subtree_gap);

/* First area that ends above addr: it contains addr, or is the next one up. NULL: none. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache), *found = NULL;
	struct rb_node *node;

	if (likely(vma) && vma->vm_start <= addr && addr < vma->vm_end)
		return vma;
	for (node = mm->mm_rb.rb_node; node;) {
		vma = rb_entry(node, struct vm_area_struct, vm_rb);
		if (addr >= vma->vm_end) {
			node = node->rb_right;
			continue;
		}
		found = vma;
		if (addr >= vma->vm_start)
			break;
		node = node->rb_left;
	}
	if (found)
		WRITE_ONCE(mm->mmap_cache, found);
	return found;
}

/* First area that has a byte in [start, end). */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

struct vm_area_struct *vma_last(struct mm_struct *mm)
{
	return vma_of(rb_last(&mm->mm_rb));
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **next)
{
	*next = find_vma(mm, addr);
	return *next ? (*next)->vm_prev : vma_last(mm);
}

/* ---- changes ---- */

/* prev: the area before the new one, NULL if it comes first. */
void vma_tree_insert(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;
	struct rb_node *parent, **link;

	ASSERT(!prev || prev->vm_end <= vma->vm_start);
	ASSERT(!next || vma->vm_end <= next->vm_start);

	vma->vm_prev = prev;
	vma->vm_next = next;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	/* Before the tree changes shape: a rotation must not meet a summary that is out of date. */
	if (next) {
		next->vm_prev = vma;
		vma_gap_callbacks_propagate(&next->vm_rb, NULL);
	} else {
		mm->highest_vm_end = vma->vm_end;
	}

	/* Neighbours in order: either prev has no right child, or next has no left one. */
	if (prev && !prev->vm_rb.rb_right) {
		parent = &prev->vm_rb;
		link = &parent->rb_right;
	} else if (next) {
		parent = &next->vm_rb;
		link = &parent->rb_left;
	} else {
		parent = NULL;
		link = &mm->mm_rb.rb_node;
	}
	DEBUG_ASSERT(!*link);
	vma->rb_subtree_gap = 0;
	rb_link_node(&vma->vm_rb, parent, link);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	mm->map_count++;
}

void vma_tree_erase(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	ASSERT(mm->map_count > 0);
	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next) {
		next->vm_prev = prev;
		vma_gap_callbacks_propagate(&next->vm_rb, NULL);
	} else {
		mm->highest_vm_end = prev ? prev->vm_end : 0;
	}
	if (mm->mmap_cache == vma)
		mm->mmap_cache = NULL;
	mm->map_count--;
}

void vma_start_changed(struct vm_area_struct *vma)
{
	vma_gap_callbacks_propagate(&vma->vm_rb, NULL);
}

void vma_end_changed(struct vm_area_struct *vma)
{
	if (vma->vm_next)
		vma_gap_callbacks_propagate(&vma->vm_next->vm_rb, NULL);
	else
		vma->vm_mm->highest_vm_end = vma->vm_end;
}

/* ---- free space ---- */

struct gap_search { unsigned long len, low, high; };

/* Highest fit within the subtree, 0 if none. Goes right first; recursion is as deep as the tree. */
static unsigned long subtree_topdown(struct rb_node *node, const struct gap_search *s)
{
	while (node) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);
		unsigned long lo, hi;

		if (vma->rb_subtree_gap < s->len)
			return 0;
		/* All gaps to the right begin at or above our end. */
		if (node->rb_right && vma->vm_end <= s->high - s->len) {
			unsigned long found = subtree_topdown(node->rb_right, s);

			if (found)
				return found;
		}
		lo = max(vma->vm_prev ? vma->vm_prev->vm_end : 0, s->low);
		hi = min(vm_start_gap(vma), s->high);
		if (hi >= lo && hi - lo >= s->len)
			return hi - s->len;
		if (hi < s->low + s->len)
			return 0;		/* further left lies only less */
		node = node->rb_left;
	}
	return 0;
}

static unsigned long subtree_bottomup(struct rb_node *node, const struct gap_search *s)
{
	while (node) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);
		unsigned long lo, hi;

		if (vma->rb_subtree_gap < s->len)
			return 0;
		/* All gaps to the left end at or below our start. */
		if (node->rb_left && vma->vm_start >= s->low + s->len) {
			unsigned long found = subtree_bottomup(node->rb_left, s);

			if (found)
				return found;
		}
		lo = max(vma->vm_prev ? vma->vm_prev->vm_end : 0, s->low);
		hi = min(vm_start_gap(vma), s->high);
		if (hi >= lo && hi - lo >= s->len)
			return lo;
		if (vma->vm_end > s->high - s->len)
			return 0;
		node = node->rb_right;
	}
	return 0;
}

unsigned long find_gap_topdown(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high)
{
	struct gap_search s = { len, max(low, PAGE_SIZE), high };
	unsigned long found, above = max(mm->highest_vm_end, s.low);

	if (high < s.low || high - s.low < len)
		return -ENOMEM;
	if (above <= high && high - above >= len)
		return high - len;
	found = subtree_topdown(mm->mm_rb.rb_node, &s);
	return found ? found : -ENOMEM;
}

unsigned long find_gap_bottomup(struct mm_struct *mm, unsigned long len, unsigned long low,
				unsigned long high)
{
	struct gap_search s = { len, max(low, PAGE_SIZE), high };
	unsigned long found, above = max(mm->highest_vm_end, s.low);

	if (high < s.low || high - s.low < len)
		return -ENOMEM;
	found = subtree_bottomup(mm->mm_rb.rb_node, &s);
	if (found)
		return found;
	return above <= high && high - above >= len ? above : -ENOMEM;
}
