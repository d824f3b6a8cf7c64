/* SPDX-License-Identifier: MIT */
/* munmap(2): heads, tails, middles, several at once, holes, bad arguments. */
#include "abi.h"

static int mapped(char *p)
{
	return !msync(p, PAGE, MS_ASYNC);
}

int main(void)
{
	char *p = pages(10);

	for (int i = 0; i < 10; i++)
		p[i * PAGE] = i + 1;
	/* middle, head, tail */
	CHECK_OK(munmap(p + 4 * PAGE, 2 * PAGE));
	CHECK_OK(munmap(p, PAGE));
	CHECK_OK(munmap(p + 9 * PAGE, PAGE));
	for (int i = 0; i < 10; i++) {
		int want = i != 0 && i != 4 && i != 5 && i != 9;

		CHECK_EQ(mapped(p + i * PAGE), want);
		if (want)
			CHECK_EQ(p[i * PAGE], i + 1);
		else
			CHECK_FAULT(SIGSEGV, SEGV_MAPERR, p + i * PAGE, PEEK(p + i * PAGE));
	}
	/* Over pieces and holes alike; nothing there at all is fine, too. */
	CHECK_OK(munmap(p, 10 * PAGE));
	for (int i = 0; i < 10; i++)
		CHECK(!mapped(p + i * PAGE));
	CHECK_OK(munmap(p, 10 * PAGE));
	CHECK_OK(munmap(UNMAPPED, 1UL << 30));
	/* Lengths round up. */
	p = pages(3);
	CHECK_OK(munmap(p, PAGE + 1));
	CHECK(!mapped(p) && !mapped(p + PAGE) && mapped(p + 2 * PAGE));
	CHECK_OK(munmap(p + 2 * PAGE, 1));
	CHECK(!mapped(p + 2 * PAGE));

	CHECK_ERR(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERR(munmap(p, 0), EINVAL);
	CHECK_ERR(munmap(p, -1UL), EINVAL);
	CHECK_ERR(munmap(p, -4096UL), EINVAL);
	CHECK_ERR(munmap(KERNEL, PAGE), EINVAL);
	CHECK_ERR(munmap(NONCANON, PAGE), EINVAL);
	CHECK_ERR(munmap((void *)0x7ffffffff000, PAGE), EINVAL);
	CHECK_ERR(munmap((void *)0x7fffffffe000, 2 * PAGE), EINVAL);
	/* The whole of user space, the running code included. */
	DIES_BY(SIGSEGV, syscall(SYS_munmap, NULL, 0x7ffffffff000));
	return abi_done();
}
