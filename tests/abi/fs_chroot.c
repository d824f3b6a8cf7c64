/* SPDX-License-Identifier: MIT */
/* chroot(2): the new root, its "..", and what stays outside. */
#include "abi.h"

int main(void)
{
	char buf[4096];

	CHECK_OK(mkdir("jail", 0755));
	put_file("jail/in", "inside");
	put_file("out", "outside");
	CHECK_OK(symlink("/in", "jail/abs"));
	chmod(".", 0755);
	IN_CHILD({
		CHECK_OK(chroot("jail"));
		/* The working directory stays where it was, outside. */
		CHECK_STR(get_file("out"), "outside");
		CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
		CHECK(!strncmp(buf, "(unreachable)", 13));
		CHECK_OK(chdir("/"));
		CHECK_STR(get_file("/in"), "inside");
		CHECK_STR(get_file("../../in"), "inside");
		CHECK_STR(get_file("/abs"), "inside");
		CHECK_ERR(access("/out", F_OK), ENOENT);
		CHECK_ERR(access("../out", F_OK), ENOENT);
		CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
		CHECK_STR(buf, "/");
		IN_CHILD(CHECK_STR(get_file("/in"), "inside"));
	});
	CHECK_OK(access("/proc", F_OK));
	IN_CHILD({
		become_user(1000);
		CHECK_ERR(chroot("jail"), EPERM);
	});
	CHECK_ERR(chroot("none"), ENOENT);
	CHECK_ERR(chroot("out"), ENOTDIR);
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_chroot, p), EFAULT);
	return abi_done();
}
