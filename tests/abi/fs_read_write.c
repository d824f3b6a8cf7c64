/* SPDX-License-Identifier: MIT */
/* read(2) and write(2) on regular files: counts, offsets, end of file, bad memory. */
#include "abi.h"

static char big[3 * 65536 + 123], back[sizeof(big)];

int main(void)
{
	char buf[64], *e;
	int fd, fd2, i;

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(write(fd, "hello world", 11), 11);
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, buf, 5), 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 6);
	CHECK(!memcmp(buf, " world", 6));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	/* Zero bytes: no error, no effect, even with a pointer to nowhere. */
	CHECK_EQ(read(fd, NULL, 0), 0);
	CHECK_EQ(write(fd, NULL, 0), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);

	/* Overwrite in the middle. */
	CHECK_EQ(lseek(fd, 6, SEEK_SET), 6);
	CHECK_EQ(write(fd, "W", 1), 1);
	CHECK_STR(get_file("f"), "hello World");

	/* Many pages, odd length, odd offset. */
	for (i = 0; i < (int)sizeof(big); i++)
		big[i] = i * 7 + i / 4096;
	CHECK_EQ(lseek(fd, 13, SEEK_SET), 13);
	CHECK_EQ(write(fd, big, sizeof(big)), (long)sizeof(big));
	CHECK_EQ(lseek(fd, 13, SEEK_SET), 13);
	CHECK_EQ(read(fd, back, sizeof(back)), (long)sizeof(back));
	CHECK(!memcmp(big, back, sizeof(big)));
	CHECK_EQ(pread(fd, buf, 2, 11), 2);
	CHECK(buf[0] == 0 && buf[1] == 0);

	/* Two opens have two offsets; what one writes the other reads at once. */
	fd2 = NEED(open("f", O_RDONLY));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "HELLO", 5), 5);
	CHECK_EQ(read(fd2, buf, 5), 5);
	CHECK(!memcmp(buf, "HELLO", 5));
	close(fd2);

	/* A buffer that is only partly there: what fits is moved, then the error shows. */
	e = edge(100);
	CHECK_EQ(lseek(fd, 13, SEEK_SET), 13);
	CHECK_EQ(read(fd, e, 100), 100);
	CHECK(!memcmp(e, big, 100));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	i = read(fd, e + 50, 100);
	CHECK(i == 50 || (i == -1 && errno == EFAULT));
	CHECK_ERR(read(fd, e + 100, 10), EFAULT);
	CHECK_ERR(write(fd, e + 100, 10), EFAULT);
	close(fd);

	EACH_BAD(p) {
		fd = open("f", O_RDWR);
		CHECK_ERR(syscall(SYS_read, fd, p, 10), EFAULT);
		CHECK_ERR(syscall(SYS_write, fd, p, 10), EFAULT);
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
		close(fd);
	}
	/* Read-only memory cannot be read into. */
	fd = open("f", O_RDWR);
	e = pages(1);
	CHECK_OK(mprotect(e, PAGE, PROT_READ));
	CHECK_ERR(read(fd, e, 10), EFAULT);
	CHECK_EQ(write(fd, e, 10), 10);
	CHECK_OK(mprotect(e, PAGE, PROT_NONE));
	CHECK_ERR(write(fd, e, 10), EFAULT);

	/* Lengths beyond reason. A negative one is refused before the pointer is looked at. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(syscall(SYS_read, fd, buf, -1L), EFAULT);
	CHECK_ERR(syscall(SYS_read, fd, buf, 1UL << 63), EFAULT);
	CHECK_ERR(syscall(SYS_write, fd, buf, -1L), EFAULT);
	return abi_done();
}
