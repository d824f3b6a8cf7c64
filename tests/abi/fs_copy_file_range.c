/* SPDX-License-Identifier: MIT */
/* copy_file_range(2). */
#include "abi.h"

int main(void)
{
	static char buf[20000], back[20000];
	off_t a, b;
	int in, out, p[2], i;

	for (i = 0; i < (int)sizeof(buf); i++)
		buf[i] = i * 11 + (i >> 9);
	in = NEED(open("in", O_CREAT | O_RDWR, 0644));
	out = NEED(open("out", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(in, buf, sizeof(buf)), (long)sizeof(buf));
	a = 100;
	b = 7;
	CHECK_EQ(copy_file_range(in, &a, out, &b, 10000, 0), 10000);
	CHECK_EQ(a, 10100);
	CHECK_EQ(b, 10007);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 0);
	CHECK_EQ(pread(out, back, 10000, 7), 10000);
	CHECK(!memcmp(back, buf + 100, 10000));
	CHECK_EQ(lseek(in, 19990, SEEK_SET), 19990);
	CHECK_EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 10);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 10);
	CHECK_EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 0);
	/* Within one file the ranges must not overlap. */
	a = 0;
	b = 100;
	CHECK_ERR(copy_file_range(in, &a, in, &b, 200, 0), EINVAL);
	CHECK_EQ(copy_file_range(in, &a, in, &b, 100, 0), 100);

	a = b = 0;
	CHECK_ERR(copy_file_range(in, &a, out, &b, 10, 1), EINVAL);
	CHECK_ERR(copy_file_range(-1, NULL, out, NULL, 10, 0), EBADF);
	CHECK_ERR(copy_file_range(in, NULL, -1, NULL, 10, 0), EBADF);
	CHECK_ERR(copy_file_range(in, &a, open("out", O_RDONLY), &b, 10, 0), EBADF);
	CHECK_ERR(copy_file_range(open("in", O_WRONLY), &a, out, &b, 10, 0), EBADF);
	CHECK_ERR(copy_file_range(in, &a, open("out", O_WRONLY | O_APPEND), &b, 10, 0), EBADF);
	CHECK_ERR(copy_file_range(open(".", O_RDONLY), &a, out, &b, 10, 0), EISDIR);
	NEED(pipe(p));
	CHECK_ERR(copy_file_range(p[0], NULL, out, &b, 10, 0), EINVAL);
	EACH_BAD_NONNULL(q) {
		CHECK_ERR(syscall(SYS_copy_file_range, in, q, out, &b, 10, 0), EFAULT);
		CHECK_ERR(syscall(SYS_copy_file_range, in, &a, out, q, 10, 0), EFAULT);
	}
	/* From one file system to another it is for read(2) and write(2). */
	a = b = 0;
	CHECK_ERR(copy_file_range(open("/proc/self/status", O_RDONLY), NULL, out, &b, 10, 0), EXDEV);
	/* At the end of all offsets: as much as there is room for. */
	a = LONG_MAX - 15;
	CHECK_EQ(copy_file_range(in, &a, out, &b, 100, 0), 0);
	a = 0;
	b = LONG_MAX - 3;
	CHECK_EQ(copy_file_range(in, &a, out, &b, 100, 0), 3);
	b = LONG_MAX;
	a = 0;
	CHECK_ERR(copy_file_range(in, &a, out, &b, 100, 0), EFBIG);
	return abi_done();
}
