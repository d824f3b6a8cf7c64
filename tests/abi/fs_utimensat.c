/* SPDX-License-Identifier: MIT */
/* utimensat(2), utimes(2), utime(2), futimesat(2): setting time stamps. */
#include "abi.h"
#include <utime.h>

int main(void)
{
	struct timespec t[2] = { { 1000, 1 }, { 2000, 999999999 } };
	struct timeval v[2] = { { 5, 7 }, { 6, 8 } };
	struct utimbuf u = { 11, 12 };
	struct stat st;
	time_t now;
	int fd;

	put_file("f", "");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(utimensat(AT_FDCWD, "f", t, 0));
	st = stat_of("f");
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_atim.tv_nsec, 1);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 999999999);
	CHECK(st.st_ctim.tv_sec > 2000);

	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	now = time(NULL);
	CHECK_OK(utimensat(AT_FDCWD, "f", t, 0));
	st = stat_of("f");
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec >= now - 1);
	CHECK_OK(utimensat(AT_FDCWD, "f", NULL, 0));
	CHECK(stat_of("f").st_atim.tv_sec >= now - 1);

	t[0] = t[1] = (struct timespec){ 77, 0 };
	CHECK_OK(utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW));
	CHECK_EQ(stat_of("l").st_mtim.tv_sec, 77);
	CHECK(stat_of("f").st_mtim.tv_sec != 77);
	fd = NEED(open("f", O_RDONLY));
	CHECK_OK(futimens(fd, t));
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 77);

	CHECK_OK(syscall(SYS_utimes, "f", v));
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 5);
	CHECK_EQ(stat_of("f").st_mtim.tv_nsec, 8000);
	CHECK_OK(syscall(SYS_utime, "f", &u));
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 11);
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 12);
	CHECK_OK(syscall(SYS_futimesat, AT_FDCWD, "f", v));
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 6);

	t[0].tv_nsec = 1000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	t[0].tv_nsec = -1;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	v[1].tv_usec = 1000000;
	CHECK_ERR(syscall(SYS_utimes, "f", v), EINVAL);
	t[0].tv_nsec = 0;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0x8000), EINVAL);
	CHECK_ERR(utimensat(AT_FDCWD, "none", t, 0), ENOENT);
	CHECK_ERR(utimensat(-1, "f", t, 0), EBADF);
	CHECK_ERR(syscall(SYS_utimensat, -1, NULL, t, 0), EBADF);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, p, t, 0), EFAULT);
		CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "f", p, 0), EFAULT);
		CHECK_ERR(syscall(SYS_utime, "f", p), EFAULT);
	}

	/* Setting "now" needs write permission, any other time ownership. */
	chmod(".", 0755);
	chmod("f", 0666);
	IN_CHILD({
		become_user(1000);
		CHECK_OK(utimensat(AT_FDCWD, "f", NULL, 0));
		CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EPERM);
	});
	chmod("f", 0644);
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0), EACCES);
		CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EPERM);
	});
	return abi_done();
}
