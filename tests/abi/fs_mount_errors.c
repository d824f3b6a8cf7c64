/* SPDX-License-Identifier: MIT */
/* mount(2), umount2(2): what they refuse. */
#include "abi.h"
#include <sys/mount.h>
#include <sys/statfs.h>

int main(void)
{
	struct statfs before, after;
	struct stat st;
	int fd;

	CHECK_OK(mkdir("m", 0755));
	put_file("f", "");
	CHECK_ERR(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
	CHECK_ERR(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR);
	CHECK_ERR(mount("none", "m", "nosuchfs", 0, NULL), ENODEV);
	CHECK_ERR(mount("none", "m", NULL, 0, NULL), EINVAL);
	CHECK_ERR(mount("none", "m", "", 0, NULL), ENODEV);
	CHECK_ERR(mount("none", "m", NULL, MS_REMOUNT, NULL), EINVAL);
	CHECK_ERR(mount("none", "m", "tmpfs", 0, "nosuchoption=1"), EINVAL);
	CHECK_ERR(mount("none", "m", "tmpfs", 0, "size=abc"), EINVAL);
	CHECK_ERR(umount2("m", 0), EINVAL);
	CHECK_ERR(umount2("missing", 0), ENOENT);
	CHECK_ERR(umount2("f", 0), EINVAL);
	CHECK_ERR(umount2("m", 0x100), EINVAL);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_mount, "none", p, "tmpfs", 0, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_umount2, p, 0), EFAULT);
	}
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_mount, p, "m", "tmpfs", 0, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_mount, "none", "m", p, 0, NULL), EFAULT);
	}
	chmod(".", 0755);
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(mount("none", "m", "tmpfs", 0, NULL), EPERM);
		CHECK_ERR(umount2("/proc", 0), EPERM);
	});

	/* UMOUNT_NOFOLLOW, symbolic links, the same mount through two names. */
	CHECK_OK(symlink("m", "l"));
	CHECK_OK(mount("none", "l", "tmpfs", 0, NULL));
	CHECK_ERR(umount2("l", UMOUNT_NOFOLLOW), EINVAL);
	CHECK_OK(umount2("l", 0));
	CHECK_OK(mount("none", "m", "proc", 0, NULL));
	CHECK_OK(access("m/self/stat", R_OK));
	CHECK_OK(umount2("m", 0));

	/* MS_NODEV, MS_NOEXEC. */
	CHECK_OK(mount("none", "m", "tmpfs", MS_NODEV | MS_NOEXEC, NULL));
	CHECK_OK(mknod("m/null", S_IFCHR | 0666, 0x103));
	CHECK_ERR(open("m/null", O_RDWR), EACCES);
	copy_self("m/prog");
	CHECK_ERR(execl("m/prog", "prog", NULL), EACCES);
	CHECK_OK(umount2("m", 0));
	/* Bind. */
	CHECK_OK(mkdir("n", 0755));
	put_file("n/x", "bound");
	CHECK_OK(mount("n", "m", NULL, MS_BIND, NULL));
	CHECK_STR(get_file("m/x"), "bound");
	CHECK_OK(umount2("m", 0));
	CHECK_ERR(access("m/x", F_OK), ENOENT);

	/* tmpfs: a write whose source faults costs no block; limits may be as large as can be. */
	CHECK_OK(mount("t", "m", "tmpfs", 0, "size=64k,nr_inodes=18446744073709551615"));
	fd = NEED(open("m/f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(statfs("m", &before));
	CHECK_ERR(pwrite(fd, UNMAPPED, 10, 5 * PAGE), EFAULT);
	CHECK_ERR(pwrite(fd, KERNEL, 10, 6 * PAGE), EFAULT);
	CHECK_OK(statfs("m", &after));
	CHECK_EQ(before.f_bfree, after.f_bfree);
	CHECK_OK(fstat(fd, &st));
	CHECK(st.st_size == 3 && st.st_blocks == 8);
	close(fd);
	CHECK_OK(umount2("m", 0));
	return abi_done();
}
