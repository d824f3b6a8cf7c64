/* SPDX-License-Identifier: MIT */
/*
 * Radix tree: a sparse array from a 64-bit index to a pointer (Linux's xarray and idr).
 *
 * Six bits of the index choose one of 64 slots at each level; the tree is just as high as its
 * largest index needs, and an item alone at index 0 sits in the root itself.
 *
 *	shift 0          shift 6                    shift 12
 *	root -> item     root -> [64 items]         root -> [64 nodes] -> [64 items]
 *	index 0          index 0..63                index 0..4095
 *
 * Users: the page cache of each inode (index: page number), the pid table. Locks: the caller's,
 * for readers too. Items are never NULL. Nodes that become empty are freed at once.
 */
#ifndef _VITRIX_RADIX_TREE_H
#define _VITRIX_RADIX_TREE_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#define RADIX_TREE_BITS		6
#define RADIX_TREE_SLOTS	(1 << RADIX_TREE_BITS)
#define RADIX_TREE_LEVELS	11	/* ceil(64 / 6) */

struct radix_tree_node {
	void *slots[RADIX_TREE_SLOTS];
	unsigned int count;		/* slots that are not NULL, never 0 in a tree */
};

struct radix_tree {
	void *root;			/* the item at index 0 if shift is 0, else a node */
	u64 max_index;			/* largest index that this height holds */
	unsigned int shift;		/* index bits that the nodes cover together */
};

#define RADIX_TREE_INIT		{ NULL, 0, 0 }

static inline void radix_tree_init(struct radix_tree *tree)
{
	*tree = (struct radix_tree) RADIX_TREE_INIT;
}

static inline bool radix_tree_empty(const struct radix_tree *tree)
{
	return tree->root == NULL;
}

/* Supplied by the kernel (a kmem_cache of struct radix_tree_node) or by the test: a node that is
 * all zero, or NULL. Called from radix_tree_insert, under the caller's locks. */
void *radix_alloc_node(void);
void radix_free_node(void *node);

/* 0, -EEXIST or -ENOMEM. On failure the set of items is as before. */
int radix_tree_insert(struct radix_tree *tree, u64 index, void *item);

/* Returns the item that was there, or NULL. */
void *radix_tree_delete(struct radix_tree *tree, u64 index);

/* The first item at or after *@index, and its index in *@index; NULL if there is none. */
void *radix_tree_next(const struct radix_tree *tree, u64 *index);

/* The place of an item that exists, to exchange it; never store NULL there. NULL: no item. */
void **radix_tree_lookup_slot(struct radix_tree *tree, u64 index);

/* The fast path of every cached read: inline, seven instructions a level. */
static inline void *radix_tree_lookup(const struct radix_tree *tree, u64 index)
{
	void *p = tree->root;
	unsigned int shift = tree->shift;

	if (index > tree->max_index)
		return NULL;
	while (shift && p) {
		shift -= RADIX_TREE_BITS;
		p = ((struct radix_tree_node *)p)->slots[(index >> shift) & (RADIX_TREE_SLOTS - 1)];
	}
	return p;
}

#endif
