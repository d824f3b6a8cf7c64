/* SPDX-License-Identifier: MIT */
/* link(2), linkat(2): hard links, their counts and their limits. */
#include "abi.h"

int main(void)
{
	struct stat st;
	int fd;

	put_file("f", "one");
	CHECK_OK(link("f", "g"));
	CHECK_EQ(stat_of("f").st_nlink, 2);
	CHECK_EQ(stat_of("f").st_ino, stat_of("g").st_ino);
	put_file("g", "two");
	CHECK_STR(get_file("f"), "two");
	CHECK_OK(unlink("f"));
	CHECK_EQ(stat_of("g").st_nlink, 1);

	/* link does not follow a symbolic link in old; linkat does if told so. */
	CHECK_OK(symlink("g", "sym"));
	CHECK_OK(link("sym", "sym2"));
	CHECK(S_ISLNK(stat_of("sym2").st_mode));
	CHECK_EQ(stat_of("sym").st_nlink, 2);
	CHECK_OK(linkat(AT_FDCWD, "sym", AT_FDCWD, "h", AT_SYMLINK_FOLLOW));
	CHECK(S_ISREG(stat_of("h").st_mode));
	CHECK_OK(linkat(AT_FDCWD, "sym", AT_FDCWD, "sym3", 0));
	CHECK(S_ISLNK(stat_of("sym3").st_mode));

	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(link("d", "e"), EPERM);
	CHECK_ERR(link("none", "x"), ENOENT);
	CHECK_ERR(link("g", "h"), EEXIST);
	CHECK_ERR(link("g", "d"), EEXIST);
	CHECK_ERR(link("g", "none/x"), ENOENT);
	CHECK_ERR(link("g", "g/x"), ENOTDIR);
	CHECK_ERR(link("g/x", "x"), ENOTDIR);
	CHECK_ERR(link("g", ""), ENOENT);
	CHECK_ERR(link("", "x"), ENOENT);
	CHECK_ERR(link("g", "x/"), ENOENT);
	CHECK_ERR(link("/proc/self/stat", "x"), EXDEV);
	CHECK_ERR(linkat(AT_FDCWD, "g", AT_FDCWD, "x", 0x8000), EINVAL);
	CHECK_ERR(linkat(-1, "g", AT_FDCWD, "x", 0), EBADF);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_link, p, "x"), EFAULT);
		CHECK_ERR(syscall(SYS_link, "g", p), EFAULT);
	}
	/* AT_EMPTY_PATH: link the open file; one whose last name is gone cannot come back. */
	fd = NEED(open("g", O_RDONLY));
	CHECK_OK(linkat(fd, "", AT_FDCWD, "byfd", AT_EMPTY_PATH));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 3);
	CHECK_OK(unlink("g"));
	CHECK_OK(unlink("h"));
	CHECK_OK(unlink("byfd"));
	CHECK_ERR(linkat(fd, "", AT_FDCWD, "byfd", AT_EMPTY_PATH), ENOENT);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	return abi_done();
}
