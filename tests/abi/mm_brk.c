/* SPDX-License-Identifier: MIT */
/* brk(2), the raw call: answers with the break there is, moved or not. */
#include "abi.h"

static long sys_brk(long to)
{
	return syscall(SYS_brk, to);
}

int main(void)
{
	long start = sys_brk(0), end;
	char *p;

	CHECK(start > (long)&main);
	CHECK_EQ(sys_brk(0), start);
	end = start + 10 * PAGE + 5;
	CHECK_EQ(sys_brk(end), end);
	CHECK_EQ(sys_brk(0), end);
	p = (char *)start;
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(p[i * PAGE], 0);
		p[i * PAGE] = i + 1;
	}
	/* Down and up again: zeros. */
	CHECK_EQ(sys_brk(start), start);
	CHECK_EQ(sys_brk(end), end);
	p = (char *)((start + PAGE - 1) & -PAGE);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(sys_brk(start), start);
	CHECK_EQ(FAULT(PEEK(p + 5 * PAGE)), SIGSEGV);

	/* Below the start and beyond reason: refused by answering the old break. */
	CHECK_EQ(sys_brk(1), start);
	CHECK_EQ(sys_brk(-1), start);
	CHECK_EQ(sys_brk((long)KERNEL), start);
	CHECK_EQ(sys_brk(0x7fffffffe000), start);
	/* Into another mapping: not. */
	p = (char *)((start + 20 * PAGE) & -PAGE);
	CHECK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
	CHECK_EQ(sys_brk((long)p + 100), start);
	CHECK_EQ(sys_brk((long)p + 5 * PAGE), start);
	CHECK_EQ(sys_brk(start + 5 * PAGE), start + 5 * PAGE);
	CHECK_EQ(PEEK(p), 0);
	/* Children have their own. */
	IN_CHILD(CHECK_EQ(sys_brk(start), start));
	CHECK_EQ(sys_brk(0), start + 5 * PAGE);
	CHECK(strstr(get_file("/proc/self/maps"), "[heap]"));
	return abi_done();
}
