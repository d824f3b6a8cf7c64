/* SPDX-License-Identifier: MIT */
/* open(2) with O_TMPFILE: a file without a name, which linkat(2) may give one. */
#include "abi.h"

int main(void)
{
	char path[64], buf[16] = "";
	struct stat st;
	int fd;

	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 && errno == EOPNOTSUPP)
		SKIP("no O_TMPFILE on this file system");
	NEED(fd);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(write(fd, "secret", 6), 6);
	CHECK_EQ(pread(fd, buf, 6, 0), 6);
	CHECK_STR(buf, "secret");

	/* Its name in /proc can be linked into the tree. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 1);
	CHECK_STR(get_file("named"), "secret");
	CHECK_EQ(stat_of("named").st_ino, st.st_ino);
	close(fd);

	/* With O_EXCL it can not. */
	fd = CHECK_OK(open(".", O_TMPFILE | O_EXCL | O_RDWR, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERR(linkat(AT_FDCWD, path, AT_FDCWD, "named2", AT_SYMLINK_FOLLOW), ENOENT);
	close(fd);

	put_file("file", "");
	CHECK_ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(open("file", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	CHECK_ERR(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
	return abi_done();
}
