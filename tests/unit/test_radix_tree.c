/* SPDX-License-Identifier: MIT */
/* Radix trees: random operations against a sorted array, with allocations that fail. */
#include "unit.h"
#include <vitrix/radix_tree.h>
#include <vitrix/err.h>

static int nodes;		/* that exist */
static int fail_after = -1;	/* allocations that succeed before one fails; -1: never */

void *radix_alloc_node(void)
{
	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	nodes++;
	return unit_zalloc(sizeof(struct radix_tree_node));
}

void radix_free_node(void *node)
{
	nodes--;
	unit_free(node);
}

#define MAX	300

static struct pair {
	u64 index;
	void *item;
} model[MAX];
static int used;

/* The first that is not below @index. */
static int position(u64 index)
{
	int i = 0;

	while (i < used && model[i].index < index)
		i++;
	return i;
}

static void model_insert(u64 index, void *item)
{
	int at = position(index);

	for (int i = used++; i > at; i--)
		model[i] = model[i - 1];
	model[at] = (struct pair) { index, item };
}

static void model_delete(int at)
{
	used--;
	for (int i = at; i < used; i++)
		model[i] = model[i + 1];
}

static int count_nodes(struct radix_tree_node *node, unsigned int shift)
{
	unsigned int count = 0;
	int sum = 1;

	for (int i = 0; i < RADIX_TREE_SLOTS; i++) {
		if (!node->slots[i])
			continue;
		count++;
		if (shift > RADIX_TREE_BITS)
			sum += count_nodes(node->slots[i], shift - RADIX_TREE_BITS);
	}
	CHECK_EQ(count, node->count);
	CHECK(count > 0);
	return sum;
}

static void check_all(struct radix_tree *tree)
{
	u64 index = 0;
	void *item;
	int i = 0;

	CHECK_EQ(tree->root && tree->shift ? count_nodes(tree->root, tree->shift) : 0, nodes);
	CHECK(tree->root || tree->shift == 0);
	while ((item = radix_tree_next(tree, &index))) {
		if (!CHECK(i < used && model[i].index == index && model[i].item == item))
			return;
		i++;
		if (++index == 0)
			break;
	}
	CHECK_EQ(i, used);
	for (i = 0; i < used; i++)
		CHECK(radix_tree_lookup(tree, model[i].index) == model[i].item);
}

static u64 random_index(int kind)
{
	switch (kind) {
	case 0: return unit_below(300);
	case 1: return unit_rand64() >> unit_below(64);
	case 2: return ~0ull - unit_below(200);
	case 3: return (u64)unit_below(8) << unit_below(62);
	default: return unit_below(2);
	}
}

static void *random_item(void)
{
	return (void *)(unit_rand64() | 1);
}

static void one_operation(struct radix_tree *tree, u64 index)
{
	int at = position(index), err;
	bool present = at < used && model[at].index == index;
	void *item = random_item(), **slot;
	u64 found = index;

	CHECK(radix_tree_lookup(tree, index) == (present ? model[at].item : NULL));
	slot = radix_tree_lookup_slot(tree, index);
	CHECK(present ? slot && *slot == model[at].item : !slot);
	CHECK(radix_tree_next(tree, &found) == (at < used ? model[at].item : NULL));
	CHECK(found == (at < used ? model[at].index : index));

	switch (unit_below(3)) {
	case 0:
		CHECK(radix_tree_delete(tree, index) == (present ? model[at].item : NULL));
		if (present)
			model_delete(at);
		break;
	case 1:
		if (present)
			*slot = model[at].item = item;
		break;
	default:
		if (used == MAX)
			break;
		fail_after = unit_below(4) ? -1 : (int)unit_below(4);
		err = radix_tree_insert(tree, index, item);
		if (present)
			CHECK(err == -EEXIST || err == -ENOMEM);
		else if (err == -ENOMEM)
			CHECK_EQ(fail_after, 0);
		else if (CHECK_EQ(err, 0))
			model_insert(index, item);
		fail_after = -1;
	}
}

TEST(random_operations)
{
	struct radix_tree tree = RADIX_TREE_INIT;

	for (int kind = 0; kind < 6; kind++) {
		used = 0;
		for (int round = 0; round < 4000; round++) {
			one_operation(&tree, random_index(kind < 5 ? kind : unit_below(5)));
			if (round % 16 == 0)
				check_all(&tree);
			/* delete something that is there, too */
			if (used && unit_below(3) == 0) {
				int at = unit_below(used);

				CHECK(radix_tree_delete(&tree, model[at].index) == model[at].item);
				model_delete(at);
			}
		}
		while (used) {
			CHECK(radix_tree_delete(&tree, model[used - 1].index) != NULL);
			used--;
		}
		CHECK_EQ(nodes, 0);
		CHECK(radix_tree_empty(&tree));
		CHECK_EQ(tree.shift, 0);
	}
}

TEST(heights)
{
	struct radix_tree tree;
	u64 index;
	int x;

	radix_tree_init(&tree);
	index = 0;
	CHECK(radix_tree_next(&tree, &index) == NULL);
	CHECK_EQ(radix_tree_insert(&tree, 0, &x), 0);
	CHECK_EQ(nodes, 0);
	CHECK_EQ(radix_tree_insert(&tree, 0, &x), -EEXIST);
	CHECK_EQ(radix_tree_insert(&tree, 63, &x), 0);
	CHECK_EQ(nodes, 1);
	CHECK_EQ(radix_tree_insert(&tree, 64, &x), 0);
	CHECK_EQ(nodes, 3);
	CHECK_EQ(radix_tree_insert(&tree, ~0ull, &x), 0);
	CHECK_EQ(tree.shift, 66);
	index = 65;
	CHECK(radix_tree_next(&tree, &index) == &x && index == ~0ull);
	CHECK(radix_tree_delete(&tree, ~0ull) == &x);
	CHECK_EQ(tree.shift, 12);
	CHECK(radix_tree_delete(&tree, 64) == &x && radix_tree_delete(&tree, 63) == &x);
	CHECK_EQ(nodes, 0);
	CHECK(radix_tree_delete(&tree, 63) == NULL && radix_tree_delete(&tree, 0) == &x);
	CHECK_PANICS((void)radix_tree_insert(&tree, 0, NULL));
}
