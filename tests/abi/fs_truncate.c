/* SPDX-License-Identifier: MIT */
/* truncate(2), ftruncate(2): shrink, grow, and no old data coming back. */
#include "abi.h"

int main(void)
{
	static char buf[3 * PAGE], zero[3 * PAGE];
	int fd, p[2];

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(write(fd, buf, sizeof(buf)), (long)sizeof(buf));
	CHECK_OK(ftruncate(fd, 100));
	CHECK_EQ(stat_of("f").st_size, 100);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), (long)sizeof(buf));
	/* What was cut off reads as zeros when the file grows again. */
	CHECK_OK(truncate("f", sizeof(buf)));
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), (long)sizeof(buf));
	CHECK(buf[99] == 'x' && !memcmp(buf + 100, zero, sizeof(buf) - 100));
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(stat_of("f").st_blocks, 0);
	CHECK_EQ(pread(fd, buf, 10, 0), 0);
	CHECK_OK(ftruncate(fd, 1L << 40));
	CHECK_EQ(stat_of("f").st_size, 1L << 40);
	CHECK_EQ(stat_of("f").st_blocks, 0);
	CHECK_EQ(pread(fd, buf, 10, (1L << 40) - 5), 5);

	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(truncate("none", 0), ENOENT);
	CHECK_ERR(truncate("f/x", 0), ENOTDIR);
	CHECK_ERR(truncate(".", 0), EISDIR);
	CHECK_ERR(ftruncate(-1, 0), EBADF);
	EACH_BAD(q)
		CHECK_ERR(syscall(SYS_truncate, q, 0), EFAULT);
	close(fd);
	fd = NEED(open("f", O_RDONLY));
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	close(fd);
	NEED(pipe(p));
	CHECK_ERR(ftruncate(p[1], 0), EINVAL);
	fd = NEED(open(".", O_RDONLY));
	CHECK_ERR(ftruncate(fd, 0), EINVAL);

	/* Permission is asked of the file for truncate, of the descriptor for ftruncate. */
	chmod(".", 0755);
	put_file("ro", "text");
	chown("ro", 1000, 1000);
	chmod("ro", 0600);
	IN_CHILD({
		become_user(1000);
		fd = NEED(open("ro", O_RDWR));
		CHECK_OK(chmod("ro", 0400));
		CHECK_ERR(truncate("ro", 1), EACCES);
		CHECK_OK(ftruncate(fd, 2));
	});
	CHECK_EQ(stat_of("ro").st_size, 2);
	return abi_done();
}
