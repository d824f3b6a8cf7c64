/* SPDX-License-Identifier: MIT */
/* execveat(2): relative to a descriptor, or of the descriptor itself. */
#include "abi.h"

static pid_t at(int fd, const char *path, int flags)
{
	char *args[] = { "x", "child", NULL };
	pid_t pid = FORK();

	if (!pid) {
		syscall(SYS_execveat, fd, path, args, NULL, flags);
		_exit(100 + errno);
	}
	return pid;
}

int main(int argc, char **argv)
{
	char *args[] = { "x", NULL };
	int dir, fd;

	if (argc > 1)
		_exit(9);
	CHECK_OK(mkdir("d", 0755));
	copy_self("d/prog");
	CHECK_OK(symlink("prog", "d/link"));
	dir = NEED(open("d", O_RDONLY | O_DIRECTORY));
	EXPECT_EXIT(at(dir, "prog", 0), 9);
	EXPECT_EXIT(at(AT_FDCWD, "d/prog", 0), 9);
	EXPECT_EXIT(at(dir, "link", 0), 9);
	EXPECT_EXIT(at(dir, "link", AT_SYMLINK_NOFOLLOW), 100 + ELOOP);
	fd = NEED(open("d/prog", O_PATH));
	EXPECT_EXIT(at(fd, "", AT_EMPTY_PATH), 9);
	close(fd);
	fd = NEED(open("d/prog", O_RDONLY | O_CLOEXEC));
	EXPECT_EXIT(at(fd, "", AT_EMPTY_PATH), 9);
	unlink("d/prog");
	EXPECT_EXIT(at(fd, "", AT_EMPTY_PATH), 9);
	CHECK_ERR(syscall(SYS_execveat, fd, "", args, NULL, 0), ENOENT);
	CHECK_ERR(syscall(SYS_execveat, fd, "x", args, NULL, 0), ENOTDIR);
	CHECK_ERR(syscall(SYS_execveat, -1, "x", args, NULL, 0), EBADF);
	CHECK_ERR(syscall(SYS_execveat, dir, "none", args, NULL, 0), ENOENT);
	CHECK_ERR(syscall(SYS_execveat, dir, "", args, NULL, AT_EMPTY_PATH), EACCES);
	CHECK_ERR(syscall(SYS_execveat, dir, "prog", args, NULL, 0x8000), EINVAL);
	return abi_done();
}
