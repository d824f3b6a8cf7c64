/* SPDX-License-Identifier: MIT */
/* lseek(2) with SEEK_DATA and SEEK_HOLE on tmpfs, whose unit is the page. */
#include "abi.h"

int main(void)
{
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0644));

	CHECK_ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 0, SEEK_HOLE), ENXIO);
	/* data in page 2 and 5, 8 pages in all */
	CHECK_OK(ftruncate(fd, 8 * PAGE));
	CHECK_ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(pwrite(fd, "a", 1, 2 * PAGE + 100), 1);
	CHECK_EQ(pwrite(fd, "b", 1, 5 * PAGE), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 2 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2 * PAGE);
	CHECK_EQ(lseek(fd, 2 * PAGE + 7, SEEK_DATA), 2 * PAGE + 7);
	CHECK_EQ(lseek(fd, 3 * PAGE, SEEK_DATA), 5 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 2 * PAGE, SEEK_HOLE), 3 * PAGE);
	CHECK_EQ(lseek(fd, 5 * PAGE + 9, SEEK_HOLE), 6 * PAGE);
	CHECK_EQ(lseek(fd, 6 * PAGE + 9, SEEK_HOLE), 6 * PAGE + 9);
	CHECK_ERR(lseek(fd, 6 * PAGE, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 8 * PAGE, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 8 * PAGE, SEEK_HOLE), ENXIO);
	CHECK_ERR(lseek(fd, -1, SEEK_DATA), ENXIO);
	/* The end of the file counts as a hole. */
	CHECK_OK(ftruncate(fd, 5 * PAGE + 10));
	CHECK_EQ(lseek(fd, 5 * PAGE, SEEK_HOLE), 5 * PAGE + 10);
	CHECK_EQ(stat_of("f").st_blocks, 2 * PAGE / 512);
	return abi_done();
}
