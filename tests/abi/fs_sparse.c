/* SPDX-License-Identifier: MIT */
/* Sparse files: holes read as zeros and take no blocks, far ends work. */
#include "abi.h"

int main(void)
{
	static char buf[8192], zero[8192];
	off_t far = 1L << 42;
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	char *m;

	CHECK_EQ(pwrite(fd, "end", 3, far), 3);
	CHECK_EQ(stat_of("f").st_size, far + 3);
	CHECK_EQ(stat_of("f").st_blocks, 8);
	CHECK_EQ(pread(fd, buf, 8192, far - 8192), 8192);
	CHECK(!memcmp(buf, zero, 8192));
	CHECK_EQ(pread(fd, buf, 100, far), 3);
	CHECK(!memcmp(buf, "end", 3));
	CHECK_EQ(pread(fd, buf, 100, 0), 100);
	CHECK(!memcmp(buf, zero, 100));
	/* Reading a hole does not fill it; writing the middle of a page zeroes the rest. */
	CHECK_EQ(stat_of("f").st_blocks, 8);
	CHECK_EQ(pwrite(fd, "mid", 3, 1L << 30 | 2000), 3);
	CHECK_EQ(pread(fd, buf, 4096, 1L << 30), 4096);
	CHECK(!memcmp(buf, zero, 2000) && !memcmp(buf + 2003, zero, 2093));
	CHECK_EQ(stat_of("f").st_blocks, 16);
	/* Through a mapping, too. */
	m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 1L << 35);
	CHECK(m != MAP_FAILED);
	CHECK_EQ(m[PAGE], 0);
	m[5] = 'M';
	CHECK_EQ(pread(fd, buf, 1, (1L << 35) + 5), 1);
	CHECK_EQ(buf[0], 'M');
	return abi_done();
}
