/* SPDX-License-Identifier: MIT */
/* stat(2), lstat(2), fstat(2), newfstatat(2): every field, and bad arguments. */
#include "abi.h"
#include <sys/sysmacros.h>

static void fields(void)
{
	struct stat st, st2;
	int fd;

	umask(022);
	fd = NEED(open("f", O_CREAT | O_RDWR, 0640));
	memset(&st, 0xff, sizeof(st));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(st.st_gid, 0);
	CHECK_EQ(st.st_rdev, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_blksize, 4096);
	CHECK_EQ(st.st_blocks, 0);
	CHECK(st.st_ino != 0);
	CHECK(st.st_mtim.tv_nsec >= 0 && st.st_mtim.tv_nsec < 1000000000);
	CHECK(st.st_mtime <= time(NULL) && st.st_mtime >= time(NULL) - 100);
	CHECK_EQ(write(fd, "12345", 5), 5);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_blocks, 8);

	CHECK_OK(link("f", "g"));
	CHECK_OK(stat("g", &st2));
	CHECK_EQ(st2.st_nlink, 2);
	CHECK_EQ(st2.st_ino, st.st_ino);
	CHECK_EQ(st2.st_dev, st.st_dev);
	close(fd);
}

static void kinds(void)
{
	struct stat st;
	int p[2];

	CHECK_OK(mkdir("d", 0750));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0750);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(mkdir("d/e", 0750));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_nlink, 3);

	CHECK_OK(symlink("f", "l"));
	CHECK_OK(lstat("l", &st));
	CHECK_EQ(st.st_mode, S_IFLNK | 0777);
	CHECK_EQ(st.st_size, 1);
	CHECK_OK(stat("l", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(stat("/dev/null", &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	NEED(pipe(p));
	CHECK_OK(fstat(p[0], &st));
	CHECK_EQ(st.st_mode, S_IFIFO | 0600);
	CHECK_EQ(st.st_size, 0);
	/* lstat follows all components but the last; a trailing slash makes it not the last. */
	CHECK_OK(symlink("d", "ld"));
	CHECK_OK(lstat("ld/", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(lstat("ld/e", &st));
}

static void errors(void)
{
	struct stat st;
	void *e = edge(sizeof(st) - 1);

	CHECK_ERR(stat("none", &st), ENOENT);
	CHECK_ERR(stat("", &st), ENOENT);
	CHECK_ERR(stat("f/x", &st), ENOTDIR);
	CHECK_ERR(stat("f/", &st), ENOTDIR);
	CHECK_ERR(lstat("f/", &st), ENOTDIR);
	CHECK_ERR(fstat(-1, &st), EBADF);
	CHECK_ERR(fstat(12345, &st), EBADF);
	CHECK_ERR(syscall(SYS_stat, "f", e), EFAULT);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_stat, p, &st), EFAULT);
		CHECK_ERR(syscall(SYS_lstat, p, &st), EFAULT);
		CHECK_ERR(syscall(SYS_stat, "f", p), EFAULT);
		CHECK_ERR(syscall(SYS_lstat, "f", p), EFAULT);
		CHECK_ERR(syscall(SYS_fstat, 0, p), EFAULT);
		CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", p, 0), EFAULT);
	}
	CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, ~0), EINVAL);
	CHECK_OK(syscall(SYS_newfstatat, AT_FDCWD, "l", &st, AT_SYMLINK_NOFOLLOW));
	CHECK(S_ISLNK(st.st_mode));
}

int main(void)
{
	fields();
	kinds();
	errors();
	return abi_done();
}
