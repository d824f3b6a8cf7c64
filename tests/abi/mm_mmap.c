/* SPDX-License-Identifier: MIT */
/* mmap(2) of anonymous memory: zeroed, hints, fixed addresses, populate, bad arguments. */
#include "abi.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static long map(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}

int main(void)
{
	char *p, *q, *hint = (char *)0x200000000000;
	long r;

	p = mmap(NULL, 100000, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ((uintptr_t)p & (PAGE - 1), 0);
	for (int i = 0; i < 100000; i++)
		if (p[i]) {
			FAIL("byte %d is not zero", i);
			break;
		}
	memset(p, 1, 100000);
	CHECK_EQ(PEEK(p + 25 * PAGE - 1), 0);	/* up to the end of the last page */
	CHECK_OK(munmap(p, 100000));
	CHECK_FAULT(SIGSEGV, SEGV_MAPERR, p, PEEK(p));
	/* What comes next at the same place is zeroed again. */
	q = mmap(p, 100000, RW, ANON | MAP_FIXED, -1, 0);
	CHECK(q == p);
	CHECK_EQ(p[5000], 0);
	/* The descriptor of an anonymous mapping is ignored. */
	CHECK(map(NULL, PAGE, RW, ANON, 77, 0) != -1);

	/* A hint is taken where it is free, rounded to a page; otherwise another place. */
	p = mmap(hint, PAGE, RW, ANON, -1, 0);
	CHECK(p == hint);
	q = mmap(hint, PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED && q != hint);
	q = mmap(hint + 5 * PAGE + 123, PAGE, RW, ANON, -1, 0);
	CHECK(q == hint + 5 * PAGE || q == hint + 6 * PAGE);
	CHECK(mmap((void *)-4096L, PAGE, RW, ANON, -1, 0) != MAP_FAILED);
	CHECK(mmap(NULL, PAGE, RW, ANON, -1, 0) != NULL);

	/* MAP_FIXED replaces, MAP_FIXED_NOREPLACE refuses. */
	POKE(hint, 7);
	CHECK(mmap(hint, PAGE, RW, ANON | MAP_FIXED, -1, 0) == hint);
	CHECK_EQ(PEEK(hint), 0);
	POKE(hint, 8);
	CHECK_ERR(map(hint, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_ERR(map(hint - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(PEEK(hint), 8);
	CHECK_EQ(map(hint + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
		 (long)hint + PAGE);
	CHECK_ERR(map(hint + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERR(map((void *)0x7ffffffff000, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERR(map(KERNEL, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERR(map((void *)-4096L, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);

	/* Populated, locked, never reserved: they all give memory. */
	p = mmap(NULL, 16 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[15 * PAGE], 0);
	p = mmap(NULL, 1UL << 36, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	POKE(p + (1UL << 35), 3);
	CHECK_EQ(PEEK(p + (1UL << 35)), 3);
	CHECK_OK(munmap(p, 1UL << 36));
	p = mmap(NULL, PAGE, RW, ANON | MAP_STACK | MAP_NORESERVE | MAP_DENYWRITE, -1, 0);
	CHECK(p != MAP_FAILED);
	p = mmap(NULL, PAGE, RW, ANON | MAP_32BIT, -1, 0);
	CHECK((uintptr_t)p < 1UL << 31);

	CHECK_ERR(map(NULL, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_ERR(map(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERR(map(NULL, PAGE, RW, MAP_ANONYMOUS | 0xf, -1, 0), EINVAL);
	CHECK_ERR(map(NULL, PAGE, RW, ANON, -1, 123), EINVAL);
	CHECK_ERR(map(NULL, 1UL << 47, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(map(NULL, -1UL, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(map(NULL, -4096UL, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(map(NULL, LONG_MAX, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(map(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERR(map(NULL, PAGE, RW, MAP_PRIVATE, 999, 0), EBADF);
	r = map(NULL, PAGE, 0x100 | PROT_READ, ANON, -1, 0);	/* unknown prot bits: ignored */
	CHECK(r != -1);
	/* Page 0 is not for users. */
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(map(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0), EPERM);
	});
	return abi_done();
}
