/* SPDX-License-Identifier: MIT */
/* mount(2), umount2(2) with tmpfs and proc: covering, read-only, busy, errors. */
#include "abi.h"
#include <sys/mount.h>

int main(void)
{
	dev_t outer;
	int fd;

	CHECK_OK(mkdir("m", 0755));
	put_file("m/below", "covered");
	put_file("f", "");
	outer = stat_of(".").st_dev;
	NEED(mount("none", "m", "tmpfs", 0, "mode=700"));
	CHECK(stat_of("m").st_dev != outer);
	CHECK_EQ(mode_of("m"), 0700);
	CHECK_ERR(access("m/below", F_OK), ENOENT);
	CHECK_EQ(stat_of("m/..").st_ino, stat_of(".").st_ino);
	CHECK_EQ(stat_of("m/../f").st_ino, stat_of("f").st_ino);
	put_file("m/new", "n");
	CHECK_ERR(link("m/new", "x"), EXDEV);
	CHECK_ERR(rename("m/new", "x"), EXDEV);
	CHECK_ERR(rmdir("m"), EBUSY);
	CHECK_ERR(rename("m", "x"), EBUSY);
	CHECK(strstr(get_file("/proc/self/mounts"), "/m tmpfs rw"));

	/* Another on top of it, with a size limit. */
	CHECK_OK(mount("none", "m", "tmpfs", MS_NODEV | MS_NOSUID, "size=64k"));
	CHECK_ERR(access("m/new", F_OK), ENOENT);
	fd = NEED(open("m/big", O_CREAT | O_RDWR, 0600));
	for (int i = 0; i < 16; i++)
		CHECK_EQ(pwrite(fd, "x", 1, i * PAGE), 1);
	CHECK_ERR(pwrite(fd, "x", 1, 16 * PAGE), ENOSPC);
	CHECK_ERR(umount2("m", 0), EBUSY);
	close(fd);
	CHECK_OK(umount2("m", 0));
	CHECK_STR(get_file("m/new"), "n");

	/* Read-only. */
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERR(open("m/new", O_RDWR), EROFS);
	CHECK_ERR(open("m/other", O_CREAT | O_RDWR, 0600), EROFS);
	CHECK_ERR(mkdir("m/d", 0755), EROFS);
	CHECK_ERR(unlink("m/new"), EROFS);
	CHECK_ERR(chmod("m/new", 0600), EROFS);
	CHECK_ERR(truncate("m/new", 0), EROFS);
	CHECK_ERR(access("m/new", W_OK), EROFS);
	CHECK_STR(get_file("m/new"), "n");
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT, NULL));
	CHECK_OK(mkdir("m/d", 0755));

	/* The working directory keeps it busy; MNT_DETACH does not care. */
	CHECK_OK(chdir("m/d"));
	CHECK_ERR(umount2("../../m", 0), EBUSY);
	CHECK_OK(umount2("../../m", MNT_DETACH));
	CHECK_OK(access("../new", F_OK));
	return abi_done();
}
