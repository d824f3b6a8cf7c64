/* SPDX-License-Identifier: MIT */
/* readv(2), writev(2): scatter and gather, and every way an iovec can be wrong. */
#include "abi.h"

int main(void)
{
	char a[4] = "", b[8] = "", c[16] = "";
	struct iovec v[3] = { { "abc", 3 }, { NULL, 0 }, { "defgh", 5 } };
	struct iovec r[3] = { { a, 3 }, { b, 2 }, { c, 10 } };
	static struct iovec many[1025];
	struct iovec *e;
	int fd, p[2], n;

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(writev(fd, v, 3), 8);
	CHECK_STR(get_file("f"), "abcdefgh");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, r, 3), 8);
	CHECK_STR(a, "abc");
	CHECK_STR(b, "de");
	CHECK_STR(c, "fgh");
	CHECK_EQ(readv(fd, r, 3), 0);

	CHECK_EQ(writev(fd, v, 0), 0);
	CHECK_EQ(writev(fd, NULL, 0), 0);
	CHECK_ERR(writev(fd, v, -1), EINVAL);
	for (n = 0; n < 1025; n++)
		many[n] = (struct iovec){ "x", 1 };
	CHECK_EQ(writev(fd, many, 1024), 1024);
	CHECK_ERR(writev(fd, many, 1025), EINVAL);
	CHECK_ERR(readv(fd, many, 1025), EINVAL);
	EACH_BAD(q) {
		CHECK_ERR(syscall(SYS_writev, fd, q, 1), EFAULT);
		CHECK_ERR(syscall(SYS_readv, fd, q, 1), EFAULT);
		r[0] = (struct iovec){ q, 3 };
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		CHECK_ERR(readv(fd, r, 1), EFAULT);
		CHECK_ERR(writev(fd, r, 1), EFAULT);
	}
	/* A negative length spoils the whole call, wherever it stands. */
	v[1].iov_base = a;
	v[1].iov_len = -1L;
	CHECK_ERR(writev(fd, v, 3), EINVAL);
	CHECK_ERR(readv(fd, v, 3), EINVAL);
	/* The array itself may end at a hole. */
	e = edge(2 * sizeof(*e));
	e[0] = e[1] = (struct iovec){ "yy", 2 };
	CHECK_EQ(writev(fd, e, 2), 4);
	CHECK_ERR(writev(fd, e, 3), EFAULT);

	/* After something went through, a bad buffer only makes the call short. */
	v[0] = (struct iovec){ "good", 4 };
	v[1] = (struct iovec){ UNMAPPED, 4 };
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	n = writev(fd, v, 2);
	CHECK(n == 4 || (n == -1 && errno == EFAULT));
	NEED(pipe(p));
	n = writev(p[1], v, 2);
	CHECK(n == 4 || (n == -1 && errno == EFAULT));

	CHECK_ERR(writev(-1, v, 1), EBADF);
	CHECK_ERR(readv(-1, v, 1), EBADF);
	CHECK_ERR(readv(p[1], v, 1), EBADF);
	CHECK_ERR(writev(p[0], v, 1), EBADF);
	return abi_done();
}
