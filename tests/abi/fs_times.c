/* SPDX-License-Identifier: MIT */
/* Which operations move a file's atime, mtime and ctime. */
#include "abi.h"

static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

/* Which of a, m, c are not old any more; ctime is compared with what it was. */
static struct timespec ctime_was;

static void reset(const char *path)
{
	CHECK_OK(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW));
	ctime_was = stat_of(path).st_ctim;
	msleep(25);	/* more than one tick of any clock that stamps files */
}

static const char *moved(const char *path)
{
	static char s[4];
	struct stat st = stat_of(path);
	int n = 0;

	if (st.st_atim.tv_sec != 1000)
		s[n++] = 'a';
	if (st.st_mtim.tv_sec != 1000)
		s[n++] = 'm';
	if (memcmp(&st.st_ctim, &ctime_was, sizeof(ctime_was)))
		s[n++] = 'c';
	s[n] = 0;
	return s;
}

int main(void)
{
	char buf[8];
	int fd;

	put_file("f", "abc");
	CHECK_OK(mkdir("d", 0755));
	fd = NEED(open("f", O_RDWR));

	reset("f");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_STR(moved("f"), "mc");
	reset("f");
	CHECK_OK(fchmod(fd, 0600));
	CHECK_STR(moved("f"), "c");
	reset("f");
	CHECK_OK(link("f", "g"));
	CHECK_STR(moved("f"), "c");
	reset("f");
	CHECK_OK(ftruncate(fd, 1));
	CHECK_STR(moved("f"), "mc");
	reset("f");
	CHECK_EQ(write(fd, "", 0), 0);
	CHECK_STR(moved("f"), "");
	reset("f");
	close(NEED(open("f", O_RDONLY)));
	CHECK_STR(moved("f"), "");
	reset("f");
	CHECK_OK(chown("f", 0, 0));
	CHECK_STR(moved("f"), "c");
	/* relatime: the first read after a change moves the access time */
	CHECK_EQ(pread(fd, buf, 1, 0), 1);
	CHECK_STR(moved("f"), "ac");
	reset("f");
	close(NEED(open("f", O_RDWR | O_TRUNC)));
	CHECK_STR(moved("f"), "mc");

	reset("d");
	put_file("d/n", "");
	CHECK_STR(moved("d"), "mc");
	reset("d");
	put_file("d/n", "more");
	CHECK_STR(moved("d"), "");
	reset("d");
	CHECK_OK(rename("d/n", "d/m"));
	CHECK_STR(moved("d"), "mc");
	reset("d");
	CHECK_OK(unlink("d/m"));
	CHECK_STR(moved("d"), "mc");
	reset("d");
	CHECK_OK(mkdir("d/s", 0755));
	CHECK_STR(moved("d"), "mc");
	return abi_done();
}
