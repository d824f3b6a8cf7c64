/* SPDX-License-Identifier: MIT */
/* splice(2), tee(2), vmsplice(2): moving data through pipes. Skipped where there is no splice. */
#include "abi.h"

int main(void)
{
	char buf[100] = "";
	struct iovec v = { "user memory", 11 };
	int in, out, p[2], q[2];
	loff_t off = 2;

	put_file("in", "0123456789");
	in = NEED(open("in", O_RDWR));
	out = NEED(open("out", O_CREAT | O_RDWR, 0644));
	NEED(pipe(p));
	NEED(pipe(q));
	if (splice(in, &off, p[1], NULL, 5, 0) == -1 && errno == ENOSYS)
		SKIP("no splice");
	CHECK_EQ(off, 7);
	CHECK_EQ(tee(p[0], q[1], 100, 0), 5);
	CHECK_EQ(splice(p[0], NULL, out, NULL, 100, 0), 5);
	CHECK_STR(get_file("out"), "23456");
	CHECK_EQ(read(q[0], buf, 100), 5);
	CHECK_STR(buf, "23456");
	CHECK_EQ(vmsplice(p[1], &v, 1, 0), 11);
	CHECK_EQ(splice(p[0], NULL, q[1], NULL, 4, 0), 4);
	CHECK_EQ(read(q[0], buf, 100), 4);
	CHECK_EQ(read(p[0], buf, 100), 7);
	CHECK(!memcmp(buf, " memory", 7));

	CHECK_ERR(splice(in, NULL, out, NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(p[0], &off, out, NULL, 5, 0), ESPIPE);
	CHECK_ERR(splice(-1, NULL, p[1], NULL, 5, 0), EBADF);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 5, 0x100), EINVAL);
	CHECK_ERR(splice(p[0], NULL, q[1], NULL, 5, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(tee(p[0], out, 5, 0), EINVAL);
	CHECK_ERR(splice(p[0], NULL, p[1], NULL, 5, SPLICE_F_NONBLOCK), EINVAL);
	return abi_done();
}
