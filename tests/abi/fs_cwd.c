/* SPDX-License-Identifier: MIT */
/* getcwd(2), chdir(2), fchdir(2). */
#include "abi.h"

int main(void)
{
	char home[4096], buf[4096], want[4200];
	int fd, n;

	n = NEED(syscall(SYS_getcwd, home, sizeof(home)));
	CHECK_EQ(n, strlen(home) + 1);
	CHECK_EQ(home[0], '/');

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	put_file("f", "");
	CHECK_OK(symlink("d/e", "l"));
	CHECK_OK(chdir("l"));
	snprintf(want, sizeof(want), "%s/d/e", home);
	CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
	CHECK_STR(buf, want);
	/* The buffer must hold the NUL too. */
	n = strlen(want);
	CHECK_ERR(syscall(SYS_getcwd, buf, n), ERANGE);
	CHECK_EQ(syscall(SYS_getcwd, buf, n + 1), n + 1);
	CHECK_ERR(syscall(SYS_getcwd, buf, 0), ERANGE);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_getcwd, p, 4096), EFAULT);

	/* It follows a rename, and says so when the directory is gone. */
	CHECK_OK(chdir("../.."));
	fd = NEED(open("d/e", O_RDONLY));
	CHECK_OK(fchdir(fd));
	CHECK_OK(rename("../../d", "../../r"));
	snprintf(want, sizeof(want), "%s/r/e", home);
	CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
	CHECK_STR(buf, want);
	CHECK_OK(rmdir("../e"));
	CHECK_ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	CHECK_OK(chdir(home));

	/* Each process has its own. */
	IN_CHILD(CHECK_OK(chdir("/")));
	CHECK_OK(access("f", F_OK));
	CHECK_OK(chdir("/"));
	CHECK_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), 2);
	CHECK_STR(buf, "/");
	CHECK_OK(chdir(home));

	CHECK_ERR(chdir("f"), ENOTDIR);
	CHECK_ERR(chdir("none"), ENOENT);
	CHECK_ERR(chdir(""), ENOENT);
	CHECK_ERR(fchdir(-1), EBADF);
	fd = NEED(open("f", O_RDONLY));
	CHECK_ERR(fchdir(fd), ENOTDIR);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_chdir, p), EFAULT);
	chmod(".", 0755);
	CHECK_OK(mkdir("closed", 0700));
	fd = NEED(open("closed", O_RDONLY));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(chdir("closed"), EACCES);
		CHECK_ERR(fchdir(fd), EACCES);
	});
	return abi_done();
}
