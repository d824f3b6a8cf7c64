/* SPDX-License-Identifier: MIT */
/* sync(2), fsync(2), fdatasync(2), syncfs(2), posix_fadvise(2): accepted where they make sense. */
#include "abi.h"

int main(void)
{
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0600)), dir = NEED(open(".", O_RDONLY)), p[2];

	NEED(pipe(p));
	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_OK(fsync(fd));
	CHECK_OK(fdatasync(fd));
	CHECK_OK(syncfs(fd));
	CHECK_OK(fsync(dir));
	CHECK_OK(syscall(SYS_sync));
	CHECK_ERR(fsync(p[0]), EINVAL);
	CHECK_ERR(fdatasync(p[1]), EINVAL);
	CHECK_ERR(fsync(open("/dev/null", O_RDWR)), EINVAL);
	CHECK_OK(syscall(SYS_fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	CHECK_OK(syscall(SYS_fadvise64, fd, 0, 100, POSIX_FADV_DONTNEED));
	CHECK_ERR(syscall(SYS_fadvise64, fd, 0, 0, 99), EINVAL);
	CHECK_ERR(syscall(SYS_fadvise64, fd, 0L, -1L, 0), EINVAL);
	CHECK_ERR(syscall(SYS_fadvise64, p[0], 0, 0, 0), ESPIPE);
	/* The data survived all that. */
	CHECK_STR(get_file("f"), "data");
	return abi_done();
}
