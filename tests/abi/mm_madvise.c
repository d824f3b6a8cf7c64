/* SPDX-License-Identifier: MIT */
/* madvise(2): what DONTNEED throws away, what the others merely accept. */
#include "abi.h"

int main(void)
{
	char *p = pages(4), *s, *f, *fp;
	int fd;

	memset(p, 'x', 4 * PAGE);
	CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	CHECK(p[0] == 'x' && p[3 * PAGE] == 'x');
	CHECK(p[PAGE] == 0 && p[3 * PAGE - 1] == 0);

	/* Shared memory keeps its contents, files are read again. */
	s = shared_pages(1);
	*s = 5;
	CHECK_OK(madvise(s, PAGE, MADV_DONTNEED));
	CHECK_EQ(*s, 5);
	put_file("f", "file");
	fd = NEED(open("f", O_RDWR));
	f = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fp = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	f[0] = 'F';
	fp[1] = 'P';
	CHECK_OK(madvise(f, PAGE, MADV_DONTNEED));
	CHECK_OK(madvise(fp, PAGE, MADV_DONTNEED));
	CHECK(!memcmp(f, "File", 4) && !memcmp(fp, "File", 4));

	CHECK_OK(madvise(p, PAGE, MADV_NORMAL));
	CHECK_OK(madvise(p, PAGE, MADV_RANDOM));
	CHECK_OK(madvise(p, PAGE, MADV_SEQUENTIAL));
	CHECK_OK(madvise(p, PAGE, MADV_WILLNEED));
	CHECK_EQ(p[0], 'x');

	/* Not inherited, and wiped. */
	p[0] = 'x';
	CHECK_OK(madvise(p, PAGE, MADV_WIPEONFORK));
	IN_CHILD(CHECK_EQ(p[0], 0));
	CHECK_EQ(p[0], 'x');
	CHECK_OK(madvise(p, PAGE, MADV_KEEPONFORK));
	IN_CHILD(CHECK_EQ(p[0], 'x'));
	CHECK_OK(madvise(p + PAGE, PAGE, MADV_DONTFORK));
	DIES_BY(SIGSEGV, PEEK(p + PAGE));
	CHECK_OK(madvise(p + PAGE, PAGE, MADV_DOFORK));
	IN_CHILD(PEEK(p + PAGE));

	CHECK_OK(madvise(p, 0, MADV_DONTNEED));
	CHECK_OK(madvise(UNMAPPED, 0, MADV_DONTNEED));
	CHECK_ERR(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, PAGE, 9999), EINVAL);
	CHECK_ERR(madvise(p, -1UL, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(UNMAPPED, PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_ERR(madvise(KERNEL, PAGE, MADV_DONTNEED), ENOMEM);
	/* A hole is told, but the rest is done. */
	memset(p, 'x', 4 * PAGE);
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERR(madvise(p, 4 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK(p[0] == 0 && p[3 * PAGE] == 0);

	/* MADV_REMOVE where the file has no bytes: mremap(2) lets a mapping reach beyond them. */
	fd = NEED(open("far", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, LONG_MAX));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 LONG_MAX - 2 * PAGE + 1);
	CHECK(p != MAP_FAILED);
	p = mremap(p, PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED);
	p[0] = 1;
	CHECK_ERR(madvise(p, 64 * PAGE, MADV_REMOVE), EFBIG);
	CHECK_ERR(madvise(p + 8 * PAGE, PAGE, MADV_REMOVE), EINVAL);
	CHECK_OK(madvise(p, PAGE, MADV_REMOVE));
	CHECK_EQ(p[0], 0);
	return abi_done();
}
