/* SPDX-License-Identifier: MIT */
/*
 * Does the search find what it is for? The debug kernel can plant a leak of each kind (selfcheck/bugs/leaks.c): the
 * write(2) that asks for it gets its own buffer back with bytes of the kernel in it. Each must be found by the check that
 * runs after every call; and nothing may be found where none was planted.
 */
#include "fuzz.h"

static void plant(const char *name, int expected)
{
	char *buf = ARENA + PAGE;
	u64 before = shared->counts.leaks;
	int fd = open("/sys/kernel/debug/plant", O_WRONLY);

	memset(buf, FILL_BYTE, 512);
	strcpy(buf, name);
	if (fd < 0 || write(fd, buf, strlen(name)) < 0) {
		say("selftest %s: errno %d", name, errno);
		return;
	}
	close(fd);
	check_memory(name, buf, 512, LEAK_POISON | LEAK_WORDS | LEAK_ADDRESS);
	say("selftest %s %s", name, (shared->counts.leaks != before) == expected ? "passed" : "failed");
}

void selftest(void)
{
	struct rng r = { 1 };

	map_arena(&r);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL);
	plant("leak_nothing", 0);
	plant("leak_stack", 1);
	plant("leak_slab", 1);
	plant("leak_slab_freed", 1);
	plant("leak_page", 1);
	plant("leak_address", 1);
}
