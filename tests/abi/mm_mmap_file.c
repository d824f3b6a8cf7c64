/* SPDX-License-Identifier: MIT */
/* mmap(2) of files: shared and private, offsets, ends, permissions, after close and truncate. */
#include "abi.h"

#define RW (PROT_READ | PROT_WRITE)

static long map(size_t len, int prot, int flags, int fd, off_t off)
{
	return syscall(SYS_mmap, NULL, len, prot, flags, fd, off);
}

int main(void)
{
	char *s, *s2, *p, buf[16] = "";
	int fd, ro, wo, q[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pwrite(fd, "page", 4, i * PAGE), 4);
	CHECK_OK(ftruncate(fd, 2 * PAGE + 100));

	s = (char *)map(3 * PAGE, RW, MAP_SHARED, fd, 0);
	s2 = (char *)map(PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	p = (char *)map(3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(!memcmp(s, "page", 4) && !memcmp(s2, "page", 4) && !memcmp(p + 2 * PAGE, "page", 4));

	/* Shared: file, mappings and read see one another at once. */
	s[PAGE + 1] = 'S';
	CHECK_EQ(PEEK(s2 + 1), 'S');
	CHECK_EQ(pread(fd, buf, 4, PAGE), 4);
	CHECK_STR(buf, "pSge");
	CHECK_EQ(pwrite(fd, "W", 1, PAGE + 2), 1);
	CHECK_EQ(PEEK(s2 + 2), 'W');
	/* Private: sees the file until it is written to, then keeps its own page. */
	CHECK_EQ(PEEK(p + PAGE + 2), 'W');
	p[PAGE] = 'P';
	CHECK_EQ(PEEK(s + PAGE), 'p');
	CHECK_EQ(pwrite(fd, "X", 1, PAGE + 3), 1);
	CHECK_EQ(PEEK(p + PAGE + 3), 'e');
	CHECK_EQ(PEEK(s + PAGE + 3), 'X');
	CHECK_EQ(p[PAGE], 'P');

	/* The tail of the last page is zero, and writing there does not lengthen the file. */
	CHECK_EQ(PEEK(s + 2 * PAGE + 100), 0);
	POKE(s + 2 * PAGE + 200, 1);
	CHECK_EQ(stat_of("f").st_size, 2 * PAGE + 100);
	/* Growing makes more of the mapping usable, shrinking less. */
	s2 = (char *)map(6 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_FAULT(SIGBUS, BUS_ADRERR, s2 + 4 * PAGE, PEEK(s2 + 4 * PAGE));
	CHECK_OK(ftruncate(fd, 5 * PAGE));
	CHECK_EQ(PEEK(s2 + 4 * PAGE), 0);
	POKE(s2 + 4 * PAGE, 4);
	CHECK_EQ(pread(fd, buf, 1, 4 * PAGE), 1);
	CHECK_EQ(buf[0], 4);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_FAULT(SIGBUS, BUS_ADRERR, s + PAGE, PEEK(s + PAGE));
	/* Private copies of what is cut off go as well. */
	CHECK_FAULT(SIGBUS, BUS_ADRERR, p + PAGE, PEEK(p + PAGE));
	CHECK_EQ(PEEK(s), 'p');

	/* The mapping outlives the descriptor and the name. */
	close(fd);
	CHECK_OK(unlink("f"));
	s[0] = 'Z';
	CHECK_EQ(PEEK(s2), 'Z');
	CHECK_OK(munmap(s, 3 * PAGE));
	CHECK_EQ(PEEK(s2), 'Z');

	/* Rights follow the descriptor. */
	put_file("g", "0123456789");
	ro = NEED(open("g", O_RDONLY));
	wo = NEED(open("g", O_WRONLY));
	CHECK_ERR(map(PAGE, RW, MAP_SHARED, ro, 0), EACCES);
	CHECK_ERR(map(PAGE, PROT_WRITE, MAP_SHARED, ro, 0), EACCES);
	CHECK_ERR(map(PAGE, PROT_READ, MAP_SHARED, wo, 0), EACCES);
	CHECK_ERR(map(PAGE, PROT_WRITE, MAP_SHARED, wo, 0), EACCES);
	CHECK_ERR(map(PAGE, RW, MAP_PRIVATE, wo, 0), EACCES);
	p = (char *)map(PAGE, RW, MAP_PRIVATE, ro, 0);
	p[0] = 'x';
	CHECK_STR(get_file("g"), "0123456789");
	s = (char *)map(PAGE, PROT_READ, MAP_SHARED, ro, 0);
	CHECK_ERR(mprotect(s, PAGE, RW), EACCES);
	CHECK_OK(mprotect(s, PAGE, PROT_NONE));
	CHECK_OK(mprotect(s, PAGE, PROT_READ));

	CHECK_ERR(map(PAGE, PROT_READ, MAP_PRIVATE, ro, 100), EINVAL);
	CHECK_ERR(map(PAGE, PROT_READ, MAP_PRIVATE, ro, -4096), EOVERFLOW);
	CHECK_ERR(map(0, PROT_READ, MAP_PRIVATE, ro, 0), EINVAL);
	CHECK_ERR(map(PAGE, PROT_READ, 0, ro, 0), EINVAL);
	CHECK_ERR(map(PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x2000000, ro, 0), EOPNOTSUPP);
	CHECK(map(PAGE, PROT_READ, MAP_SHARED_VALIDATE, ro, 0) != -1);
	CHECK(map(PAGE, PROT_READ, MAP_PRIVATE, ro, 1L << 40) != -1);	/* far past the end */
	NEED(pipe(q));
	CHECK_ERR(map(PAGE, PROT_READ, MAP_PRIVATE, q[0], 0), ENODEV);
	CHECK_ERR(map(PAGE, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0), ENODEV);
	return abi_done();
}
