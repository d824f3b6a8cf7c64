/* SPDX-License-Identifier: MIT */
/* mremap(2): shrink, grow in place, move, MREMAP_FIXED, MREMAP_DONTUNMAP, errors. */
#include "abi.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static int mapped(char *p)
{
	return !msync(p, PAGE, MS_ASYNC);
}

static long remap(void *old, size_t olen, size_t nlen, int flags, void *to)
{
	return syscall(SYS_mremap, old, olen, nlen, flags, to);
}

/* n pages with their number in each, a hole behind. */
static char *area(int n)
{
	char *p = pages(n + 8);

	CHECK_OK(munmap(p + n * PAGE, 8 * PAGE));
	for (int i = 0; i < n; i++)
		p[i * PAGE] = i + 1;
	return p;
}

static void holds(char *p, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(p[i * PAGE], i + 1);
}

int main(void)
{
	char *p, *q, *to;
	int fd;

	p = area(4);
	CHECK_EQ(remap(p, 4 * PAGE, 2 * PAGE, 0, NULL), (long)p);
	holds(p, 2);
	CHECK(!mapped(p + 2 * PAGE));
	CHECK_EQ(remap(p, 2 * PAGE, 4 * PAGE, 0, NULL), (long)p);
	holds(p, 2);
	CHECK_EQ(p[3 * PAGE], 0);
	CHECK_EQ(remap(p, 4 * PAGE, 4 * PAGE, 0, NULL), (long)p);

	/* No room: not without MAYMOVE. */
	p = area(3);
	CHECK(mmap(p + 3 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
	      != MAP_FAILED);
	CHECK_ERR(remap(p, 3 * PAGE, 5 * PAGE, 0, NULL), ENOMEM);
	q = (char *)remap(p, 3 * PAGE, 50 * PAGE, MREMAP_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && q != p);
	holds(q, 3);
	CHECK_EQ(q[49 * PAGE], 0);
	CHECK(!mapped(p) && mapped(p + 3 * PAGE));

	/* To a given place, over what is there. */
	p = area(3);
	to = pages(6);
	memset(to, 99, 6 * PAGE);
	CHECK_EQ(remap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE),
		 (long)to + PAGE);
	holds(to + PAGE, 3);
	CHECK(to[0] == 99 && to[4 * PAGE] == 99);
	CHECK(!mapped(p));
	/* Part of a mapping: the rest stays. */
	p = area(5);
	CHECK_EQ(remap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), (long)to);
	CHECK_EQ(to[0], 3);
	CHECK(mapped(p + PAGE) && !mapped(p + 2 * PAGE) && mapped(p + 3 * PAGE));
	CHECK_EQ(p[4 * PAGE], 5);

	/* DONTUNMAP leaves an empty mapping behind. */
	p = area(2);
	q = (char *)remap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	if (q != MAP_FAILED) {
		holds(q, 2);
		CHECK(mapped(p));
		CHECK_EQ(p[0], 0);
	}
	/* old_size 0 makes a second view of a shared mapping, and of nothing else. */
	p = shared_pages(1);
	*p = 42;
	q = (char *)remap(p, 0, PAGE, MREMAP_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && *q == 42);
	*q = 43;
	CHECK_EQ(PEEK(p), 43);
	CHECK_ERR(remap(area(1), 0, PAGE, MREMAP_MAYMOVE, NULL), EINVAL);

	/* File mappings keep their offsets. */
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, 10 * PAGE));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(pwrite(fd, &"0123456789"[i], 1, i * PAGE), 1);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 4 * PAGE);
	q = (char *)remap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, NULL);
	CHECK(q[0] == '4' && q[PAGE] == '5' && q[2 * PAGE] == '6' && q[3 * PAGE] == '7');

	p = area(4);
	CHECK_ERR(remap(p + 1, PAGE, PAGE, 0, NULL), EINVAL);
	CHECK_ERR(remap(p, PAGE, 0, 0, NULL), EINVAL);
	CHECK_ERR(remap(p, PAGE, PAGE, 8, NULL), EINVAL);
	CHECK_ERR(remap(p, PAGE, PAGE, MREMAP_FIXED, to), EINVAL);
	CHECK_ERR(remap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + 1), EINVAL);
	CHECK_ERR(remap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), EINVAL);
	CHECK_ERR(remap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, KERNEL), EINVAL);
	CHECK_ERR(remap(UNMAPPED, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL), EFAULT);
	CHECK_ERR(remap(p, 20 * PAGE, 30 * PAGE, MREMAP_MAYMOVE, NULL), EFAULT);
	CHECK_ERR(remap(p, PAGE, 1UL << 46, MREMAP_MAYMOVE, NULL), ENOMEM);
	return abi_done();
}
