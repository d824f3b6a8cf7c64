/* SPDX-License-Identifier: MIT */
/* memfd_create(2): an anonymous file, and its seals. */
#include "abi.h"

int main(void)
{
	char buf[300], link[64];
	struct stat st;
	int fd, n;
	char *m;

	fd = NEED(memfd_create("name", MFD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(write(fd, "abc", 3), 3);
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED && !memcmp(m, "abc", 3));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	CHECK_STR(buf, "/memfd:name (deleted)");
	/* Not made for sealing: sealed against that. */
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	close(fd);

	fd = NEED(memfd_create("", MFD_ALLOW_SEALING));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_OK(ftruncate(fd, 100));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_ERR(ftruncate(fd, 50), EPERM);
	CHECK_OK(ftruncate(fd, 200));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_ERR(ftruncate(fd, 300), EPERM);
	CHECK_ERR(pwrite(fd, "x", 1, 5000), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_OK(munmap(m, PAGE));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, 0x8000), EINVAL);
	close(fd);

	memset(buf, 'm', sizeof(buf));
	buf[249] = 0;
	CHECK_OK(close(memfd_create(buf, 0)));
	buf[249] = 'm';
	buf[250] = 0;
	CHECK_ERR(memfd_create(buf, 0), EINVAL);
	CHECK_ERR(memfd_create("x", 0x80), EINVAL);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_memfd_create, p, 0), EFAULT);
	return abi_done();
}
