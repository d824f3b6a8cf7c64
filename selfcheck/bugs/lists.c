/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for selfcheck/list.c and selfcheck/refcount.c. Linux's twins:
 * drivers/misc/lkdtm/{bugs,refcount}.c.
 */
#include <vitrix/list.h>
#include <vitrix/refcount.h>
#include <vitrix/selfcheck.h>

static LIST_HEAD(list);

PLANT(list_add_corrupt)
{
	struct list_head a = { }, b = { };

	INIT_LIST_HEAD(&list);
	list_add(&a, &list);
	a.prev = &b;		/* what wrote over it is gone */
	list_add(&b, &list);
}

PLANT(list_add_twice)
{
	struct list_head a = { };

	INIT_LIST_HEAD(&list);
	list_add(&a, &list);
	list_add(&a, &list);
}

PLANT(list_del_corrupt)
{
	struct list_head a = { }, b = { };

	INIT_LIST_HEAD(&list);
	list_add(&a, &list);
	list_add(&b, &list);
	b.next = &list;
	list_del(&a);
}

PLANT(list_del_twice)
{
	struct list_head a = { };

	INIT_LIST_HEAD(&list);
	list_add(&a, &list);
	list_del(&a);
	list_del(&a);
}

PLANT(hlist_add_corrupt)
{
	struct hlist_head head = HLIST_HEAD_INIT;
	struct hlist_node a = { }, b = { };

	hlist_add_head(&a, &head);
	a.pprev = &b.next;
	hlist_add_head(&b, &head);
}

PLANT(hlist_del_corrupt)
{
	struct hlist_head head = HLIST_HEAD_INIT;
	struct hlist_node a = { };

	hlist_add_head(&a, &head);
	head.first = NULL;
	hlist_del_init(&a);
}

static atomic_t count;

PLANT(refcount_gone)
{
	atomic_set(&count, 0);
	refcount_inc(&count);
}

PLANT(refcount_underflow)
{
	atomic_set(&count, 0);
	refcount_dec_and_test(&count);
}

PLANT(refcount_overflow)
{
	atomic_set(&count, 0x7fffffff);
	refcount_inc(&count);
}

PLANT(refcount_overflow_not_zero)
{
	atomic_set(&count, 0x7fffffff);
	refcount_inc_not_zero(&count);
}
