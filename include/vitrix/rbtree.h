/* SPDX-License-Identifier: MIT */
/*
 * Red-black tree whose nodes live inside the caller's objects (Linux's include/linux/rbtree.h).
 *
 * The tree knows no keys. To insert, the caller walks down comparing its own objects, hangs the
 * node into the empty link that it found, then lets the tree repair its balance:
 *
 *	struct rb_node **link = &root->rb_node, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		if (key < rb_entry(parent, struct thing, node)->key)
 *			link = &parent->rb_left;
 *		else
 *			link = &parent->rb_right;
 *	}
 *	rb_link_node(&new->node, parent, link);
 *	rb_insert_color(&new->node, root);
 *
 * Invariants: the root is black, a red node has no red child, and every way from a node down to
 * an empty link passes the same number of black nodes. Hence depth <= 2 log2(n + 1).
 *
 * An augmented tree keeps in each node a summary of its subtree (the VMA tree: the largest gap).
 * The callbacks recompute it where the tree changes shape; see struct rb_augment_callbacks.
 *
 * Locks: the caller's. Callers: mm/mmap.c, kernel/sched/fair.c, kernel/time/, fs/eventpoll.c.
 */
#ifndef _VITRIX_RBTREE_H
#define _VITRIX_RBTREE_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>
#include <vitrix/list.h>	/* container_of */

/* The parent's address with the colour in bit 0, which alignment keeps free. */
#define RB_RED		0UL
#define RB_BLACK	1UL

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __attribute__((aligned(sizeof(long))));

struct rb_root {
	struct rb_node *rb_node;
};

/* A root that also remembers the first node: O(1) for "which timer is next". */
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

/*
 * @propagate: recompute @node's summary from its own value and its children's, then its
 *             parent's and so on up, until @stop (not recomputed; NULL: through the root). May
 *             end early at a node whose summary did not change.
 * @copy:      @new takes @old's place in the tree and so its summary.
 * @rotate:    @new was @old's child and is now its parent: @new takes @old's summary (the same
 *             nodes are below it), @old's is recomputed.
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *new);
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

#define RB_ROOT			((struct rb_root) { NULL })
#define RB_ROOT_CACHED		((struct rb_root_cached) { { NULL }, NULL })
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) \
	({ struct rb_node *__n = (ptr); __n ? rb_entry(__n, type, member) : NULL; })

/* A node that is its own parent is in no tree. */
#define RB_EMPTY_ROOT(root)	((root)->rb_node == NULL)
#define RB_EMPTY_NODE(node)	((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node)	((node)->__rb_parent_color = (unsigned long)(node))

#define rb_parent(node)		((struct rb_node *)((node)->__rb_parent_color & ~3UL))

/* Hang @node, red, below @parent at the empty link *@link. Balance with rb_insert_*() next. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent | RB_RED;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

void rb_insert_color(struct rb_node *node, struct rb_root *root);

/* Unlinks; @node's own fields are left as they were (RB_CLEAR_NODE is the caller's). */
void rb_erase(struct rb_node *node, struct rb_root *root);

/* @new takes the place of @victim; both must compare alike. */
void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root);

/* In key order; NULL for an empty tree and past either end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Children before parents: to free a whole tree without rebalancing it. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/*
 * Also bring the summaries up to date: those of @node and its ancestors on insert, those of the
 * removed node's former ancestors on erase. A change of an object's own value in place is the
 * caller's to announce: cb->propagate(node, NULL).
 */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *cb);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *cb);

#define rb_first_cached(root)	((root)->rb_leftmost)

/* @leftmost: the caller's walk never turned right. */
static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
}

/*
 * Defines callbacks @name for objects of @type with the rb_node @rbfield and the summary
 * @summary, where @compute(object) returns the summary from the object and its children.
 */
#define RB_DECLARE_CALLBACKS(name, type, rbfield, summary, compute)			\
static void name##_propagate(struct rb_node *node, struct rb_node *stop)		\
{											\
	while (node != stop) {								\
		type *obj = rb_entry(node, type, rbfield);				\
		__typeof__(obj->summary) value = compute(obj);				\
											\
		if (obj->summary == value)						\
			break;								\
		obj->summary = value;							\
		node = rb_parent(node);							\
	}										\
}											\
static void name##_copy(struct rb_node *old, struct rb_node *new)			\
{											\
	rb_entry(new, type, rbfield)->summary = rb_entry(old, type, rbfield)->summary;	\
}											\
static void name##_rotate(struct rb_node *old, struct rb_node *new)			\
{											\
	type *o = rb_entry(old, type, rbfield);						\
											\
	rb_entry(new, type, rbfield)->summary = o->summary;				\
	o->summary = compute(o);							\
}											\
static const struct rb_augment_callbacks name = {					\
	.propagate = name##_propagate,							\
	.copy = name##_copy,								\
	.rotate = name##_rotate,							\
}

#endif
