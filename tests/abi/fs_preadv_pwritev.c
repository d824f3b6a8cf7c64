/* SPDX-License-Identifier: MIT */
/* preadv(2), pwritev(2) and their second versions with flags. */
#include "abi.h"

int main(void)
{
	char a[4] = "", b[8] = "";
	struct iovec v[2] = { { "abc", 3 }, { "defg", 4 } };
	struct iovec r[2] = { { a, 3 }, { b, 7 } };
	int fd, p[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(pwritev(fd, v, 2, 10), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(stat_of("f").st_size, 17);
	CHECK_EQ(preadv(fd, r, 2, 11), 6);
	CHECK_STR(a, "bcd");
	CHECK_STR(b, "efg");
	CHECK_EQ(preadv(fd, r, 2, 17), 0);
	CHECK_ERR(preadv(fd, r, 2, -1), EINVAL);
	CHECK_ERR(pwritev(fd, r, 2, -5), EINVAL);
	CHECK_ERR(preadv(fd, r, -1, 0), EINVAL);
	CHECK_ERR(preadv(fd, UNMAPPED, 1, 0), EFAULT);
	CHECK_ERR(preadv(-1, r, 1, 0), EBADF);

	/* Version 2: offset -1 means the file's own, and moves it. */
	CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
	CHECK_EQ(preadv2(fd, r, 1, -1, 0), 3);
	CHECK_STR(a, "abc");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 13);
	CHECK_EQ(pwritev2(fd, v, 1, -1, 0), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 16);
	CHECK_EQ(preadv2(fd, r, 1, 13, 0), 3);
	CHECK_STR(a, "abc");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 16);
	CHECK_EQ(pwritev2(fd, v, 2, 0, RWF_APPEND), 7);
	CHECK_EQ(stat_of("f").st_size, 24);
	CHECK_ERR(preadv2(fd, r, 1, 0, 0x40000000), EOPNOTSUPP);
	CHECK_ERR(pwritev2(fd, r, 1, 0, 0x40000000), EOPNOTSUPP);
	CHECK_ERR(preadv2(fd, r, 1, -2, 0), EINVAL);

	NEED(pipe(p));
	CHECK_ERR(preadv(p[0], r, 1, 0), ESPIPE);
	CHECK_ERR(pwritev(p[1], v, 1, 0), ESPIPE);
	CHECK_EQ(pwritev2(p[1], v, 1, -1, 0), 3);
	CHECK_EQ(preadv2(p[0], r, 1, -1, 0), 3);
	return abi_done();
}
