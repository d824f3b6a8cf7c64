/* SPDX-License-Identifier: MIT */
/* pread64(2), pwrite64(2): reading and writing elsewhere, the offset stays. */
#include "abi.h"

int main(void)
{
	char buf[32] = "";
	int fd, p[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(pread(fd, buf, 4, 5), 4);
	CHECK_STR(buf, "5678");
	CHECK_EQ(pread(fd, buf, 10, 8), 2);
	CHECK_EQ(pread(fd, buf, 10, 10), 0);
	CHECK_EQ(pread(fd, buf, 10, 1L << 40), 0);
	CHECK_EQ(pwrite(fd, "ab", 2, 0), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_EQ(pwrite(fd, "z", 1, 20), 1);
	CHECK_EQ(stat_of("f").st_size, 21);
	CHECK_EQ(pread(fd, buf, 32, 9), 12);
	CHECK(!memcmp(buf, "9\0\0\0\0\0\0\0\0\0\0z", 12));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);

	CHECK_ERR(pread(fd, buf, 1, -1), EINVAL);
	CHECK_ERR(pwrite(fd, buf, 1, -1), EINVAL);
	CHECK_ERR(pread(fd, buf, 1, LONG_MIN), EINVAL);
	CHECK_EQ(pread(fd, buf, 0, 0), 0);
	CHECK_ERR(pread(fd, NULL, 1, 0), EFAULT);
	CHECK_ERR(pwrite(fd, KERNEL, 1, 0), EFAULT);
	/* The end of the transfer may not pass the largest offset. */
	CHECK_ERR(pwrite(fd, "x", 1, LONG_MAX), EINVAL);
	CHECK_ERR(pread(fd, buf, 2, LONG_MAX - 1), EINVAL);

	/* O_APPEND wins over pwrite's offset: Linux's known departure from POSIX. */
	CHECK_OK(fcntl(fd, F_SETFL, O_APPEND));
	CHECK_EQ(pwrite(fd, "!", 1, 0), 1);
	CHECK_EQ(pread(fd, buf, 1, 21), 1);
	CHECK_EQ(buf[0], '!');
	close(fd);

	NEED(pipe(p));
	CHECK_ERR(pread(p[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(p[1], buf, 1, 0), ESPIPE);
	CHECK_ERR(pread(-1, buf, 1, 0), EBADF);
	CHECK_ERR(pread(-1, buf, 1, -1), EINVAL);
	CHECK_ERR(pwrite(999, buf, 1, 0), EBADF);
	fd = open("f", O_WRONLY);
	CHECK_ERR(pread(fd, buf, 1, 0), EBADF);
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERR(pwrite(fd, buf, 1, 0), EBADF);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK_ERR(pread(fd, buf, 1, 0), EISDIR);
	CHECK_ERR(read(fd, buf, 1), EISDIR);
	CHECK_ERR(write(fd, buf, 1), EBADF);
	return abi_done();
}
