/* SPDX-License-Identifier: MIT */
/*
 * randomize_kstack_offset= on the command line: on or off, off by default.
 * <vitrix/randomize_kstack.h> has the picture. Linux's twin: init/main.c.
 *
 * The offset is a CPU's and not a task's, as on Linux: whose call comes next on this CPU, the
 * program does not know. Used and chosen with interrupts off.
 */
#include <vitrix/init.h>
#include <vitrix/randomize_kstack.h>
#include <vitrix/string.h>

DEFINE_STATIC_KEY_FALSE(randomize_kstack_offset);
DEFINE_PER_CPU(u32, kstack_offset);

bool randomize_kstack_wanted(void)
{
	const char *value = cmdline_find("randomize_kstack_offset");

	return value && (!strcmp(value, "on") || !strcmp(value, "1") || !strcmp(value, "y"));
}

/* Where keys can be turned. Until then all calls go the slow way already, at offset 0. */
static int __init randomize_kstack_init(void)
{
	if (randomize_kstack_wanted())
		static_key_inc(&randomize_kstack_offset);
	return 0;
}
device_initcall(randomize_kstack_init);
