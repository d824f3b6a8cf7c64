/* SPDX-License-Identifier: MIT */
/* access(2), faccessat(2), faccessat2(2): the real ids decide, root is special. */
#include "abi.h"

static void as_user(void)
{
	CHECK_OK(access("all", R_OK | W_OK | X_OK));
	CHECK_OK(access("read", F_OK));
	CHECK_OK(access("read", R_OK));
	CHECK_ERR(access("read", W_OK), EACCES);
	CHECK_ERR(access("read", X_OK), EACCES);
	CHECK_ERR(access("read", R_OK | W_OK), EACCES);
	CHECK_OK(access("none", F_OK));
	CHECK_ERR(access("none", R_OK), EACCES);
	CHECK_ERR(access("closed/f", F_OK), EACCES);
	/* Owner bits alone decide for the owner, even when "other" has more. */
	CHECK_ERR(access("mine", R_OK), EACCES);
}

int main(void)
{
	int fd;

	umask(0);
	chmod(".", 0755);
	put_file("all", "");
	put_file("read", "");
	put_file("none", "");
	put_file("mine", "");
	chmod("all", 0777);
	chmod("read", 0444);
	chmod("none", 0);
	chmod("mine", 0077);
	CHECK_OK(chown("mine", 1000, 1000));
	CHECK_OK(mkdir("closed", 0700));
	put_file("closed/f", "");

	/* Root may read and write anything, and execute what anybody may execute. */
	CHECK_OK(access("none", R_OK | W_OK));
	CHECK_ERR(access("none", X_OK), EACCES);
	CHECK_OK(access("all", X_OK));
	CHECK_OK(access("closed", X_OK));
	IN_CHILD(become_user(1000); as_user());

	/* Set-user-id programs: access asks for the real user, AT_EACCESS for the effective. */
	IN_CHILD({
		NEED(setresgid(1000, 0, 0));
		NEED(setresuid(1000, 0, 0));
		CHECK_ERR(access("closed/f", F_OK), EACCES);
		CHECK_ERR(access("none", R_OK), EACCES);
		CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, "none", R_OK, 0), EACCES);
		CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, "none", R_OK, AT_EACCESS));
		CHECK_OK(open("none", O_RDONLY));
	});

	CHECK_ERR(access("missing", F_OK), ENOENT);
	CHECK_ERR(access("", F_OK), ENOENT);
	CHECK_ERR(access("all/x", F_OK), ENOTDIR);
	CHECK_ERR(access("all", 8), EINVAL);
	CHECK_ERR(access("all", -1), EINVAL);
	CHECK_ERR(syscall(SYS_faccessat, -1, "all", F_OK), EBADF);
	CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, "all", F_OK, 1), EINVAL);
	CHECK_OK(symlink("missing", "dangling"));
	CHECK_ERR(access("dangling", F_OK), ENOENT);
	CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	fd = NEED(open("all", O_RDONLY));
	CHECK_OK(syscall(SYS_faccessat2, fd, "", F_OK, AT_EMPTY_PATH));
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_access, p, F_OK), EFAULT);
	return abi_done();
}
