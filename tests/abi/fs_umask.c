/* SPDX-License-Identifier: MIT */
/* umask(2): never fails, keeps nine bits, applies to all that creates files. */
#include "abi.h"

int main(void)
{
	umask(0);
	CHECK_EQ(umask(027), 0);
	CHECK_EQ(umask(027), 027);
	close(NEED(open("f", O_CREAT | O_RDWR, 0777)));
	CHECK_EQ(mode_of("f"), 0750);
	CHECK_OK(mkdir("d", 0777));
	CHECK_EQ(mode_of("d"), 0750);
	CHECK_OK(mknod("p", S_IFIFO | 0666, 0));
	CHECK_EQ(mode_of("p"), 0640);
	/* Not to symbolic links, not to chmod. */
	CHECK_OK(symlink("f", "l"));
	CHECK_EQ(mode_of("l"), 0777);
	CHECK_OK(chmod("f", 0666));
	CHECK_EQ(mode_of("f"), 0666);

	CHECK_EQ(umask(07777), 027);
	CHECK_EQ(umask(-1), 0777);
	CHECK_EQ(umask(0), 0777);
	/* A child starts with its parent's mask and changes only its own. */
	umask(0123);
	IN_CHILD(CHECK_EQ(umask(077), 0123));
	CHECK_EQ(umask(022), 0123);
	return abi_done();
}
