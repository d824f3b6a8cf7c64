/* SPDX-License-Identifier: MIT */
/* Red-black trees: random operations, all invariants checked against a plain array of keys. */
#include "unit.h"
#include <vitrix/rbtree.h>

#define KEYS	200

struct item {
	struct rb_node node;
	int key;
	int value;
	int best;		/* largest value in the subtree */
	bool present;
};

static struct item items[KEYS];

static int compute_best(struct item *item)
{
	int best = item->value;

	if (item->node.rb_left)
		best = max(best, rb_entry(item->node.rb_left, struct item, node)->best);
	if (item->node.rb_right)
		best = max(best, rb_entry(item->node.rb_right, struct item, node)->best);
	return best;
}

RB_DECLARE_CALLBACKS(best_callbacks, struct item, node, best, compute_best);

static bool red(struct rb_node *node)
{
	return node && (node->__rb_parent_color & 1) == RB_RED;
}

/* Black height of the subtree, -1 when an invariant is broken. */
static int check_subtree(struct rb_node *node, struct rb_node *parent, bool augmented, int *count)
{
	struct item *item = rb_entry_safe(node, struct item, node);
	int left, right;

	if (!node)
		return 0;
	++*count;
	if (rb_parent(node) != parent || !item->present)
		return -1;
	if (red(node) && (red(node->rb_left) || red(node->rb_right) || !parent))
		return -1;
	if (node->rb_left && rb_entry(node->rb_left, struct item, node)->key >= item->key)
		return -1;
	if (node->rb_right && rb_entry(node->rb_right, struct item, node)->key <= item->key)
		return -1;
	if (augmented && item->best != compute_best(item))
		return -1;
	left = check_subtree(node->rb_left, node, augmented, count);
	right = check_subtree(node->rb_right, node, augmented, count);
	if (left < 0 || left != right)
		return -1;
	return left + !red(node);
}

static bool check_tree(struct rb_root *root, bool augmented)
{
	struct rb_node *node = rb_first(root), *back = rb_last(root);
	int count = 0, present = 0;

	if (check_subtree(root->rb_node, NULL, augmented, &count) < 0)
		return false;
	for (int i = 0; i < KEYS; i++) {
		if (!items[i].present)
			continue;
		present++;
		if (node != &items[i].node)
			return false;
		node = rb_next(node);
	}
	for (int i = KEYS - 1; i >= 0; i--) {
		if (!items[i].present)
			continue;
		if (back != &items[i].node)
			return false;
		back = rb_prev(back);
	}
	return !node && !back && count == present;
}

/* Hang the item in; tells whether it is the leftmost. */
static bool link_item(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (item->key < rb_entry(parent, struct item, node)->key) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&item->node, parent, link);
	item->present = true;
	return leftmost;
}

static void reset(void)
{
	for (int i = 0; i < KEYS; i++) {
		items[i] = (struct item) { .key = i };
		RB_CLEAR_NODE(&items[i].node);
	}
}

/* A random item, more likely absent or present as the tree shall grow or shrink. */
static struct item *pick(int round)
{
	struct item *item = &items[unit_below(KEYS)];

	for (int i = 0; i < 3 && item->present == (round / 1000 % 2 == 0); i++)
		item = &items[unit_below(KEYS)];
	return item;
}

TEST(random_operations)
{
	struct rb_root root = RB_ROOT;

	reset();
	CHECK(RB_EMPTY_ROOT(&root) && !rb_first(&root) && !rb_last(&root));
	for (int round = 0; round < 20000; round++) {
		struct item *item = pick(round);

		if (item->present) {
			rb_erase(&item->node, &root);
			RB_CLEAR_NODE(&item->node);
			item->present = false;
		} else {
			CHECK(RB_EMPTY_NODE(&item->node));
			link_item(&root, item);
			rb_insert_color(&item->node, &root);
		}
		if (!CHECK(check_tree(&root, false)))
			return;
	}
}

TEST(leftmost)
{
	struct rb_root_cached root = RB_ROOT_CACHED;

	reset();
	for (int round = 0; round < 20000; round++) {
		struct item *item = pick(round);
		bool leftmost;

		if (round % 3 == 0 && rb_first_cached(&root))
			item = rb_entry(rb_first_cached(&root), struct item, node);
		if (item->present) {
			rb_erase_cached(&item->node, &root);
			item->present = false;
		} else {
			leftmost = link_item(&root.rb_root, item);
			rb_insert_color_cached(&item->node, &root, leftmost);
		}
		CHECK(rb_first_cached(&root) == rb_first(&root.rb_root));
		CHECK(check_tree(&root.rb_root, false));
	}
}

TEST(augmented)
{
	struct rb_root root = RB_ROOT;

	reset();
	for (int round = 0; round < 30000; round++) {
		struct item *item = pick(round);

		if (item->present && unit_below(3) == 0) {
			item->value = unit_below(50);
			best_callbacks.propagate(&item->node, NULL);
		} else if (item->present) {
			rb_erase_augmented(&item->node, &root, &best_callbacks);
			item->present = false;
		} else {
			/* its old summary stays, to lead propagate astray */
			item->value = unit_below(50);
			link_item(&root, item);
			rb_insert_augmented(&item->node, &root, &best_callbacks);
		}
		if (!CHECK(check_tree(&root, true)))
			return;
	}
}

TEST(replace)
{
	struct rb_root root = RB_ROOT;
	struct item copy;

	reset();
	for (int i = 0; i < KEYS; i++) {
		link_item(&root, &items[i]);
		rb_insert_color(&items[i].node, &root);
	}
	for (int i = 0; i < KEYS; i++) {
		copy = items[i];
		rb_replace_node(&items[i].node, &copy.node, &root);
		items[i].node = (struct rb_node) { 0 };
		rb_replace_node(&copy.node, &items[i].node, &root);
		CHECK(check_tree(&root, false));
	}
}

TEST(postorder)
{
	struct rb_root root = RB_ROOT;
	struct rb_node *node, *next;
	int count = 0;

	reset();
	CHECK(rb_first_postorder(&root) == NULL);
	for (int i = 0; i < KEYS; i++) {
		struct item *item = &items[(i * 77) % KEYS];

		link_item(&root, item);
		rb_insert_color(&item->node, &root);
	}
	for (node = rb_first_postorder(&root); node; node = next) {
		next = rb_next_postorder(node);
		CHECK(!node->rb_left || !rb_entry(node->rb_left, struct item, node)->present);
		CHECK(!node->rb_right || !rb_entry(node->rb_right, struct item, node)->present);
		rb_entry(node, struct item, node)->present = false;
		count++;
	}
	CHECK_EQ(count, KEYS);
}
