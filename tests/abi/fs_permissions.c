/* SPDX-License-Identifier: MIT */
/* Permission bits against owner, group, supplementary groups, others, and root. */
#include "abi.h"

/* May this identity open the file so? */
static int can(uid_t uid, gid_t gid, gid_t extra, const char *path, int flags)
{
	pid_t pid = FORK();
	int fd;

	if (!pid) {
		NEED(syscall(SYS_setgroups, extra ? 1 : 0, &extra));
		NEED(setresgid(gid, gid, gid));
		NEED(setresuid(uid, uid, uid));
		fd = open(path, flags);
		_exit(fd >= 0 ? 1 : errno == EACCES ? 0 : 2);
	}
	return WEXITSTATUS(abi_wait(pid));
}

int main(void)
{
	umask(0);
	chmod(".", 0755);
	put_file("f", "");
	CHECK_OK(chown("f", 10, 20));

	/* Exactly one class decides, even if a later one would give more. */
	for (int mode = 0; mode < 0777; mode += 037) {
		CHECK_OK(chmod("f", mode));
		CHECK_EQ(can(10, 99, 0, "f", O_RDONLY), !!(mode & 0400));
		CHECK_EQ(can(10, 20, 20, "f", O_WRONLY), !!(mode & 0200));
		CHECK_EQ(can(11, 20, 0, "f", O_RDONLY), !!(mode & 0040));
		CHECK_EQ(can(11, 99, 20, "f", O_WRONLY), !!(mode & 0020));
		CHECK_EQ(can(11, 99, 98, "f", O_RDONLY), !!(mode & 0004));
		CHECK_EQ(can(11, 99, 0, "f", O_WRONLY), !!(mode & 0002));
		CHECK_EQ(can(11, 99, 0, "f", O_RDWR), (mode & 6) == 6);
	}
	CHECK_OK(chmod("f", 0));
	CHECK_EQ(can(0, 0, 0, "f", O_RDWR), 1);

	/* Directories: writing means creating and removing. */
	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "");
	CHECK_OK(chmod("d/f", 0666));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(open("d/new", O_CREAT | O_RDWR, 0600), EACCES);
		CHECK_ERR(mkdir("d/new", 0700), EACCES);
		CHECK_ERR(unlink("d/f"), EACCES);
		CHECK_ERR(rename("d/f", "d/g"), EACCES);
		CHECK_ERR(link("d/f", "d/g"), EACCES);
		CHECK_ERR(symlink("x", "d/s"), EACCES);
		CHECK_ERR(mknod("d/p", S_IFIFO | 0600, 0), EACCES);
		CHECK_OK(open("d/f", O_RDWR));
		CHECK_OK(open("d/f", O_CREAT | O_RDWR, 0600));
		CHECK_ERR(open("d/f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
		CHECK_ERR(truncate("f", 0), EACCES);
	});
	/* What a user creates belongs to that user. */
	CHECK_OK(chmod("d", 0777));
	IN_CHILD({
		become_user(1000);
		close(NEED(open("d/mine", O_CREAT | O_RDWR, 0600)));
		CHECK_OK(mkdir("d/md", 0700));
	});
	CHECK_EQ(stat_of("d/mine").st_uid, 1000);
	CHECK_EQ(stat_of("d/mine").st_gid, 1000);
	CHECK_EQ(stat_of("d/md").st_uid, 1000);
	return abi_done();
}
