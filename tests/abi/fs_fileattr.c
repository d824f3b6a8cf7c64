/* SPDX-License-Identifier: MIT */
/*
 * FS_IOC_GETFLAGS, SETFLAGS, FSGETXATTR, FSSETXATTR (ioctl_iflags(2), chattr(1)) on tmpfs: which
 * attributes there are, who may set them, what they forbid, who inherits them.
 */
#include "abi.h"
#include <linux/fs.h>
#include <sys/mount.h>

#define SETTABLE (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)

static int set(int fd, unsigned int flags)
{
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static unsigned int get(int fd)
{
	unsigned int flags = 0xffffffff;

	CHECK_OK(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return flags;
}

static void which_there_are(int fd, int dir)
{
	struct fsxattr x;

	CHECK_EQ(get(fd), 0);
	for (int bit = 0; bit < 32; bit++) {
		if (SETTABLE >> bit & 1) {
			CHECK_OK(set(fd, 1U << bit));
			CHECK_EQ(get(fd), 1U << bit);
		} else {
			CHECK_ERR(set(fd, 1U << bit), EOPNOTSUPP);
		}
		CHECK_OK(set(fd, 0));
	}
	CHECK_ERR(set(fd, FS_NODUMP_FL | FS_SYNC_FL), EOPNOTSUPP);
	CHECK_EQ(get(fd), 0);
	CHECK_OK(set(dir, FS_NOATIME_FL));
	CHECK_EQ(get(dir), FS_NOATIME_FL);
	CHECK_OK(set(dir, 0));

	CHECK_OK(set(fd, SETTABLE));
	memset(&x, 0x5a, sizeof(x));
	CHECK_OK(ioctl(fd, FS_IOC_FSGETXATTR, &x));
	CHECK_EQ(x.fsx_xflags, FS_XFLAG_IMMUTABLE | FS_XFLAG_APPEND | FS_XFLAG_NODUMP | FS_XFLAG_NOATIME);
	CHECK_EQ(x.fsx_extsize | x.fsx_nextents | x.fsx_projid | x.fsx_cowextsize, 0);
	for (size_t i = 0; i < sizeof(x.fsx_pad); i++)
		CHECK_EQ(x.fsx_pad[i], 0);
	CHECK_OK(set(fd, 0));
}

static int setx(int fd, struct fsxattr x)
{
	return ioctl(fd, FS_IOC_FSSETXATTR, &x);
}

static void the_other_interface(int fd, int dir)
{
	for (int bit = 0; bit < 32; bit++) {
		unsigned int flag = 1U << bit;
		struct fsxattr x = { .fsx_xflags = flag };

		if (flag & (FS_XFLAG_IMMUTABLE | FS_XFLAG_APPEND | FS_XFLAG_NODUMP | FS_XFLAG_NOATIME)) {
			CHECK_OK(setx(fd, x));
			CHECK_OK(ioctl(fd, FS_IOC_FSGETXATTR, &x));
			CHECK_EQ(x.fsx_xflags, flag);
			CHECK_OK(setx(fd, (struct fsxattr){ 0 }));
		} else if (flag == FS_XFLAG_EXTSIZE) {	/* without a size it means nothing, and is dropped */
			CHECK_OK(setx(fd, x));
			CHECK_ERR(setx(dir, x), EINVAL);
		} else if (flag == FS_XFLAG_EXTSZINHERIT) {
			CHECK_ERR(setx(fd, x), EINVAL);
			CHECK_OK(setx(dir, x));
		} else if (flag == FS_XFLAG_COWEXTSIZE) {
			CHECK_OK(setx(fd, x));
		} else {
			CHECK_ERR(setx(fd, x), EOPNOTSUPP);
		}
	}
	CHECK_ERR(setx(fd, (struct fsxattr){ .fsx_extsize = 4096 }), EOPNOTSUPP);
	CHECK_ERR(setx(fd, (struct fsxattr){ .fsx_projid = 1 }), EOPNOTSUPP);
	CHECK_ERR(setx(fd, (struct fsxattr){ .fsx_cowextsize = 4096 }), EOPNOTSUPP);
	CHECK_OK(setx(fd, (struct fsxattr){ .fsx_nextents = 1, .fsx_pad = { 1 } }));
	CHECK_EQ(get(fd), 0);
	EACH_BAD(p) {
		CHECK_ERR(ioctl(fd, FS_IOC_FSSETXATTR, p), EFAULT);
		CHECK_ERR(ioctl(fd, FS_IOC_FSGETXATTR, p), EFAULT);
		CHECK_ERR(ioctl(fd, FS_IOC_SETFLAGS, p), EFAULT);
		CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, p), EFAULT);
	}
}

static void immutable(int fd)
{
	struct statx sx;

	CHECK_OK(set(fd, FS_IMMUTABLE_FL));
	CHECK_EQ(write(fd, "x", 1), 1);		/* who has it open */
	CHECK_OK(ftruncate(fd, 1));
	CHECK_ERR(fallocate(fd, 0, 0, 10), EPERM);
	CHECK_ERR(open("f", O_RDWR), EPERM);
	CHECK_ERR(open("f", O_RDONLY | O_TRUNC), EPERM);
	CHECK_ERR(truncate("f", 0), EPERM);
	CHECK_ERR(access("f", W_OK), EPERM);
	CHECK_ERR(chmod("f", 0600), EPERM);
	CHECK_ERR(chown("f", 1, 1), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0), EPERM);
	CHECK_ERR(unlink("f"), EPERM);
	CHECK_ERR(link("f", "g"), EPERM);
	CHECK_ERR(rename("f", "g"), EPERM);
	CHECK_OK(access("f", R_OK));
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP),
		 STATX_ATTR_IMMUTABLE);
	CHECK_OK(set(fd, FS_NODUMP_FL));
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP),
		 STATX_ATTR_NODUMP);
	CHECK_EQ(sx.stx_attributes_mask & ~0xfffUL, STATX_ATTR_AUTOMOUNT | STATX_ATTR_MOUNT_ROOT | STATX_ATTR_DAX);
	CHECK_EQ(sx.stx_attributes_mask & 0xfff, STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP);
	CHECK_OK(set(fd, 0));
	CHECK_OK(truncate("f", 0));
}

static void append_only(int fd)
{
	struct statx sx;
	int a;

	CHECK_OK(set(fd, FS_APPEND_FL));
	CHECK_ERR(open("f", O_WRONLY), EPERM);
	CHECK_ERR(open("f", O_WRONLY | O_APPEND | O_TRUNC), EPERM);
	CHECK_ERR(open("f", O_RDONLY | O_NOATIME | O_TRUNC), EPERM);
	a = NEED(open("f", O_RDWR | O_APPEND));
	CHECK_ERR(fcntl(a, F_SETFL, 0), EPERM);
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_ERR(ftruncate(a, 0), EPERM);
	CHECK_ERR(fallocate(a, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), EPERM);
	CHECK(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, a, 0) == MAP_FAILED && errno == EACCES);
	CHECK_ERR(chmod("f", 0600), EPERM);
	CHECK_ERR(unlink("f"), EPERM);
	CHECK_OK(utimensat(AT_FDCWD, "f", NULL, 0));
	CHECK_ERR(utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 1, 1 }, { 2, 2 } }, 0), EPERM);
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_attributes & STATX_ATTR_APPEND, STATX_ATTR_APPEND);
	CHECK_OK(set(fd, 0));
	close(a);
}

static void directories(void)
{
	int dir, fd;

	CHECK_OK(mkdir("d", 0755));
	close(NEED(open("d/old", O_CREAT | O_RDWR, 0600)));
	dir = NEED(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_OK(set(dir, FS_IMMUTABLE_FL));
	CHECK_ERR(open("d/new", O_CREAT | O_RDWR, 0600), EPERM);
	CHECK_ERR(unlink("d/old"), EPERM);
	CHECK_ERR(rename("d/old", "d/new"), EPERM);
	CHECK_ERR(rmdir("d"), EPERM);
	CHECK_OK(set(dir, FS_APPEND_FL));
	close(NEED(open("d/new", O_CREAT | O_RDWR, 0600)));
	CHECK_ERR(unlink("d/new"), EPERM);
	CHECK_ERR(rename("d/new", "d/newer"), EPERM);
	/* A new file inherits two of them. */
	CHECK_OK(set(dir, FS_NODUMP_FL | FS_NOATIME_FL));
	fd = NEED(open("d/child", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(get(fd), FS_NODUMP_FL | FS_NOATIME_FL);
	close(fd);
	CHECK_OK(mkdir("d/sub", 0700));
	fd = NEED(open("d/sub", O_RDONLY));
	CHECK_EQ(get(fd), FS_NODUMP_FL | FS_NOATIME_FL);
	close(fd);
	CHECK_OK(mkfifo("d/fifo", 0600));
	fd = NEED(open("d/fifo", O_RDWR));
	CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, &(int){ 0 }), ENOTTY);
	close(fd);
	CHECK_OK(set(dir, 0));
	close(dir);
}

static void reading_leaves_no_time(int fd)
{
	struct stat before, after;
	struct timespec past[2] = { { 1000, 0 }, { 2000, 0 } };
	char c;

	CHECK_OK(utimensat(AT_FDCWD, "f", past, 0));
	CHECK_OK(set(fd, FS_NOATIME_FL));
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_OK(fstat(fd, &before));
	CHECK_EQ(before.st_atime, 1000);
	CHECK_OK(set(fd, 0));
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_OK(fstat(fd, &after));
	CHECK(after.st_atime > 2000);
	CHECK(after.st_ctime > 2000);
}

static void who_may(int fd)
{
	CHECK_OK(set(fd, FS_IMMUTABLE_FL));
	IN_CHILD({
		int old = NEED(open("own", O_RDWR | O_CREAT, 0666));
		int theirs = NEED(open("f", O_RDONLY));

		CHECK_OK(fchown(old, 1000, 1000));
		become_user(1000);
		CHECK_EQ(get(theirs), FS_IMMUTABLE_FL);
		CHECK_ERR(set(theirs, 0), EPERM);
		CHECK_ERR(set(theirs, FS_IMMUTABLE_FL), EPERM);
		CHECK_OK(set(old, FS_NODUMP_FL));
		CHECK_ERR(set(old, FS_IMMUTABLE_FL), EPERM);
		CHECK_ERR(set(old, FS_NODUMP_FL | FS_APPEND_FL), EPERM);
		CHECK_EQ(get(old), FS_NODUMP_FL);
	});
	CHECK_OK(set(fd, 0));
}

static void elsewhere(void)
{
	int p[2], fd = NEED(open("/proc/version", O_RDONLY)), flags = 0;
	struct statx sx;

	CHECK_OK(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_attributes_mask, STATX_ATTR_AUTOMOUNT | STATX_ATTR_MOUNT_ROOT | STATX_ATTR_DAX);
	CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, &flags), ENOTTY);
	CHECK_ERR(ioctl(fd, FS_IOC_SETFLAGS, &flags), ENOTTY);
	close(fd);
	CHECK_OK(pipe(p));
	CHECK_ERR(ioctl(p[0], FS_IOC_GETFLAGS, &flags), ENOTTY);
	CHECK_ERR(ioctl(p[0], FS_IOC_FSGETXATTR, &flags), ENOTTY);
	CHECK_OK(mkdir("r", 0700));
	CHECK_OK(mount("r", "r", "ramfs", 0, NULL));
	fd = NEED(open("r", O_RDONLY));
	CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, &flags), ENOTTY);
	CHECK_ERR(ioctl(fd, FS_IOC_SETFLAGS, &flags), ENOTTY);
	CHECK_OK(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_attributes_mask & 0xfff, 0);
	close(fd);
	CHECK_OK(umount("r"));
	fd = NEED(memfd_create("m", 0));
	CHECK_OK(set(fd, FS_NODUMP_FL));
	CHECK_EQ(get(fd), FS_NODUMP_FL);
	close(fd);
	fd = NEED(open("f", O_PATH));
	CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, &flags), EBADF);
	close(fd);
}

int main(void)
{
	int dir = NEED(open(".", O_RDONLY)), fd = NEED(open("f", O_CREAT | O_RDWR, 0644));

	which_there_are(fd, dir);
	the_other_interface(fd, dir);
	immutable(fd);
	append_only(fd);
	directories();
	reading_leaves_no_time(fd);
	who_may(fd);
	elsewhere();
	return abi_done();
}
