/* SPDX-License-Identifier: MIT */
/* sendfile(2). */
#include "abi.h"
#include <sys/sendfile.h>

int main(void)
{
	static char buf[70000], back[70000];
	int in, out, p[2], i, n, got;
	off_t off;

	for (i = 0; i < (int)sizeof(buf); i++)
		buf[i] = i * 13 + (i >> 8);
	in = NEED(open("in", O_CREAT | O_RDWR, 0644));
	out = NEED(open("out", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(in, buf, sizeof(buf)), (long)sizeof(buf));

	/* With an offset the file's own stays. */
	off = 1000;
	CHECK_EQ(sendfile(out, in, &off, 50000), 50000);
	CHECK_EQ(off, 51000);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), (long)sizeof(buf));
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 50000);
	CHECK_EQ(pread(out, back, sizeof(back), 0), 50000);
	CHECK(!memcmp(back, buf + 1000, 50000));
	/* Without one it moves; the end of the file ends it. */
	CHECK_EQ(lseek(in, 69000, SEEK_SET), 69000);
	CHECK_EQ(sendfile(out, in, NULL, 5000), 1000);
	CHECK_EQ(sendfile(out, in, NULL, 5000), 0);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 70000);
	CHECK_EQ(sendfile(out, in, NULL, 0), 0);

	/* Into a pipe. */
	NEED(pipe(p));
	off = 5;
	CHECK_EQ(sendfile(p[1], in, &off, 3000), 3000);
	for (got = 0; got < 3000; got += n) {
		n = CHECK_OK(read(p[0], back + got, 3000 - got));
		if (n <= 0)
			break;
	}
	CHECK(!memcmp(back, buf + 5, 3000));

	CHECK_ERR(sendfile(-1, in, NULL, 1), EBADF);
	CHECK_ERR(sendfile(out, -1, NULL, 1), EBADF);
	off = -1;
	CHECK_ERR(sendfile(out, in, &off, 1), EINVAL);
	off = 0;
	CHECK_ERR(sendfile(out, p[0], &off, 1), ESPIPE);
	CHECK_ERR(sendfile(open("in", O_RDONLY), in, NULL, 1), EBADF);
	CHECK_ERR(sendfile(out, open("in", O_WRONLY), NULL, 1), EBADF);
	CHECK_ERR(sendfile(open("out", O_WRONLY | O_APPEND), in, &off, 1), EINVAL);
	EACH_BAD_NONNULL(q)
		CHECK_ERR(syscall(SYS_sendfile, out, in, q, 1), EFAULT);
	return abi_done();
}
