/* SPDX-License-Identifier: MIT */
/*
 * Intrusive lists: a node lives inside the object that it links.
 * list_head is circular with a head; hlist is for hash buckets (one-pointer head).
 * Linux's twin: include/linux/list.h. No locks: the owner of the list names one.
 */
#ifndef VITRIX_LIST_H
#define VITRIX_LIST_H

#include <vitrix/types.h>

/*
 * The DEBUG build looks at the neighbours before it changes them: selfcheck/list.c. false: they
 * contradict each other, which is reported; the list is then left as it is.
 */
#ifdef CONFIG_DEBUG
bool list_add_valid(const struct list_head *node, const struct list_head *prev,
		    const struct list_head *next);
bool list_del_valid(const struct list_head *node);
bool hlist_add_valid(const struct hlist_node *node, const struct hlist_head *head);
bool hlist_del_valid(const struct hlist_node *node);
#else
#define list_add_valid(node, prev, next)	true
#define list_del_valid(node)			true
#define hlist_add_valid(node, head)		true
#define hlist_del_valid(node)			true
#endif

/* What list_del() leaves in a node: addresses that nothing has. */
#define LIST_POISON1	((struct list_head *)0xdead000000000100UL)
#define LIST_POISON2	((struct list_head *)0xdead000000000122UL)

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void __list_add(struct list_head *node, struct list_head *prev,
			      struct list_head *next)
{
	if (!list_add_valid(node, prev, next))
		return;
	next->prev = node;
	node->next = next;
	node->prev = prev;
	WRITE_ONCE(prev->next, node);
}

static inline void list_add(struct list_head *node, struct list_head *head)
{
	__list_add(node, head, head->next);
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	__list_add(node, head->prev, head);
}

static inline void __list_del_entry(struct list_head *node)
{
	if (!list_del_valid(node))
		return;
	node->next->prev = node->prev;
	WRITE_ONCE(node->prev->next, node->next);
}

/* The node is left pointing nowhere: use list_del_init() where list_empty(node) is asked later. */
static inline void list_del(struct list_head *node)
{
	__list_del_entry(node);
	node->next = LIST_POISON1;
	node->prev = LIST_POISON2;
}

static inline void list_del_init(struct list_head *node)
{
	__list_del_entry(node);
	INIT_LIST_HEAD(node);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline void list_move(struct list_head *node, struct list_head *head)
{
	__list_del_entry(node);
	list_add(node, head);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	__list_del_entry(node);
	list_add_tail(node, head);
}

/* Moves all of list to the front of head and empties list. */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_init(list, head->prev);
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(pos, member)	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member)	list_entry((pos)->member.prev, __typeof__(*(pos)), member)

#define list_for_each(pos, head) \
	for (pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_safe(pos, n, head) \
	for (pos = (head)->next, n = pos->next; pos != (head); pos = n, n = pos->next)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)				\
	for (pos = list_last_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head); pos = list_prev_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member),		\
	     n = list_next_entry(pos, member);					\
	     &pos->member != (head); pos = n, n = list_next_entry(n, member))

#define HLIST_HEAD_INIT		{ .first = NULL }
#define INIT_HLIST_HEAD(h)	((h)->first = NULL)

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

/* A reader without the lock may walk at the same time: next is set before the node is reachable. */
static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = head->first;

	if (!hlist_add_valid(node, head))
		return;
	node->next = first;
	if (first)
		first->pprev = &node->next;
	node->pprev = &head->first;
	smp_store_release(&head->first, node);
}

/* node->next stays for readers that stand on the node. */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node) || !hlist_del_valid(node))
		return;
	WRITE_ONCE(*node->pprev, node->next);
	if (node->next)
		node->next->pprev = node->pprev;
	node->pprev = NULL;
}

#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) ({					\
	__typeof__(ptr) __p = (ptr);						\
	__p ? hlist_entry(__p, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member)					\
	for (pos = hlist_entry_safe(READ_ONCE((head)->first), __typeof__(*pos), member); \
	     pos; pos = hlist_entry_safe(READ_ONCE(pos->member.next), __typeof__(*pos), member))
#define hlist_for_each_entry_safe(pos, n, head, member)				\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member);	\
	     pos && ({ n = pos->member.next; 1; });				\
	     pos = hlist_entry_safe(n, __typeof__(*pos), member))

#endif
