/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the address sanitizer: variables on the stack, and the stack itself. Heap and
 * globals: kasan.c. Linux's twins: mm/kasan/kasan_test.c, drivers/misc/lkdtm/bugs.c.
 */
#include <vitrix/list.h>
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>

#define HIDDEN(p)	({ __typeof__(p) __h = (p); __asm__("" : "+r"(__h)); __h; })

static volatile u8 sink;

PLANT(kasan_stack_right)
{
	volatile u8 buffer[20] = { };

	sink = HIDDEN(&buffer[0])[20];
}

PLANT(kasan_stack_left)
{
	volatile u8 buffer[20] = { };

	sink = *(HIDDEN(&buffer[0]) - 1);
}

PLANT(kasan_stack_use_after_scope)
{
	volatile u8 *p;

	{
		volatile u8 inner[40] = { };

		p = HIDDEN(&inner[0]);
	}
	sink = p[4];
}

/* Each turn of a loop has a variable of its own; the last one ends with the loop. */
PLANT(kasan_stack_use_after_loop)
{
	volatile u8 *last = NULL;

	for (int i = 0; i < 3; i++) {
		volatile u8 turn[24] = { };

		last = HIDDEN(&turn[i]);
	}
	*last = 1;
}

PLANT(kasan_stack_memset_after_scope)
{
	u8 *p;

	{
		u8 inner[64] = { };

		p = HIDDEN(&inner[0]);
	}
	memset(p, 0, HIDDEN(16UL));
}

static noinline struct list_head *second(struct list_head *list)
{
	return READ_ONCE(list->next->next);
}

/* As one who waits and forgets to leave the queue. */
PLANT(kasan_stack_listed_after_scope)
{
	struct list_head queue = LIST_HEAD_INIT(queue);

	{
		struct list_head waiter;

		list_add(HIDDEN(&waiter), &queue);
	}
	sink = second(&queue) == &queue;
}

static noinline int deeper(int n)
{
	volatile u8 frame[256];

	frame[n % sizeof(frame)] = n;
	return n < 0 ? n : deeper(n + 1) + frame[0];
}

PLANT_FATAL(stack_overflow)
{
	sink = deeper(0);
}
