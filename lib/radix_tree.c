/* SPDX-License-Identifier: MIT */
/*
 * Radix tree from 64-bit indices to pointers (Linux's lib/radix-tree.c, lib/xarray.c).
 *
 * Invariants: shift is a multiple of 6; max_index is the largest index that shift bits hold; no
 * node is empty; an empty tree has shift 0; except after a failed insertion, the root node has
 * something beside slot 0. Locks: the caller's.
 */
#include <vitrix/radix_tree.h>
#include <vitrix/err.h>
#include <vitrix/bug.h>

#define SLOT_MASK	(RADIX_TREE_SLOTS - 1)

/* The largest index of @shift bits; the eleventh level has some to spare. */
static u64 max_of(unsigned int shift)
{
	return shift >= 64 ? ~0ull : (1ull << shift) - 1;
}

static void set_shift(struct radix_tree *tree, unsigned int shift)
{
	tree->shift = shift;
	tree->max_index = max_of(shift);
}

/* Make the tree high enough for @index. An empty tree just changes its height. */
static int grow(struct radix_tree *tree, u64 index)
{
	while (index > tree->max_index) {
		if (tree->root) {
			struct radix_tree_node *node = radix_alloc_node();

			if (!node)
				return -ENOMEM;
			node->slots[0] = tree->root;
			node->count = 1;
			tree->root = node;
		}
		set_shift(tree, tree->shift + RADIX_TREE_BITS);
	}
	return 0;
}

/* A root node with nothing but slot 0 is a level too many. */
static void shrink(struct radix_tree *tree)
{
	if (!tree->root) {
		set_shift(tree, 0);
		return;
	}
	while (tree->shift) {
		struct radix_tree_node *node = tree->root;

		if (node->count != 1 || !node->slots[0])
			break;
		tree->root = node->slots[0];
		set_shift(tree, tree->shift - RADIX_TREE_BITS);
		radix_free_node(node);
	}
}

/*
 * Walk towards @index and record the slot at each level, the root's first. Returns how many:
 * as far as nodes exist. The last one is the item's slot if all of them do.
 */
static int walk(struct radix_tree *tree, u64 index, void **path[RADIX_TREE_LEVELS + 1])
{
	unsigned int shift = tree->shift;
	int depth = 0;

	path[depth++] = &tree->root;
	while (shift && *path[depth - 1]) {
		struct radix_tree_node *node = *path[depth - 1];

		ASSERT(depth <= RADIX_TREE_LEVELS);
		shift -= RADIX_TREE_BITS;
		path[depth++] = &node->slots[(index >> shift) & SLOT_MASK];
	}
	return depth;
}

/* The last slot of the path became NULL (or never was set): free nodes that are empty. */
static void prune(struct radix_tree *tree, void **path[], int depth)
{
	while (--depth > 0) {
		struct radix_tree_node *node = *path[depth - 1];

		if (node->count)
			break;
		radix_free_node(node);
		*path[depth - 1] = NULL;
		if (depth > 1)
			((struct radix_tree_node *)*path[depth - 2])->count--;
	}
	shrink(tree);
}

int radix_tree_insert(struct radix_tree *tree, u64 index, void *item)
{
	struct radix_tree_node *parent = NULL;
	void **path[RADIX_TREE_LEVELS + 1];
	unsigned int shift;
	void **slot;

	ASSERT(item);
	if (grow(tree, index))
		goto no_memory;

	slot = &tree->root;
	for (shift = tree->shift; shift;) {
		struct radix_tree_node *node = *slot;

		if (!node) {
			node = radix_alloc_node();
			if (!node)
				goto no_memory;
			*slot = node;
			if (parent)
				parent->count++;
		}
		parent = node;
		shift -= RADIX_TREE_BITS;
		slot = &node->slots[(index >> shift) & SLOT_MASK];
	}
	if (*slot)
		return -EEXIST;
	*slot = item;
	if (parent)
		parent->count++;
	return 0;

no_memory:
	if (index <= tree->max_index)
		prune(tree, path, walk(tree, index, path));
	else
		shrink(tree);
	return -ENOMEM;
}

void *radix_tree_delete(struct radix_tree *tree, u64 index)
{
	void **path[RADIX_TREE_LEVELS + 1];
	void *item;
	int depth;

	if (index > tree->max_index)
		return NULL;
	depth = walk(tree, index, path);
	item = *path[depth - 1];
	if (!item)
		return NULL;
	*path[depth - 1] = NULL;
	if (depth > 1) {
		struct radix_tree_node *node = *path[depth - 2];

		ASSERT(node->count > 0);
		node->count--;
	}
	prune(tree, path, depth);
	return item;
}

void **radix_tree_lookup_slot(struct radix_tree *tree, u64 index)
{
	unsigned int shift = tree->shift;
	void **slot = &tree->root;

	if (index > tree->max_index)
		return NULL;
	while (*slot && shift) {
		struct radix_tree_node *node = *slot;

		shift -= RADIX_TREE_BITS;
		slot = &node->slots[(index >> shift) & SLOT_MASK];
	}
	return *slot ? slot : NULL;
}

/*
 * Go down towards *@index; where a slot is empty take the next one of the node that is not, with
 * the index bits below it zero. A node without one: go on behind it, from the root.
 */
void *radix_tree_next(const struct radix_tree *tree, u64 *index)
{
	u64 i = *index;

	if (!tree->root)
		return NULL;
	while (i <= tree->max_index) {
		unsigned int shift = tree->shift;
		void *p = tree->root;

		while (shift) {
			struct radix_tree_node *node = p;
			u64 below = max_of(shift);
			unsigned int n;

			shift -= RADIX_TREE_BITS;
			n = (i >> shift) & SLOT_MASK;
			if (!node->slots[n]) {
				while (n < RADIX_TREE_SLOTS && !node->slots[n])
					n++;
				if (n == RADIX_TREE_SLOTS) {
					i |= below;
					break;
				}
				i = (i & ~below) | (u64)n << shift;
			}
			p = node->slots[n];
			if (!shift) {
				*index = i;
				return p;
			}
		}
		if (!tree->shift) {
			*index = 0;
			return p;
		}
		if (++i == 0)
			break;
	}
	return NULL;
}
