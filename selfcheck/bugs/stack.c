/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs for the guard of stack frames, kernel/stackprotector.c: one function that writes
 * behind its buffer, with the guard and without. Linux's twin: drivers/misc/lkdtm/bugs.c.
 */
#include <vitrix/selfcheck.h>
#include <vitrix/string.h>

/* What an attacker would send instead of sixteen bytes. As a return address it is not canonical. */
static const char overlong[64] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static volatile size_t length = sizeof(overlong);

/* The sanitizers would see it first. */
#define UNSEEN	__attribute__((no_sanitize_address, no_sanitize_undefined)) noinline

UNSEEN static void guarded(void)
{
	char buf[16];

	for (size_t i = 0; i < length; i++)
		((volatile char *)buf)[i] = overlong[i];
}

UNSEEN __no_stack_protector static void unguarded(void)
{
	char buf[16];

	for (size_t i = 0; i < length; i++)
		((volatile char *)buf)[i] = overlong[i];
}

PLANT_FATAL(stack_smash)
{
	guarded();
}

/* Returns to where the bytes say. */
PLANT_FATAL(stack_smash_unguarded)
{
	unguarded();
}
