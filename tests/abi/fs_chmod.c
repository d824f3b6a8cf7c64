/* SPDX-License-Identifier: MIT */
/* chmod(2), fchmod(2), fchmodat(2): who may, and which bits vanish. */
#include "abi.h"

int main(void)
{
	struct stat st;
	int fd;

	put_file("f", "");
	CHECK_OK(chmod("f", 07777));
	CHECK_EQ(mode_of("f"), 07777);
	CHECK_OK(chmod("f", 0));
	CHECK_EQ(stat_of("f").st_mode, S_IFREG);
	CHECK_OK(chmod("f", 0170644));
	CHECK_EQ(stat_of("f").st_mode, S_IFREG | 0644);
	fd = NEED(open("f", O_RDONLY));
	CHECK_OK(fchmod(fd, 0751));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0751);
	close(fd);

	/* chmod follows symbolic links. */
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(chmod("l", 0600));
	CHECK_EQ(mode_of("f"), 0600);
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(syscall(SYS_fchmodat, AT_FDCWD, "d", 01777));
	CHECK_EQ(mode_of("d"), 01777);

	CHECK_ERR(chmod("none", 0644), ENOENT);
	CHECK_ERR(chmod("f/x", 0644), ENOTDIR);
	CHECK_ERR(fchmod(-1, 0644), EBADF);
	CHECK_ERR(syscall(SYS_fchmodat, -1, "f", 0644), EBADF);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_chmod, p, 0644), EFAULT);

	chmod(".", 0755);
	put_file("theirs", "");
	put_file("mine", "");
	put_file("group", "");
	CHECK_OK(chown("mine", 1000, 1000));
	CHECK_OK(chown("group", 1000, 0));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(chmod("theirs", 0644), EPERM);
		CHECK_OK(chmod("mine", 06755));
		CHECK_EQ(mode_of("mine"), 06755);
		/* The set-group-id bit is only for members of the file's group. */
		CHECK_OK(chmod("group", 06755));
		CHECK_EQ(mode_of("group"), 04755);
	});
	return abi_done();
}
