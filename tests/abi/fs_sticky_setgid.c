/* SPDX-License-Identifier: MIT */
/* The sticky bit and set-group-ID on directories; set-id bits that writing takes away. */
#include "abi.h"

int main(void)
{
	int fd;

	umask(0);
	chmod(".", 0755);
	CHECK_OK(mkdir("tmp", 0777));
	CHECK_OK(chmod("tmp", 01777));
	put_file("tmp/root", "");
	chmod("tmp/root", 0666);
	put_file("tmp/mine", "");
	chown("tmp/mine", 1000, 1000);
	CHECK_OK(mkdir("tmp/rootdir", 0777));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(unlink("tmp/root"), EPERM);
		CHECK_ERR(rename("tmp/root", "tmp/x"), EPERM);
		CHECK_ERR(rmdir("tmp/rootdir"), EPERM);
		CHECK_ERR(rename("tmp/mine", "tmp/root"), EPERM);
		CHECK_OK(rename("tmp/mine", "tmp/mine2"));
		CHECK_OK(unlink("tmp/mine2"));
	});
	/* The directory's owner may remove anything in it. */
	CHECK_OK(chown("tmp", 1000, 1000));
	IN_CHILD({
		become_user(1000);
		CHECK_OK(unlink("tmp/root"));
	});

	/* Files made in a set-group-ID directory get its group, directories its bit as well. */
	CHECK_OK(mkdir("g", 0777));
	CHECK_OK(chown("g", 0, 77));
	CHECK_OK(chmod("g", 02777));
	close(NEED(open("g/f", O_CREAT | O_RDWR, 0644)));
	CHECK_EQ(stat_of("g/f").st_gid, 77);
	CHECK_OK(mkdir("g/d", 0755));
	CHECK_EQ(stat_of("g/d").st_gid, 77);
	CHECK_EQ(mode_of("g/d"), 02755);
	CHECK_OK(mknod("g/p", S_IFIFO | 0644, 0));
	CHECK_EQ(stat_of("g/p").st_gid, 77);
	CHECK_OK(symlink("x", "g/l"));
	CHECK_EQ(stat_of("g/l").st_gid, 77);
	IN_CHILD({
		become_user(1000);
		close(NEED(open("g/u", O_CREAT | O_RDWR, 0644)));
		CHECK_EQ(stat_of("g/u").st_gid, 77);
		CHECK_EQ(stat_of("g/u").st_uid, 1000);
	});

	/* Writing by anybody but root takes set-user-ID away. */
	put_file("prog", "x");
	chown("prog", 1000, 1000);
	chmod("prog", 06755);
	fd = NEED(open("prog", O_RDWR));
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_EQ(mode_of("prog"), 06755);
	IN_CHILD({
		become_user(1000);
		CHECK_EQ(write(fd, "z", 1), 1);
		CHECK_EQ(mode_of("prog"), 0755);
		CHECK_OK(chmod("prog", 06755));
		CHECK_OK(truncate("prog", 1));
		CHECK_EQ(mode_of("prog"), 0755);
	});
	return abi_done();
}
