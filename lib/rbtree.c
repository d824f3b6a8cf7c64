/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees (Linux's lib/rbtree.c; Cormen et al., Introduction to Algorithms, ch. 13).
 *
 * The algorithms are written once, as inline functions over a set of augment callbacks; the plain
 * rb_insert_color and rb_erase pass callbacks that do nothing, which gcc folds away.
 *
 *	rotate_left(x):      x                 y
 *	                    / \               / \
 *	                   a   y     ->      x   c       rotate_right(y) is the way back
 *	                      / \           / \
 *	                     b   c         a   b
 */
#include <vitrix/rbtree.h>

static __always_inline bool is_red(const struct rb_node *node)
{
	return !(node->__rb_parent_color & RB_BLACK);
}

/* An empty link counts as black. */
static __always_inline bool is_black_or_null(const struct rb_node *node)
{
	return !node || !is_red(node);
}

static __always_inline void set_red(struct rb_node *node)
{
	node->__rb_parent_color &= ~RB_BLACK;
}

static __always_inline void set_black(struct rb_node *node)
{
	node->__rb_parent_color |= RB_BLACK;
}

static __always_inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (unsigned long)parent | (node->__rb_parent_color & RB_BLACK);
}

/* Whoever pointed down at @old, points at @new. */
static __always_inline void change_child(struct rb_node *old, struct rb_node *new,
					 struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		root->rb_node = new;
	else if (parent->rb_left == old)
		parent->rb_left = new;
	else
		parent->rb_right = new;
}

static __always_inline void rotate_left(struct rb_node *x, struct rb_root *root,
					const struct rb_augment_callbacks *cb)
{
	struct rb_node *y = x->rb_right, *parent = rb_parent(x);

	x->rb_right = y->rb_left;
	if (y->rb_left)
		set_parent(y->rb_left, x);
	y->rb_left = x;
	set_parent(y, parent);
	set_parent(x, y);
	change_child(x, y, parent, root);
	cb->rotate(x, y);
}

static __always_inline void rotate_right(struct rb_node *x, struct rb_root *root,
					 const struct rb_augment_callbacks *cb)
{
	struct rb_node *y = x->rb_left, *parent = rb_parent(x);

	x->rb_left = y->rb_right;
	if (y->rb_right)
		set_parent(y->rb_right, x);
	y->rb_right = x;
	set_parent(y, parent);
	set_parent(x, y);
	change_child(x, y, parent, root);
	cb->rotate(x, y);
}

/* Everything holds but this: @node is red and its parent may be, too; or @node is a red root. */
static __always_inline void insert_fixup(struct rb_node *node, struct rb_root *root,
					 const struct rb_augment_callbacks *cb)
{
	struct rb_node *parent, *grand, *uncle;

	for (;;) {
		parent = rb_parent(node);
		if (!parent) {
			set_black(node);
			return;
		}
		if (!is_red(parent))
			return;
		grand = rb_parent(parent);	/* exists: a red node is not the root */
		uncle = grand->rb_left == parent ? grand->rb_right : grand->rb_left;
		if (is_black_or_null(uncle))
			break;
		/* push the grandparent's black down; the question moves two levels up */
		set_black(parent);
		set_black(uncle);
		set_red(grand);
		node = grand;
	}

	if (parent == grand->rb_left) {
		if (node == parent->rb_right) {
			rotate_left(parent, root, cb);
			parent = node;
		}
		set_black(parent);
		set_red(grand);
		rotate_right(grand, root, cb);
	} else {
		if (node == parent->rb_left) {
			rotate_right(parent, root, cb);
			parent = node;
		}
		set_black(parent);
		set_red(grand);
		rotate_left(grand, root, cb);
	}
}

/*
 * Ways through @node (NULL: through the empty link below @parent) lack one black node. Either
 * the sibling's side can lend one, or it loses one as well and the question moves up.
 */
static __always_inline void erase_fixup(struct rb_node *node, struct rb_node *parent,
					struct rb_root *root,
					const struct rb_augment_callbacks *cb)
{
	struct rb_node *sibling;

	while (parent && is_black_or_null(node)) {
		if (node == parent->rb_left) {
			sibling = parent->rb_right;	/* exists: its ways have black to spare */
			if (is_red(sibling)) {
				set_black(sibling);
				set_red(parent);
				rotate_left(parent, root, cb);
				sibling = parent->rb_right;
			}
			if (!is_black_or_null(sibling->rb_left) ||
			    !is_black_or_null(sibling->rb_right)) {
				if (is_black_or_null(sibling->rb_right)) {
					set_black(sibling->rb_left);
					set_red(sibling);
					rotate_right(sibling, root, cb);
					sibling = parent->rb_right;
				}
				if (is_red(parent))
					set_red(sibling);
				else
					set_black(sibling);
				set_black(parent);
				set_black(sibling->rb_right);
				rotate_left(parent, root, cb);
				return;
			}
		} else {
			sibling = parent->rb_left;
			if (is_red(sibling)) {
				set_black(sibling);
				set_red(parent);
				rotate_right(parent, root, cb);
				sibling = parent->rb_left;
			}
			if (!is_black_or_null(sibling->rb_left) ||
			    !is_black_or_null(sibling->rb_right)) {
				if (is_black_or_null(sibling->rb_left)) {
					set_black(sibling->rb_right);
					set_red(sibling);
					rotate_left(sibling, root, cb);
					sibling = parent->rb_left;
				}
				if (is_red(parent))
					set_red(sibling);
				else
					set_black(sibling);
				set_black(parent);
				set_black(sibling->rb_left);
				rotate_right(parent, root, cb);
				return;
			}
		}
		set_red(sibling);
		node = parent;
		parent = rb_parent(node);
	}
	if (node)
		set_black(node);
}

/*
 * @node has two children: its successor, which has no left child, takes its place and colour.
 * *@child and *@parent become the place that the successor left. Returns its old colour.
 */
static __always_inline unsigned long unlink_inner(struct rb_node *node, struct rb_root *root,
						  const struct rb_augment_callbacks *cb,
						  struct rb_node **child, struct rb_node **parent)
{
	struct rb_node *next = node->rb_right, *below;
	unsigned long color;

	while (next->rb_left)
		next = next->rb_left;
	color = next->__rb_parent_color & RB_BLACK;
	below = next->rb_right;
	*child = below;
	if (next == node->rb_right) {
		*parent = next;
	} else {
		*parent = rb_parent(next);
		(*parent)->rb_left = below;
		if (below)
			set_parent(below, *parent);
		next->rb_right = node->rb_right;
		set_parent(next->rb_right, next);
	}
	next->rb_left = node->rb_left;
	set_parent(next->rb_left, next);
	next->__rb_parent_color = node->__rb_parent_color;
	change_child(node, next, rb_parent(node), root);

	cb->copy(node, next);
	if (*parent != next)
		cb->propagate(*parent, next);
	cb->propagate(next, NULL);
	return color;
}

static __always_inline void erase(struct rb_node *node, struct rb_root *root,
				  const struct rb_augment_callbacks *cb)
{
	struct rb_node *child, *parent;
	unsigned long color;

	if (node->rb_left && node->rb_right) {
		color = unlink_inner(node, root, cb, &child, &parent);
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		parent = rb_parent(node);
		color = node->__rb_parent_color & RB_BLACK;
		change_child(node, child, parent, root);
		if (child)
			set_parent(child, parent);
		cb->propagate(parent, NULL);
	}
	if (color == RB_BLACK)
		erase_fixup(child, parent, root, cb);
}

static void no_propagate(struct rb_node *node, struct rb_node *stop)
{
}

static void no_copy(struct rb_node *old, struct rb_node *new)
{
}

static const struct rb_augment_callbacks no_augment = {
	.propagate = no_propagate,
	.copy = no_copy,
	.rotate = no_copy,
};

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fixup(node, root, &no_augment);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, &no_augment);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *cb)
{
	struct rb_node *parent = rb_parent(node);

	/* The new node first: its stale summary may look right and end the way up too early. */
	cb->propagate(node, parent);
	cb->propagate(parent, NULL);
	insert_fixup(node, root, cb);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *cb)
{
	erase(node, root, cb);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root)
{
	*new = *victim;
	if (new->rb_left)
		set_parent(new->rb_left, new);
	if (new->rb_right)
		set_parent(new->rb_right, new);
	change_child(victim, new, rb_parent(victim), root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

/* The first node of the right subtree, else the first ancestor that lies to the right. */
struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *next = node->rb_right;

	if (next) {
		while (next->rb_left)
			next = next->rb_left;
		return next;
	}
	while ((next = rb_parent(node)) && node == next->rb_right)
		node = next;
	return next;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *prev = node->rb_left;

	if (prev) {
		while (prev->rb_right)
			prev = prev->rb_right;
		return prev;
	}
	while ((prev = rb_parent(node)) && node == prev->rb_left)
		node = prev;
	return prev;
}

static struct rb_node *deepest_first(struct rb_node *node)
{
	for (;;) {
		if (node->rb_left)
			node = node->rb_left;
		else if (node->rb_right)
			node = node->rb_right;
		else
			return node;
	}
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? deepest_first(root->rb_node) : NULL;
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest_first(parent->rb_right);
	return parent;
}
