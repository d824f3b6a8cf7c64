/* SPDX-License-Identifier: MIT */
/* chown(2) and kin: who may give what to whom, and set-id bits that vanish. */
#include "abi.h"

int main(void)
{
	gid_t extra = 3000;
	int fd;

	chmod(".", 0755);
	put_file("f", "");
	CHECK_OK(chown("f", 5, 6));
	CHECK_EQ(stat_of("f").st_uid, 5);
	CHECK_EQ(stat_of("f").st_gid, 6);
	CHECK_OK(chown("f", -1, 7));
	CHECK_EQ(stat_of("f").st_uid, 5);
	CHECK_EQ(stat_of("f").st_gid, 7);
	CHECK_OK(chown("f", 8, -1));
	CHECK_EQ(stat_of("f").st_uid, 8);
	CHECK_EQ(stat_of("f").st_gid, 7);
	CHECK_OK(chown("f", -1, -1));
	CHECK_OK(chown("f", 4000000000u, 0));
	CHECK_EQ(stat_of("f").st_uid, 4000000000u);

	fd = NEED(open("f", O_RDONLY));
	CHECK_OK(fchown(fd, 1, 1));
	CHECK_EQ(stat_of("f").st_uid, 1);
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(lchown("l", 9, 9));
	CHECK_EQ(stat_of("l").st_uid, 9);
	CHECK_EQ(stat_of("f").st_uid, 1);
	CHECK_OK(chown("l", 2, 2));
	CHECK_EQ(stat_of("f").st_uid, 2);
	CHECK_OK(fchownat(AT_FDCWD, "l", 3, 3, AT_SYMLINK_NOFOLLOW));
	CHECK_EQ(stat_of("l").st_uid, 3);
	CHECK_OK(fchownat(fd, "", 4, 4, AT_EMPTY_PATH));
	CHECK_EQ(stat_of("f").st_gid, 4);

	/* A change of owner takes the set-id bits of a program, even from root; setgid
	 * without group execute stays, and directories keep theirs. */
	chmod("f", 06755);
	CHECK_OK(chown("f", 5, 5));
	CHECK_EQ(mode_of("f"), 0755);
	chmod("f", 06745);
	CHECK_OK(chown("f", 6, 6));
	CHECK_EQ(mode_of("f"), 02745);
	CHECK_OK(mkdir("d", 0755));
	chmod("d", 06755);
	CHECK_OK(chown("d", 5, 5));
	CHECK_EQ(mode_of("d"), 06755);

	CHECK_ERR(chown("none", 1, 1), ENOENT);
	CHECK_ERR(fchown(-1, 1, 1), EBADF);
	CHECK_ERR(fchownat(AT_FDCWD, "f", 1, 1, 0x8000), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_chown, p, 1, 1), EFAULT);
		CHECK_ERR(syscall(SYS_lchown, p, 1, 1), EFAULT);
	}

	put_file("mine", "");
	CHECK_OK(chown("mine", 1000, 1000));
	chmod("mine", 04755);
	IN_CHILD({
		NEED(syscall(SYS_setgroups, 1, &extra));
		NEED(setresgid(1000, 1000, 1000));
		NEED(setresuid(1000, 1000, 1000));
		CHECK_ERR(chown("f", 1000, 1000), EPERM);
		CHECK_ERR(chown("mine", 1001, -1), EPERM);
		CHECK_ERR(chown("mine", -1, 1001), EPERM);
		CHECK_OK(chown("mine", 1000, 1000));
		CHECK_EQ(mode_of("mine"), 0755);
		CHECK_OK(chown("mine", -1, 3000));
		CHECK_EQ(stat_of("mine").st_gid, 3000);
		CHECK_ERR(chown("f", 6, 6), EPERM);
	});
	return abi_done();
}
