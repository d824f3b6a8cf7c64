/* SPDX-License-Identifier: MIT */
/* open(2): what each flag does to an existing, a missing and a special file. */
#include "abi.h"

static void creating(void)
{
	struct stat st;
	int fd, fd2;

	umask(022);
	fd = NEED(open("new", O_CREAT | O_RDWR, 0666));
	CHECK_EQ(mode_of("new"), 0644);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_ERR(open("new", O_CREAT | O_EXCL | O_RDWR, 0666), EEXIST);
	fd2 = CHECK_OK(open("new", O_CREAT | O_RDONLY, 0));
	CHECK_OK(fstat(fd2, &st));
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(fd2, fd + 1);
	close(fd2);

	/* The lowest free number comes next. */
	fd2 = dup(fd);
	close(fd);
	CHECK_EQ(open("new", O_RDONLY), fd);
	close(fd);
	close(fd2);

	/* The mode given counts for later opens only; this one may write. */
	fd = CHECK_OK(open("readonly", O_CREAT | O_RDWR, 0400));
	CHECK_EQ(mode_of("readonly"), 0400);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);

	/* Of the mode only the 07777 bits are used. */
	fd = CHECK_OK(open("bits", O_CREAT | O_RDWR, 0107755));
	CHECK_EQ(stat_of("bits").st_mode, S_IFREG | 07755);
	close(fd);

	/* O_CREAT|O_EXCL does not follow a symbolic link, not even a dangling one. */
	CHECK_OK(symlink("target", "dangling"));
	CHECK_ERR(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0666), EEXIST);
	CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
	fd = CHECK_OK(open("dangling", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(mode_of("target"), 0600);
	close(fd);
}

static void truncating(void)
{
	int fd;

	put_file("t", "0123456789");
	fd = CHECK_OK(open("t", O_RDWR));
	CHECK_EQ(stat_of("t").st_size, 10);
	close(fd);
	fd = CHECK_OK(open("t", O_WRONLY | O_TRUNC));
	CHECK_EQ(stat_of("t").st_size, 0);
	close(fd);
}

static void appending(void)
{
	char buf[16] = "";
	int fd, fd2;

	put_file("a", "abc");
	fd = CHECK_OK(open("a", O_RDWR | O_APPEND));
	fd2 = CHECK_OK(open("a", O_WRONLY | O_APPEND));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(write(fd, "def", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	CHECK_EQ(write(fd2, "ghi", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "j", 1), 1);
	CHECK_EQ(pread(fd, buf, 15, 0), 10);
	CHECK_STR(buf, "abcdefghij");
	close(fd);
	close(fd2);
}

static void kinds(void)
{
	int fd;

	CHECK_OK(mkdir("dir", 0755));
	CHECK_OK(symlink("dir", "dirlink"));
	CHECK_OK(symlink("new", "filelink"));
	fd = CHECK_OK(open("dir", O_RDONLY | O_DIRECTORY));
	close(fd);
	fd = CHECK_OK(open("dirlink", O_RDONLY | O_DIRECTORY));
	close(fd);
	CHECK_ERR(open("new", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("dir", O_WRONLY), EISDIR);
	CHECK_ERR(open("dir", O_RDWR), EISDIR);
	CHECK_ERR(open("dir", O_RDONLY | O_TRUNC), EISDIR);
	CHECK_ERR(open("dir", O_RDONLY | O_CREAT, 0644), EISDIR);
	CHECK_ERR(open("filelink", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open("dirlink", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
	fd = CHECK_OK(open("new", O_RDONLY | O_NOFOLLOW));
	close(fd);
	/* O_NOFOLLOW is about the last component only. */
	put_file("dir/f", "");
	fd = CHECK_OK(open("dirlink/f", O_RDONLY | O_NOFOLLOW));
	close(fd);
}

static void descriptors(void)
{
	int fd = CHECK_OK(open("new", O_RDWR | O_CLOEXEC | O_APPEND | O_NONBLOCK));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* Status flags come back, creation flags do not; 64-bit programs get O_LARGEFILE. */
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK);
	close(fd);
	fd = CHECK_OK(open("new", O_CREAT | O_TRUNC | O_WRONLY, 0600));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_WRONLY);
	close(fd);
}

static void access_modes(void)
{
	char c;
	int fd = CHECK_OK(open("new", O_RDONLY));

	CHECK_ERR(write(fd, "x", 1), EBADF);
	close(fd);
	fd = CHECK_OK(open("new", O_WRONLY));
	CHECK_ERR(read(fd, &c, 1), EBADF);
	close(fd);
	/* Access mode 3 is Linux's "for ioctl only": neither reads nor writes. */
	fd = CHECK_OK(open("new", 3));
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	close(fd);
	/* open ignores flags it does not know. */
	fd = CHECK_OK(open("new", O_RDONLY | 1 << 30));
	close(fd);
}

/* What is created is a file, so it cannot be the directory that is asked for. */
static void creating_directories(void)
{
	int flags = O_CREAT | O_DIRECTORY | O_RDONLY;

	NEED(mkdir("cdir", 0755));
	put_file("cfile", "x");
	CHECK_ERR(open("cdir", flags, 0600), EINVAL);
	CHECK_ERR(open("cfile", flags, 0600), EINVAL);
	CHECK_ERR(open("cnone", flags, 0600), EINVAL);
	CHECK_ERR(access("cnone", F_OK), ENOENT);
}

int main(void)
{
	creating();
	creating_directories();
	truncating();
	appending();
	kinds();
	descriptors();
	access_modes();
	return abi_done();
}
