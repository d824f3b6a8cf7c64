/* SPDX-License-Identifier: MIT */
/*
 * Lists whose nodes contradict each other: each node must be where its neighbours say. A node that
 * was freed, removed twice or added twice, or that somebody wrote over, shows here, before the
 * damage spreads.
 *
 * Called by <vitrix/list.h> with the lock of the list held, in any context. Linux's twin:
 * lib/list_debug.c.
 */
#include <vitrix/list.h>
#include <vitrix/preempt.h>
#include <vitrix/selfcheck.h>

static bool reportable(void)
{
	return !in_nmi() && selfcheck_active();
}

#define REPORT(fmt, ...)							\
	do {									\
		if (reportable())						\
			selfcheck_report("list corruption: " fmt, ##__VA_ARGS__); \
		return false;							\
	} while (0)

bool list_add_valid(const struct list_head *node, const struct list_head *prev,
		    const struct list_head *next)
{
	if (node == prev || node == next)
		REPORT("%p is added beside itself", node);
	if (next->prev != prev)
		REPORT("to add %p: %p->prev is %p, not %p", node, next, next->prev, prev);
	if (prev->next != next)
		REPORT("to add %p: %p->next is %p, not %p", node, prev, prev->next, next);
	return true;
}

bool list_del_valid(const struct list_head *node)
{
	if (node->next == LIST_POISON1 || node->prev == LIST_POISON2)
		REPORT("%p is removed twice", node);
	if (node->prev->next != node)
		REPORT("to remove %p: %p->next is %p", node, node->prev, node->prev->next);
	if (node->next->prev != node)
		REPORT("to remove %p: %p->prev is %p", node, node->next, node->next->prev);
	return true;
}

bool hlist_add_valid(const struct hlist_node *node, const struct hlist_head *head)
{
	const struct hlist_node *first = head->first;

	if (first == node)
		REPORT("%p is added beside itself", node);
	if (first && first->pprev != &head->first)
		REPORT("to add %p: %p->pprev is %p, not %p", node, first, first->pprev,
		       &head->first);
	return true;
}

bool hlist_del_valid(const struct hlist_node *node)
{
	if (*node->pprev != node)
		REPORT("to remove %p: *%p is %p", node, node->pprev, *node->pprev);
	if (node->next && node->next->pprev != &node->next)
		REPORT("to remove %p: %p->pprev is %p", node, node->next, node->next->pprev);
	return true;
}
