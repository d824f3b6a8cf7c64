/* SPDX-License-Identifier: MIT */
/* statfs(2), fstatfs(2). */
#include "abi.h"
#include <sys/vfs.h>
#include <linux/magic.h>

int main(void)
{
	struct statfs a, b, pr;
	int fd;

	memset(&a, 0xff, sizeof(a));
	CHECK_OK(statfs(".", &a));
	CHECK_EQ(a.f_type, TMPFS_MAGIC);
	CHECK_EQ(a.f_bsize, 4096);
	CHECK_EQ(a.f_namelen, 255);
	CHECK(a.f_bfree <= a.f_blocks && a.f_bavail <= a.f_blocks);
	CHECK(a.f_ffree <= a.f_files);
	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_OK(fstatfs(fd, &b));
	CHECK_EQ(b.f_type, TMPFS_MAGIC);
	CHECK_OK(statfs("f", &b));
	CHECK_EQ(memcmp(&a.f_fsid, &b.f_fsid, sizeof(a.f_fsid)), 0);
	/* A page written is a block less, where the file system has a limit. */
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(statfs(".", &b));
	if (a.f_blocks)
		CHECK_EQ(a.f_bfree - b.f_bfree, 1);
	CHECK_OK(statfs("/proc", &pr));
	CHECK_EQ(pr.f_type, PROC_SUPER_MAGIC);

	CHECK_ERR(statfs("none", &a), ENOENT);
	CHECK_ERR(statfs("f/x", &a), ENOTDIR);
	CHECK_ERR(fstatfs(-1, &a), EBADF);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_statfs, p, &a), EFAULT);
		CHECK_ERR(syscall(SYS_statfs, ".", p), EFAULT);
		CHECK_ERR(syscall(SYS_fstatfs, fd, p), EFAULT);
	}
	return abi_done();
}
