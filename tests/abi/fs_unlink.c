/* SPDX-License-Identifier: MIT */
/* unlink(2): names go at once, the file when nobody has it open or mapped. */
#include "abi.h"

int main(void)
{
	char buf[8] = "", *m;
	struct stat st;
	int fd;

	put_file("f", "abc");
	fd = NEED(open("f", O_RDWR));
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	CHECK_OK(unlink("f"));
	CHECK_ERR(open("f", O_RDONLY), ENOENT);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(pread(fd, buf, 3, 0), 3);
	CHECK_STR(buf, "abc");
	CHECK_EQ(pwrite(fd, "defg", 4, 3), 4);
	CHECK(!memcmp(m, "abcdefg", 7));
	/* A new file of that name is another file. */
	put_file("f", "new");
	CHECK(stat_of("f").st_ino != st.st_ino);
	close(fd);
	CHECK(!memcmp(m, "abcdefg", 7));

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(symlink("d", "ld"));
	CHECK_ERR(unlink("d"), EISDIR);
	CHECK_ERR(unlink("d/"), EISDIR);
	CHECK_ERR(unlink("f/"), ENOTDIR);
	CHECK_ERR(unlink("ld/"), ENOTDIR);
	CHECK_OK(unlink("l"));
	CHECK_OK(access("f", F_OK));
	CHECK_ERR(unlink("l"), ENOENT);
	CHECK_ERR(unlink("none/"), ENOENT);
	CHECK_ERR(unlink(""), ENOENT);
	CHECK_ERR(unlink("."), EISDIR);
	CHECK_ERR(unlink(".."), EISDIR);
	CHECK_ERR(unlink("d/.."), EISDIR);
	CHECK_ERR(unlink("/"), EISDIR);
	CHECK_ERR(unlink("f/x"), ENOTDIR);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_unlink, p), EFAULT);
		CHECK_ERR(syscall(SYS_unlinkat, AT_FDCWD, p, 0), EFAULT);
		CHECK_ERR(syscall(SYS_rmdir, p), EFAULT);
	}

	/* The right to remove is the directory's, not the file's. */
	chmod(".", 0755);
	CHECK_OK(mkdir("open", 0777));
	chmod("open", 0777);
	put_file("open/root", "");
	put_file("d/mine", "");
	CHECK_OK(chown("d/mine", 1000, 1000));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(unlink("d/mine"), EACCES);
		CHECK_OK(unlink("open/root"));
	});
	return abi_done();
}
