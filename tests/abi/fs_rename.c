/* SPDX-License-Identifier: MIT */
/* rename(2): replacing, moving directories, and what must not work. */
#include "abi.h"

int main(void)
{
	ino_t ino;
	int fd;
	char buf[8] = "";

	put_file("a", "A");
	put_file("b", "B");
	ino = stat_of("a").st_ino;
	fd = NEED(open("b", O_RDONLY));
	CHECK_OK(rename("a", "b"));
	CHECK_ERR(access("a", F_OK), ENOENT);
	CHECK_EQ(stat_of("b").st_ino, ino);
	CHECK_STR(get_file("b"), "A");
	/* The replaced file lives on while open. */
	CHECK_EQ(read(fd, buf, 8), 1);
	CHECK_STR(buf, "B");
	close(fd);

	/* Two names of one file: nothing happens, both stay. */
	CHECK_OK(link("b", "c"));
	CHECK_OK(rename("b", "c"));
	CHECK_OK(access("b", F_OK));
	CHECK_OK(access("c", F_OK));
	CHECK_OK(rename("b", "b"));

	/* Directories: over an empty one only, and never into themselves. */
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(mkdir("e", 0755));
	CHECK_EQ(stat_of("d").st_nlink, 3);
	CHECK_OK(rename("d/sub", "e/sub"));
	CHECK_EQ(stat_of("d").st_nlink, 2);
	CHECK_EQ(stat_of("e").st_nlink, 3);
	CHECK_EQ(stat_of("e/sub/..").st_ino, stat_of("e").st_ino);
	CHECK_ERR(rename("d", "e"), ENOTEMPTY);
	CHECK_OK(rename("e", "d"));
	CHECK_OK(access("d/sub", F_OK));
	CHECK_ERR(access("e", F_OK), ENOENT);
	CHECK_ERR(rename("d", "d/sub/x"), EINVAL);
	CHECK_ERR(rename("d", "d/x"), EINVAL);
	CHECK_ERR(rename("d/sub", "d"), ENOTEMPTY);

	CHECK_ERR(rename("d", "b"), ENOTDIR);
	CHECK_ERR(rename("b", "d"), EISDIR);
	CHECK_ERR(rename("none", "x"), ENOENT);
	CHECK_ERR(rename("b", "none/x"), ENOENT);
	CHECK_ERR(rename("b", "c/x"), ENOTDIR);
	CHECK_ERR(rename("b", ""), ENOENT);
	CHECK_ERR(rename("", "b"), ENOENT);
	CHECK_ERR(rename(".", "x"), EBUSY);
	CHECK_ERR(rename("d/.", "x"), EBUSY);
	CHECK_ERR(rename("d", "d/.."), EBUSY);
	CHECK_ERR(rename("b/", "x"), ENOTDIR);
	CHECK_ERR(rename("b", "x/"), ENOTDIR);
	CHECK_OK(rename("d/", "x/"));
	CHECK_OK(rename("x", "d"));
	CHECK_ERR(rename("b", "/proc/x"), EXDEV);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_rename, p, "x"), EFAULT);
		CHECK_ERR(syscall(SYS_rename, "b", p), EFAULT);
	}
	/* Symbolic links are renamed and replaced themselves. */
	CHECK_OK(symlink("d", "s"));
	CHECK_OK(rename("s", "s2"));
	CHECK(S_ISLNK(stat_of("s2").st_mode));
	CHECK_OK(rename("c", "s2"));
	CHECK(S_ISREG(stat_of("s2").st_mode));
	CHECK_OK(access("d/sub", F_OK));
	return abi_done();
}
