/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for selfcheck/ubsan.c: one for each thing that gcc tests. What the operations work
 * on is volatile, so that gcc finds nothing out by itself. Linux's twin: lib/test_ubsan.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/bitops.h>

static volatile unsigned int number = 64;
static volatile int zero, minus_one = -1;
static volatile long sink;

PLANT(ubsan_shift)
{
	sink = 1UL << number;
}

PLANT(ubsan_shift_negative)
{
	sink = 1 << minus_one;
}

PLANT(ubsan_index)
{
	static int table[8];
	volatile int index = number - 64 + 8;

	sink = (long)&table[index + 1];
}

PLANT(ubsan_bool)
{
	union { u8 byte; bool b; } both = { .byte = number };

	__asm__ volatile("" : "+m"(both));
	sink = both.b;
}

PLANT(ubsan_object_size)
{
	char small[4] = "abc";

	__asm__ volatile("" : "+m"(small));
	sink = *(small + (number - 60));
}

PLANT_FATAL(ubsan_divide)
{
	sink = 1 / zero;
}

PLANT(ubsan_builtin)
{
	sink = __builtin_ctz(zero);
}

PLANT(ubsan_vla)
{
	int n = minus_one;
	char array[n];

	__asm__ volatile("" : : "r"(array) : "memory");
}

PLANT_FATAL(ubsan_unreachable)
{
	if (number)
		unreachable();
}
