/* SPDX-License-Identifier: MIT */
/*
 * O_LARGEFILE of 32-bit programs: without it a descriptor writes up to 2 GiB - 1 and no further, and F_GETFL tells.
 * CFLAGS: -m32
 */
#include "abi.h"

#define I386_open	5
#define I386_fcntl	55
#define I386_fcntl64	221
#define I386_ftruncate	93
#define I386_ftruncate64 194
#define I386_truncate	92
#define I386_llseek	140
#define I386_lseek	19
#define I386_pwrite64	181
#define I386_openat	295
#define LARGEFILE	0100000
#define LIMIT		0x7fffffffLL

static long pwrite_at(int fd, const void *buf, size_t n, long long at)
{
	return syscall(I386_pwrite64, fd, buf, n, (long)at, (long)(at >> 32));
}

static long size_to(int fd, long long size)
{
	return syscall(I386_ftruncate64, fd, (long)size, (long)(size >> 32));
}

int main(void)
{
	long long pos;
	char buf[4];
	struct stat64 st;
	int small, large;

	small = NEED(syscall(I386_open, "file", O_RDWR | O_CREAT, 0600));
	large = NEED(syscall(I386_open, "file", O_RDWR | LARGEFILE, 0));
	CHECK_EQ(syscall(I386_fcntl, small, F_GETFL, 0), O_RDWR);
	CHECK_EQ(syscall(I386_fcntl64, large, F_GETFL, 0), O_RDWR | LARGEFILE);
	/* F_SETFL changes neither. */
	CHECK_OK(syscall(I386_fcntl64, small, F_SETFL, O_APPEND | LARGEFILE));
	CHECK_EQ(syscall(I386_fcntl64, small, F_GETFL, 0), O_RDWR | O_APPEND);
	CHECK_OK(syscall(I386_fcntl64, small, F_SETFL, 0));
	CHECK_OK(syscall(I386_fcntl64, large, F_SETFL, 0));
	CHECK_EQ(syscall(I386_fcntl64, large, F_GETFL, 0), O_RDWR | LARGEFILE);

	/* Up to the limit, and up to it only in part. */
	CHECK_EQ(pwrite_at(small, "abcd", 4, LIMIT - 4), 4);
	CHECK_EQ(pwrite_at(small, "abcd", 4, LIMIT - 2), 2);
	CHECK_ERR(pwrite_at(small, "abcd", 4, LIMIT), EFBIG);
	CHECK_ERR(pwrite_at(small, "abcd", 4, LIMIT + 100), EFBIG);
	CHECK_EQ(pwrite_at(small, "", 0, LIMIT + 100), 0);
	CHECK_EQ(pwrite_at(large, "abcd", 4, LIMIT - 2), 4);
	CHECK_EQ(pwrite_at(large, "abcd", 4, 3 * LIMIT), 4);
	CHECK_OK(fstat64(small, &st));
	CHECK(st.st_size == 3 * LIMIT + 4);

	/* The file is large by now. What a file system does about an open() of it is its own affair: tmpfs nothing. */
	close(small);
	small = CHECK_OK(syscall(I386_open, "file", O_RDWR, 0));
	CHECK_OK(syscall(I386_openat, AT_FDCWD, "file", O_RDONLY, 0));

	/* Reading has no limit. */
	CHECK_OK(syscall(I386_llseek, small, 0, 0x80000000UL, &pos, SEEK_SET));
	CHECK(pos == 0x80000000LL);
	CHECK_EQ(read(small, buf, 4), 4);
	CHECK(!memcmp(buf, "\0\0\0\0", 4) || !memcmp(buf, "d", 1));
	CHECK_EQ(syscall(I386_lseek, small, 0, SEEK_CUR), (long)0x80000004UL);

	CHECK_OK(size_to(large, 1LL << 40));
	CHECK_OK(size_to(large, 1LL << 33));
	/* The call for large files has no limit here, the old one cannot say a larger size. */
	CHECK_ERR(size_to(small, 1LL << 33), EINVAL);
	CHECK_ERR(size_to(small, LIMIT + 1), EINVAL);
	CHECK_OK(size_to(small, LIMIT));
	CHECK_OK(syscall(I386_ftruncate, small, 100));
	CHECK_ERR(syscall(I386_ftruncate, small, -1L), EINVAL);
	CHECK_ERR(syscall(I386_truncate, "file", -1L), EINVAL);
	return abi_done();
}
