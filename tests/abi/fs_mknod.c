/* SPDX-License-Identifier: MIT */
/* mknod(2): FIFOs, devices, plain files, and who may. */
#include "abi.h"
#include <sys/sysmacros.h>

int main(void)
{
	char c;
	int fd;

	umask(022);
	CHECK_OK(mknod("fifo", S_IFIFO | 0666, 0));
	CHECK_EQ(stat_of("fifo").st_mode, S_IFIFO | 0644);
	CHECK_OK(mknod("reg", S_IFREG | 0600, 0));
	CHECK_EQ(stat_of("reg").st_mode, S_IFREG | 0600);
	CHECK_OK(mknod("reg2", 0600, 0));
	CHECK_EQ(stat_of("reg2").st_mode, S_IFREG | 0600);
	CHECK_OK(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
	CHECK_EQ(stat_of("zero").st_rdev, makedev(1, 5));
	fd = CHECK_OK(open("zero", O_RDONLY));
	c = 1;
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 0);
	close(fd);
	/* Nodes can be made for devices that do not exist; opening them fails. */
	CHECK_OK(mknod("nochr", S_IFCHR | 0666, makedev(240, 77)));
	CHECK_ERR(open("nochr", O_RDWR), ENXIO);
	CHECK_OK(mknod("noblk", S_IFBLK | 0666, makedev(240, 77)));
	CHECK_ERR(open("noblk", O_RDWR), ENXIO);
	CHECK_OK(mknod("sock", S_IFSOCK | 0666, 0));
	CHECK(S_ISSOCK(stat_of("sock").st_mode));
	CHECK_ERR(open("sock", O_RDWR), ENXIO);

	CHECK_ERR(mknod("fifo", S_IFIFO | 0666, 0), EEXIST);
	CHECK_ERR(mknod("d", S_IFDIR | 0755, 0), EPERM);
	CHECK_ERR(mknod("l", S_IFLNK | 0755, 0), EINVAL);
	CHECK_ERR(mknod("l", 0150644, 0), EINVAL);
	CHECK_ERR(mknod("none/x", S_IFIFO | 0644, 0), ENOENT);
	CHECK_ERR(mknod("x/", S_IFIFO | 0644, 0), ENOENT);
	CHECK_ERR(mknod("", S_IFIFO | 0644, 0), ENOENT);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_mknod, p, S_IFIFO | 0644, 0), EFAULT);

	CHECK_OK(chmod(".", 0777));
	IN_CHILD({
		become_user(1000);
		CHECK_OK(mknod("ufifo", S_IFIFO | 0666, 0));
		CHECK_OK(mknod("ureg", S_IFREG | 0666, 0));
		CHECK_ERR(mknod("unull", S_IFCHR | 0666, makedev(1, 3)), EPERM);
		CHECK_ERR(mknod("ublk", S_IFBLK | 0666, makedev(1, 3)), EPERM);
	});
	return abi_done();
}
