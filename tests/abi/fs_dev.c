/* SPDX-License-Identifier: MIT */
/* /dev/null, zero, full, random, urandom, tty: reading, writing, mapping, seeking. */
#include "abi.h"
#include <sys/sysmacros.h>

static void node(const char *path, int major, int minor)
{
	struct stat st = { 0 };

	CHECK_OK(stat(path, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(major, minor));
}

int main(void)
{
	static char buf[5000], zero[5000], other[64];
	char *m;
	int fd;

	node("/dev/null", 1, 3);
	node("/dev/zero", 1, 5);
	node("/dev/full", 1, 7);
	node("/dev/random", 1, 8);
	node("/dev/urandom", 1, 9);
	node("/dev/tty", 5, 0);

	fd = NEED(open("/dev/null", O_RDWR));
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(write(fd, buf, 5000), 5000);
	CHECK_EQ(write(fd, UNMAPPED, 5000), 5000);	/* never looks */
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
	CHECK_ERR(ioctl(fd, TCGETS, buf), ENOTTY);
	close(fd);
	close(NEED(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666)));

	fd = NEED(open("/dev/zero", O_RDWR));
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(read(fd, buf, 5000), 5000);
	CHECK(!memcmp(buf, zero, 5000));
	CHECK_EQ(write(fd, buf, 123), 123);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_read, fd, p, 10), EFAULT);
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(m != MAP_FAILED);
	CHECK(!memcmp(m, zero, PAGE));
	m[0] = 1;
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	IN_CHILD(m[9] = 7);
	CHECK_EQ(m[9], 7);
	close(fd);

	fd = NEED(open("/dev/full", O_RDWR));
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(read(fd, buf, 100), 100);
	CHECK(!memcmp(buf, zero, 100));
	CHECK_ERR(write(fd, "x", 1), ENOSPC);
	CHECK_EQ(write(fd, "x", 0) <= 0, 1);
	close(fd);

	fd = NEED(open("/dev/urandom", O_RDWR));
	CHECK_EQ(read(fd, buf, 64), 64);
	CHECK_EQ(read(fd, other, 64), 64);
	CHECK(memcmp(buf, other, 64) && memcmp(buf, zero, 64));
	CHECK_EQ(read(fd, buf, 5000), 5000);
	CHECK_EQ(write(fd, "entropy", 7), 7);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_read, fd, p, 10), EFAULT);
	close(fd);

	/* /dev/tty is the controlling terminal; a new session has none. */
	IN_CHILD({
		setsid();
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	});
	CHECK_ERR(open("/dev/null/x", O_RDWR), ENOTDIR);
	CHECK_ERR(open("/dev/null", O_RDONLY | O_DIRECTORY), ENOTDIR);
	return abi_done();
}
