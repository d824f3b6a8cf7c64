/* SPDX-License-Identifier: MIT */
/* Memory over many forks and exits: no page is lost, none comes back with old contents. */
#include "abi.h"

static long mem_free(void)
{
	char *s = strstr(get_file("/proc/meminfo"), "MemFree:");

	return s ? atol(s + 8) : 0;
}

int main(void)
{
	char *m = pages(256);
	long before, after = 0;

	memset(m, 5, 256 * PAGE);
	for (int round = 0; round < 3; round++)
		IN_CHILD(memset(m, 6, 256 * PAGE));
	before = mem_free();
	for (int round = 0; round < 30; round++)
		IN_CHILD({
			char *n = pages(64);

			for (int i = 0; i < 64; i++)
				CHECK_EQ(n[i * PAGE + round], 0);
			memset(n, 7, 64 * PAGE);
			memset(m, 6, 256 * PAGE);
		});
	CHECK_EQ(m[100], 5);
	/* 30 children had 1.25 MiB each; half of that may be elsewhere. */
	for (int i = 0; i < 20; i++) {
		after = mem_free();
		if (before - after < 20000)
			break;
		msleep(50);
	}
	CHECK(before - after < 20000);
	return abi_done();
}
