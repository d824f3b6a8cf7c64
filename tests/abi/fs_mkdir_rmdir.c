/* SPDX-License-Identifier: MIT */
/* mkdir(2), rmdir(2). */
#include "abi.h"

int main(void)
{
	char name[300];
	int fd, n = stat_of(".").st_nlink;

	umask(022);
	CHECK_OK(mkdir("d", 0777));
	CHECK_EQ(stat_of("d").st_mode, S_IFDIR | 0755);
	CHECK_EQ(stat_of("d").st_nlink, 2);
	CHECK_EQ(stat_of(".").st_nlink, n + 1);
	CHECK_OK(mkdir("d/e/", 0700));
	CHECK_EQ(mode_of("d/e"), 0700);
	/* The sticky bit can be asked for; set-id bits cannot. */
	CHECK_OK(mkdir("st", 07777));
	CHECK_EQ(mode_of("st"), 01755);

	put_file("f", "");
	CHECK_OK(symlink("none", "dangling"));
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir("d/", 0755), EEXIST);
	CHECK_ERR(mkdir("f", 0755), EEXIST);
	CHECK_ERR(mkdir("dangling", 0755), EEXIST);
	CHECK_ERR(mkdir(".", 0755), EEXIST);
	CHECK_ERR(mkdir("..", 0755), EEXIST);
	CHECK_ERR(mkdir("/", 0755), EEXIST);
	CHECK_ERR(mkdir("", 0755), ENOENT);
	CHECK_ERR(mkdir("x/y", 0755), ENOENT);
	CHECK_ERR(mkdir("f/y", 0755), ENOTDIR);
	memset(name, 'x', 256);
	name[256] = 0;
	CHECK_ERR(mkdir(name, 0755), ENAMETOOLONG);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_mkdir, p, 0755), EFAULT);

	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("f"), ENOTDIR);
	CHECK_ERR(rmdir("none"), ENOENT);
	CHECK_ERR(rmdir(""), ENOENT);
	CHECK_ERR(rmdir("d/e/."), EINVAL);
	CHECK_ERR(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_ERR(rmdir("/"), EBUSY);
	CHECK_OK(symlink("d/e", "l"));
	CHECK_ERR(rmdir("l"), ENOTDIR);
	CHECK_ERR(rmdir("l/"), ENOTDIR);
	CHECK_OK(rmdir("d/e/"));
	CHECK_OK(rmdir("d"));
	CHECK_EQ(stat_of(".").st_nlink, n + 1);

	/* A removed directory that somebody still stands in. */
	CHECK_OK(mkdir("gone", 0755));
	fd = NEED(open("gone", O_RDONLY));
	IN_CHILD({
		CHECK_OK(chdir("gone"));
		CHECK_OK(rmdir("../gone"));
		CHECK_ERR(mkdir("x", 0755), ENOENT);
		CHECK_ERR(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
		CHECK_OK(access(".", F_OK));
		CHECK_ERR(access("x", F_OK), ENOENT);
		CHECK_OK(chdir(".."));
		CHECK_OK(access("f", F_OK));
	});
	close(fd);
	return abi_done();
}
