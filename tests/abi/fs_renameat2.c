/* SPDX-License-Identifier: MIT */
/* renameat2(2): RENAME_NOREPLACE and RENAME_EXCHANGE. */
#include "abi.h"

#define REN(a, b, fl) syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, fl)

int main(void)
{
	put_file("a", "A");
	put_file("b", "B");
	CHECK_ERR(REN("a", "b", RENAME_NOREPLACE), EEXIST);
	CHECK_STR(get_file("b"), "B");
	CHECK_OK(REN("a", "c", RENAME_NOREPLACE));
	CHECK_STR(get_file("c"), "A");
	CHECK_ERR(REN("c", "c", RENAME_NOREPLACE), EEXIST);

	CHECK_OK(REN("b", "c", RENAME_EXCHANGE));
	CHECK_STR(get_file("b"), "A");
	CHECK_STR(get_file("c"), "B");
	/* Exchange works between a file and a directory, and counts links right. */
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/x", 0755));
	put_file("d/x/f", "deep");
	CHECK_OK(REN("d/x", "b", RENAME_EXCHANGE));
	CHECK_STR(get_file("d/x"), "A");
	CHECK_STR(get_file("b/f"), "deep");
	CHECK_EQ(stat_of("d").st_nlink, 2);
	CHECK_EQ(stat_of("b/..").st_ino, stat_of(".").st_ino);
	CHECK_ERR(REN("b", "none", RENAME_EXCHANGE), ENOENT);
	CHECK_ERR(REN("d", "d/x", RENAME_EXCHANGE), EINVAL);
	CHECK_ERR(REN("d/x", "d", RENAME_EXCHANGE), EINVAL);

	CHECK_ERR(REN("b", "z", RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL);
	CHECK_ERR(REN("b", "z", 8), EINVAL);
	CHECK_ERR(REN("b", "z", ~0), EINVAL);
	CHECK_ERR(syscall(SYS_renameat2, -1, "b", AT_FDCWD, "z", 0), EBADF);
	CHECK_OK(REN("b", "z", 0));
	return abi_done();
}
