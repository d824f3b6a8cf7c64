/* SPDX-License-Identifier: MIT */
/* openat(2) and the other *at calls: paths that start at a descriptor. */
#include "abi.h"

int main(void)
{
	char buf[64];
	struct stat st;
	int d1, d2, fd;

	CHECK_OK(mkdir("d1", 0755));
	CHECK_OK(mkdir("d2", 0755));
	d1 = NEED(open("d1", O_RDONLY | O_DIRECTORY));
	d2 = NEED(open("d2", O_RDONLY | O_DIRECTORY));

	fd = NEED(openat(d1, "f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(fd, "data", 4), 4);
	close(fd);
	CHECK_EQ(stat_of("d1/f").st_size, 4);
	CHECK_OK(mkdirat(d1, "sub", 0700));
	CHECK_OK(symlinkat("../d2", d1, "to2"));
	CHECK_EQ(readlinkat(d1, "to2", buf, sizeof(buf)), 5);
	CHECK_OK(linkat(d1, "f", d2, "g", 0));
	CHECK_OK(fstatat(d1, "to2/g", &st, 0));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(renameat(d2, "g", d1, "h"));
	CHECK_OK(faccessat(d1, "h", F_OK, 0));
	CHECK_OK(fchmodat(d1, "h", 0600, 0));
	CHECK_EQ(mode_of("d1/f"), 0600);
	CHECK_OK(fchownat(d1, "h", 1, 2, 0));
	CHECK_EQ(stat_of("d1/f").st_uid, 1);
	CHECK_OK(mknodat(d1, "fifo", S_IFIFO | 0644, 0));
	CHECK_OK(unlinkat(d1, "fifo", 0));
	CHECK_ERR(unlinkat(d1, "sub", 0), EISDIR);
	CHECK_OK(unlinkat(d1, "sub", AT_REMOVEDIR));
	CHECK_ERR(unlinkat(d1, "f", AT_REMOVEDIR), ENOTDIR);
	CHECK_ERR(unlinkat(d1, "f", 0x8000), EINVAL);

	/* An absolute path takes no notice of the descriptor, not even of a bad one. */
	fd = CHECK_OK(openat(-1, "/dev/null", O_RDWR));
	close(fd);
	fd = CHECK_OK(openat(12345, "/", O_RDONLY));
	close(fd);
	CHECK_ERR(openat(-1, "f", O_RDONLY), EBADF);
	CHECK_ERR(mkdirat(-1, "f", 0700), EBADF);
	CHECK_ERR(unlinkat(-1, "f", 0), EBADF);
	CHECK_ERR(fstatat(-1, "f", &st, 0), EBADF);
	CHECK_ERR(renameat(-1, "f", d1, "g"), EBADF);
	CHECK_ERR(renameat(d1, "f", -1, "g"), EBADF);

	/* The empty path is an error unless AT_EMPTY_PATH allows it. */
	CHECK_ERR(fstatat(d1, "", &st, 0), ENOENT);
	CHECK_OK(fstatat(d1, "", &st, AT_EMPTY_PATH));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(st.st_ino, stat_of(".").st_ino);
	CHECK_ERR(fstatat(d1, "f", &st, 0x100000), EINVAL);

	/* A descriptor on a regular file is no place to start, except for the empty path. */
	fd = CHECK_OK(openat(d1, "f", O_RDONLY));
	CHECK_ERR(fstatat(fd, "x", &st, 0), ENOTDIR);
	CHECK_OK(fstatat(fd, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(st.st_size, 4);
	close(fd);

	/* The descriptor still names the directory after it moved, and after it died. */
	CHECK_OK(rename("d1", "d3"));
	CHECK_OK(faccessat(d1, "f", F_OK, 0));
	CHECK_OK(rmdir("d2"));
	CHECK_ERR(openat(d2, "x", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERR(mkdirat(d2, "x", 0700), ENOENT);
	CHECK_OK(fstat(d2, &st));
	CHECK_EQ(st.st_nlink, 0);
	return abi_done();
}
