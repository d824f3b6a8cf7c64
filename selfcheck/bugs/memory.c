/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs of those who allocate: what failure injection and the count of owners must find.
 * Nothing happens when they run once and there is memory; tests/checks/fail_nth.c makes them calls
 * among its others.
 */
#include <vitrix/err.h>
#include <vitrix/mm.h>
#include <vitrix/selfcheck.h>
#include <vitrix/slab.h>

PLANT_FAIL(alloc_unchecked)
{
	int *p = kmalloc(sizeof(*p), GFP_KERNEL);

	WRITE_ONCE(*p, 1);
	kfree(p);
}

/* The way out after the second failure forgets the first object. */
PLANT_FAIL(alloc_error_leaks)
{
	void *first = kmalloc(40, GFP_KERNEL), *second;

	if (!first) {
		plant_result = -ENOMEM;
		return;
	}
	second = kmalloc(80, GFP_KERNEL);
	if (!second) {
		plant_result = -ENOMEM;
		return;
	}
	kfree(second);
	kfree(first);
}

PLANT_FAIL(alloc_says_nothing)
{
	void *p = kmalloc(40, GFP_KERNEL);

	if (!p)
		plant_result = -EINVAL;
	kfree(p);
}

PLANT_FAIL(leak_one_page)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		plant_result = -ENOMEM;
}

PLANT_FAIL(leak_object)
{
	void *p = kmalloc(40, GFP_KERNEL);

	if (!p)
		plant_result = -ENOMEM;
}
