/* SPDX-License-Identifier: MIT */
/* open(2) with O_PATH: a descriptor that names a file without opening it. */
#include "abi.h"

int main(void)
{
	struct stat st;
	char buf[64];
	int fd, dir, fd2;

	put_file("file", "abc");
	chmod("file", 0);
	CHECK_OK(mkdir("dir", 0755));
	put_file("dir/f", "in dir");
	CHECK_OK(symlink("file", "link"));

	fd = NEED(open("file", O_PATH));
	CHECK_ERR(read(fd, buf, 1), EBADF);
	CHECK_ERR(write(fd, buf, 1), EBADF);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK_ERR(ftruncate(fd, 0), EBADF);
	CHECK_ERR(fchmod(fd, 0600), EBADF);
	CHECK_ERR(fchown(fd, 0, 0), EBADF);
	CHECK_ERR(ioctl(fd, FIONREAD, buf), EBADF);
	CHECK_ERR(fsync(fd), EBADF);
	CHECK_ERR(fcntl(fd, F_SETFL, O_NONBLOCK), EBADF);
	CHECK_EQ(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), MAP_FAILED);
	CHECK_EQ(errno, EBADF);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_PATH);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd2 = CHECK_OK(dup(fd));
	CHECK_ERR(read(fd2, buf, 1), EBADF);
	close(fd2);
	CHECK_OK(close(fd));

	/* A directory works as the start of a path, and as the working directory. */
	dir = NEED(open("dir", O_PATH | O_DIRECTORY));
	fd = CHECK_OK(openat(dir, "f", O_RDONLY));
	CHECK_EQ(read(fd, buf, 10), 6);
	close(fd);
	CHECK_ERR(syscall(SYS_getdents64, dir, buf, sizeof(buf)), EBADF);
	CHECK_OK(fchdir(dir));
	CHECK_OK(access("f", F_OK));
	CHECK_OK(chdir(".."));
	close(dir);
	CHECK_ERR(open("file", O_PATH | O_DIRECTORY), ENOTDIR);

	/* With O_NOFOLLOW it can name the symbolic link itself. */
	fd = CHECK_OK(open("link", O_PATH | O_NOFOLLOW));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode & S_IFMT, S_IFLNK);
	CHECK_EQ(readlinkat(fd, "", buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "file", 4));
	close(fd);

	/* O_PATH ignores creation and access modes. */
	CHECK_ERR(open("none", O_PATH | O_CREAT, 0600), ENOENT);
	fd = CHECK_OK(open("file", O_PATH | O_TRUNC | O_RDWR));
	CHECK_EQ(stat_of("file").st_size, 3);
	close(fd);

	/* No permission on the file itself is asked for. */
	chmod(".", 0755);
	IN_CHILD({
		become_user(1000);
		CHECK_OK(open("file", O_PATH));
		CHECK_ERR(open("file", O_RDONLY), EACCES);
	});
	return abi_done();
}
