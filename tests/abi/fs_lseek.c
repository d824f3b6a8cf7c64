/* SPDX-License-Identifier: MIT */
/* lseek(2): whence, bounds, files that cannot seek. */
#include "abi.h"

int main(void)
{
	int fd, fd2, p[2];
	char c;

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
	CHECK_EQ(lseek(fd, 3, SEEK_CUR), 7);
	CHECK_EQ(lseek(fd, -2, SEEK_CUR), 5);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, '5');
	CHECK_EQ(lseek(fd, 0, SEEK_END), 10);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 9);
	CHECK_EQ(lseek(fd, 100, SEEK_END), 110);
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(stat_of("f").st_size, 10);
	/* Refused seeks move nothing. */
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, -11, SEEK_END), EINVAL);
	CHECK_ERR(lseek(fd, -111, SEEK_CUR), EINVAL);
	CHECK_ERR(lseek(fd, 0, 5), EINVAL);
	CHECK_ERR(lseek(fd, 0, -1), EINVAL);
	CHECK_ERR(lseek(fd, 0, 99), EINVAL);
	CHECK_ERR(lseek(fd, LONG_MIN, SEEK_SET), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 110);
	CHECK_EQ(lseek(fd, LONG_MAX, SEEK_SET), LONG_MAX);
	CHECK(lseek(fd, 1, SEEK_CUR) == -1 && (errno == EOVERFLOW || errno == EINVAL));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);

	/* dup shares the offset, and so does fork; a second open has its own. */
	fd2 = dup(fd);
	CHECK_EQ(lseek(fd2, 6, SEEK_SET), 6);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	IN_CHILD(CHECK_EQ(lseek(fd, 2, SEEK_CUR), 8));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
	close(fd2);

	NEED(pipe(p));
	CHECK_ERR(lseek(p[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(lseek(p[1], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(lseek(p[0], 0, 99), EINVAL);
	CHECK_ERR(lseek(-1, 0, SEEK_SET), EBADF);
	CHECK_ERR(lseek(4711, 0, SEEK_SET), EBADF);
	fd = NEED(open("/dev/null", O_RDWR));
	CHECK_EQ(lseek(fd, 5, SEEK_SET), 0);

	/* Beyond the largest offset. */
	fd = NEED(open("huge", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, LONG_MAX));
	CHECK_EQ(lseek(fd, 0, SEEK_END), LONG_MAX);
	CHECK_ERR(lseek(fd, 1, SEEK_CUR), EINVAL);
	CHECK_ERR(lseek(fd, 10, SEEK_END), EINVAL);
	CHECK_ERR(write(fd, "ab", 2), EINVAL);
	CHECK_EQ(pwrite(fd, "ab", 2, LONG_MAX - 2), 2);
	CHECK_ERR(pwrite(fd, "abcd", 4, LONG_MAX - 2), EINVAL);
	return abi_done();
}
