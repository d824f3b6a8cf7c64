/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the address sanitizer: variables on the stack, and the stack itself. Heap and
 * globals: kasan.c. Linux's twins: mm/kasan/kasan_test.c, drivers/misc/lkdtm/bugs.c.
 */
#include <vitrix/selfcheck.h>

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
