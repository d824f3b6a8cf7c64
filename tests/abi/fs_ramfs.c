/* SPDX-License-Identifier: MIT */
/* The root that the archive is unpacked into is a tmpfs, with its limits; ramfs is without. */
#include "abi.h"
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>

static struct statfs statfs_of(const char *path)
{
	struct statfs st;

	memset(&st, 0, sizeof(st));
	CHECK_OK(statfs(path, &st));
	return st;
}

static int mounted(const char *line)
{
	return strstr(get_file("/proc/self/mounts"), line) != NULL;
}

static void root(void)
{
	struct statfs before = statfs_of("/"), after;
	char page[PAGE];
	int fd;

	CHECK_EQ(before.f_type, TMPFS_MAGIC);
	CHECK(before.f_blocks > 0 && before.f_bavail > 0 && before.f_bavail < before.f_blocks);
	CHECK(before.f_files > 0 && before.f_ffree < before.f_files);
	memset(page, 'x', PAGE);
	fd = NEED(open("/fs_ramfs.test", O_CREAT | O_RDWR, 0600));
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	after = statfs_of("/");
	CHECK_EQ(before.f_bfree - after.f_bfree, 16);
	CHECK_EQ(before.f_ffree - after.f_ffree, 1);
	CHECK(mounted("rootfs / rootfs rw,size=") || mounted("rootfs / rootfs rw,relatime,size="));
	close(fd);
	CHECK_OK(unlink("/fs_ramfs.test"));
}

static void ramfs(void)
{
	struct statfs st;

	CHECK_OK(mkdir("m", 0777));
	CHECK_ERR(mount("r", "m", "ramfs", 0, "mode=abc"), EINVAL);
	CHECK_OK(mount("r", "m", "ramfs", 0, NULL));
	CHECK_EQ(stat_of("m").st_mode, S_IFDIR | 0755);
	put_file("m/f", "text");
	CHECK_STR(get_file("m/f"), "text");
	st = statfs_of("m");
	CHECK_EQ(st.f_type, RAMFS_MAGIC);
	CHECK_EQ(st.f_bsize, PAGE);
	CHECK_EQ(st.f_blocks, 0);
	CHECK_EQ(st.f_files, 0);
	CHECK_EQ(st.f_namelen, 255);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERR(open("m/g", O_CREAT | O_RDWR, 0600), EROFS);
	CHECK_OK(umount("m"));
	CHECK_ERR(access("m/f", F_OK), ENOENT);

	/* What it does not know it passes over. */
	CHECK_OK(mount("other", "m", "ramfs", MS_NOSUID, "size=1k,mode=700,x"));
	CHECK_EQ(stat_of("m").st_mode, S_IFDIR | 0700);
	CHECK(mounted("other "));
	CHECK(mounted(" ramfs rw,nosuid,relatime,mode=700 0 0"));
	CHECK_OK(umount("m"));
	CHECK(strstr(get_file("/proc/filesystems"), "nodev\tramfs\n"));
}

int main(void)
{
	root();
	ramfs();
	return abi_done();
}
