/* SPDX-License-Identifier: MIT */
/* capget(2), capset(2), and what root loses when it changes its ids. */
#include "abi.h"
#include <linux/capability.h>

static struct __user_cap_header_struct hdr = { _LINUX_CAPABILITY_VERSION_3, 0 };
static struct __user_cap_data_struct d[2], e[2];

int main(void)
{
	CHECK_OK(syscall(SYS_capget, &hdr, d));
	CHECK(d[0].permitted & 1 << CAP_CHOWN);
	CHECK(d[0].effective & 1 << CAP_SETUID);
	IN_CHILD({
		become_user(1000);
		CHECK_OK(syscall(SYS_capget, &hdr, e));
		CHECK(!e[0].permitted && !e[0].effective && !e[1].permitted);
		CHECK_ERR(syscall(SYS_capset, &hdr, d), EPERM);
		CHECK_OK(syscall(SYS_capset, &hdr, e));
	});
	/* Only the effective id: permitted stays, effective goes and comes back with it. */
	IN_CHILD({
		CHECK_OK(seteuid(1000));
		CHECK_OK(syscall(SYS_capget, &hdr, e));
		CHECK_EQ(e[0].effective, 0);
		CHECK_EQ(e[0].permitted, d[0].permitted);
		CHECK_OK(seteuid(0));
		CHECK_OK(syscall(SYS_capget, &hdr, e));
		CHECK_EQ(e[0].effective, d[0].permitted);
	});
	/* Dropping one capability by hand, while still root. */
	put_file("f", "");
	IN_CHILD({
		memcpy(e, d, sizeof(e));
		e[0].effective &= ~(1 << CAP_CHOWN);
		CHECK_OK(syscall(SYS_capset, &hdr, e));
		CHECK_ERR(chown("f", 5, 5), EPERM);
		e[0].effective |= 1 << CAP_CHOWN;
		CHECK_OK(syscall(SYS_capset, &hdr, e));
		CHECK_OK(chown("f", 5, 5));
		e[0].permitted &= ~(1 << CAP_CHOWN);
		CHECK_ERR(syscall(SYS_capset, &hdr, e), EPERM);	/* effective beyond permitted */
		e[0].effective &= ~(1 << CAP_CHOWN);
		CHECK_OK(syscall(SYS_capset, &hdr, e));
		CHECK_ERR(syscall(SYS_capset, &hdr, d), EPERM);
	});
	/* A wrong version: the right one is written back. */
	hdr.version = 0x1234;
	CHECK_ERR(syscall(SYS_capget, &hdr, d), EINVAL);
	CHECK_EQ(hdr.version, _LINUX_CAPABILITY_VERSION_3);
	hdr.pid = 0x3fffffff;
	CHECK_ERR(syscall(SYS_capget, &hdr, d), ESRCH);
	hdr.pid = -1;
	CHECK_ERR(syscall(SYS_capget, &hdr, d), EINVAL);
	CHECK_ERR(syscall(SYS_capget, UNMAPPED, d), EFAULT);
	return abi_done();
}
