/* SPDX-License-Identifier: MIT */
/* /proc/self/fd: links that open the file itself, and their texts. */
#include "abi.h"

static char *text(int fd)
{
	static char buf[4200];
	char path[32];
	int n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

int main(void)
{
	char home[4096], want[4200], path[64], buf[16] = "";
	int fd, fd2, p[2];
	struct stat st;

	CHECK_OK(syscall(SYS_getcwd, home, sizeof(home)));
	put_file("f", "text");
	fd = NEED(open("f", O_RDWR));
	snprintf(want, sizeof(want), "%s/f", home);
	CHECK_STR(text(fd), want);
	CHECK_OK(rename("f", "g"));
	snprintf(want, sizeof(want), "%s/g", home);
	CHECK_STR(text(fd), want);

	/* Opening the link opens the file anew: its own offset, its own mode. */
	CHECK_EQ(read(fd, buf, 2), 2);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd2 = CHECK_OK(open(path, O_RDONLY));
	CHECK_EQ(read(fd2, buf, 10), 4);
	CHECK_ERR(write(fd2, "x", 1), EBADF);
	close(fd2);
	/* Even one that has no name any more. */
	CHECK_OK(unlink("g"));
	snprintf(want, sizeof(want), "%s/g (deleted)", home);
	CHECK_STR(text(fd), want);
	fd2 = CHECK_OK(open(path, O_WRONLY));
	CHECK_EQ(write(fd2, "T", 1), 1);
	CHECK_EQ(pread(fd, buf, 4, 0), 4);
	CHECK(!memcmp(buf, "Text", 4));

	NEED(pipe(p));
	CHECK_OK(fstat(p[0], &st));
	snprintf(want, sizeof(want), "pipe:[%lu]", (long)st.st_ino);
	CHECK_STR(text(p[0]), want);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[1]);
	fd2 = CHECK_OK(open(path, O_WRONLY));
	CHECK_EQ(write(fd2, "x", 1), 1);
	CHECK_EQ(read(p[0], buf, 1), 1);
	CHECK_OK(stat("/proc/self/fd/0", &st));
	CHECK_ERR(open("/proc/self/fd/77", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/self/fd/x", O_RDONLY), ENOENT);
	CHECK_OK(lstat(path, &st));
	CHECK(S_ISLNK(st.st_mode));
	return abi_done();
}
