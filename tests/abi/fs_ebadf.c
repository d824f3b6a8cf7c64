/* SPDX-License-Identifier: MIT */
/* Every call that takes a descriptor says EBADF to one that is not open. */
#include "abi.h"

int main(void)
{
	static const int fds[] = { -1, -2, INT_MIN, INT_MAX, 200, 1023, 1024, 65536, 1 << 24 };
	char buf[256];
	struct stat st;

	for (unsigned i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		int fd = fds[i];

		CHECK_ERR(read(fd, buf, 1), EBADF);
		CHECK_ERR(write(fd, buf, 1), EBADF);
		CHECK_ERR(read(fd, buf, 0), EBADF);
		CHECK_ERR(read(fd, UNMAPPED, 1), EBADF);
		CHECK_ERR(pread(fd, buf, 1, 0), EBADF);
		CHECK_ERR(pwrite(fd, buf, 1, 0), EBADF);
		CHECK_ERR(close(fd), EBADF);
		CHECK_ERR(dup(fd), EBADF);
		CHECK_ERR(dup2(fd, 100), EBADF);
		CHECK_ERR(fcntl(fd, F_GETFL), EBADF);
		CHECK_ERR(lseek(fd, 0, SEEK_SET), EBADF);
		CHECK_ERR(fsync(fd), EBADF);
		CHECK_ERR(fdatasync(fd), EBADF);
		CHECK_ERR(syncfs(fd), EBADF);
		CHECK_ERR(ftruncate(fd, 0), EBADF);
		CHECK_ERR(fchmod(fd, 0), EBADF);
		CHECK_ERR(fchown(fd, 0, 0), EBADF);
		CHECK_ERR(fchdir(fd), EBADF);
		CHECK_ERR(ioctl(fd, FIONREAD, buf), EBADF);
		CHECK_ERR(syscall(SYS_fstat, fd, &st), EBADF);
		CHECK_ERR(syscall(SYS_getdents64, fd, buf, 256), EBADF);
		CHECK_ERR((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), EBADF);
		CHECK_ERR(syscall(SYS_readahead, fd, 0, 1), EBADF);
		CHECK_ERR(syscall(SYS_fadvise64, fd, 0, 0, 0), EBADF);
		CHECK_ERR(syscall(SYS_sync_file_range, fd, 0, 0, 0), EBADF);
	}
	return abi_done();
}
