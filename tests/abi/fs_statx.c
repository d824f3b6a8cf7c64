/* SPDX-License-Identifier: MIT */
/* statx(2): the same facts as stat, with a mask. */
#include "abi.h"

int main(void)
{
	struct statx sx;
	struct stat st;
	int fd;

	put_file("f", "12345");
	CHECK_OK(symlink("f", "l"));
	st = stat_of("f");
	memset(&sx, 0xff, sizeof(sx));
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(sx.stx_mode, st.st_mode);
	CHECK_EQ(sx.stx_size, 5);
	CHECK_EQ(sx.stx_ino, st.st_ino);
	CHECK_EQ(sx.stx_nlink, 1);
	CHECK_EQ(sx.stx_uid, 0);
	CHECK_EQ(sx.stx_blocks, st.st_blocks);
	CHECK_EQ(sx.stx_blksize, st.st_blksize);
	CHECK_EQ(sx.stx_mtime.tv_sec, st.st_mtim.tv_sec);
	CHECK_EQ(sx.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
	CHECK_EQ(sx.stx_ctime.tv_nsec, st.st_ctim.tv_nsec);

	CHECK_OK(statx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &sx));
	CHECK_EQ(sx.stx_mode & S_IFMT, S_IFLNK);
	fd = NEED(open("f", O_RDONLY));
	CHECK_OK(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &sx));
	CHECK_EQ(sx.stx_size, 5);
	CHECK_OK(statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &sx));
	CHECK_OK(statx(AT_FDCWD, "/dev/null", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_rdev_major, 1);
	CHECK_EQ(sx.stx_rdev_minor, 3);

	CHECK_ERR(statx(fd, "", 0, STATX_SIZE, &sx), ENOENT);
	CHECK_ERR(statx(AT_FDCWD, "none", 0, STATX_SIZE, &sx), ENOENT);
	CHECK_ERR(statx(-1, "f", 0, STATX_SIZE, &sx), EBADF);
	CHECK_ERR(statx(AT_FDCWD, "f", 0, STATX__RESERVED, &sx), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "f", 0x100000, STATX_SIZE, &sx), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, STATX_SIZE, &sx), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_SIZE, p), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_statx, AT_FDCWD, p, 0, STATX_SIZE, &sx), EFAULT);
	}
	return abi_done();
}
