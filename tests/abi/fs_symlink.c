/* SPDX-License-Identifier: MIT */
/* symlink(2), readlink(2). */
#include "abi.h"

int main(void)
{
	char buf[5000], target[5000], *e;

	memset(buf, '#', sizeof(buf));
	CHECK_OK(symlink("some/where", "l"));
	CHECK_EQ(readlink("l", buf, sizeof(buf)), 10);
	CHECK(!memcmp(buf, "some/where#", 11));
	CHECK_EQ(readlink("l", buf, 4), 4);
	CHECK_EQ(stat_of("l").st_size, 10);
	CHECK_ERR(readlink("l", buf, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "l", buf, -1), EINVAL);

	/* The text is not looked at, but must not be empty nor too long. */
	CHECK_OK(symlink("///..//x/", "odd"));
	CHECK_EQ(readlink("odd", buf, sizeof(buf)), 9);
	CHECK_ERR(symlink("", "empty"), ENOENT);
	memset(target, 't', sizeof(target));
	target[4095] = 0;
	CHECK_OK(symlink(target, "long"));
	CHECK_EQ(readlink("long", buf, sizeof(buf)), 4095);
	CHECK(!memcmp(buf, target, 4095));
	target[4095] = 't';
	target[4096] = 0;
	CHECK_ERR(symlink(target, "longer"), ENAMETOOLONG);

	CHECK_ERR(symlink("x", "l"), EEXIST);
	CHECK_ERR(symlink("x", "."), EEXIST);
	CHECK_ERR(symlink("x", "none/l"), ENOENT);
	CHECK_ERR(symlink("x", "new/"), ENOENT);
	CHECK_ERR(symlink("x", ""), ENOENT);
	put_file("f", "");
	CHECK_ERR(symlink("x", "f/l"), ENOTDIR);
	CHECK_ERR(readlink("f", buf, 10), EINVAL);
	CHECK_ERR(readlink(".", buf, 10), EINVAL);
	CHECK_ERR(readlink("none", buf, 10), ENOENT);
	CHECK_ERR(readlink("", buf, 10), ENOENT);
	CHECK_ERR(readlinkat(-1, "l", buf, 10), EBADF);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_symlink, p, "n"), EFAULT);
		CHECK_ERR(syscall(SYS_symlink, "x", p), EFAULT);
		CHECK_ERR(syscall(SYS_readlink, p, buf, 10), EFAULT);
		CHECK_ERR(syscall(SYS_readlink, "l", p, 10), EFAULT);
	}
	e = edge(10);
	CHECK_EQ(readlink("l", e, 100), 10);
	CHECK_ERR(readlink("l", e + 1, 100), EFAULT);
	return abi_done();
}
