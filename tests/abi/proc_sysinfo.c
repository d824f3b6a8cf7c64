/* SPDX-License-Identifier: MIT */
/* uname(2), sysinfo(2), sethostname(2), setdomainname(2), personality(2), getcpu(2). */
#include "abi.h"
#include <sys/personality.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u, v;
	struct sysinfo si;
	unsigned cpu = 99999, node = 99999;

	CHECK_OK(uname(&u));
	CHECK_STR(u.sysname, "Linux");
	CHECK_STR(u.machine, "x86_64");
	CHECK(u.release[0] >= '3' && strchr(u.release, '.'));
	CHECK(memchr(u.nodename, 0, 65) && memchr(u.version, 0, 65));
	IN_CHILD({
		CHECK_OK(sethostname("abitest", 7));
		CHECK_OK(uname(&v));
		CHECK_STR(v.nodename, "abitest");
		CHECK_OK(setdomainname("dom", 3));
		CHECK_OK(uname(&v));
		CHECK_STR(v.domainname, "dom");
		CHECK_OK(sethostname(u.nodename, strlen(u.nodename)));
		CHECK_OK(setdomainname(u.domainname, strlen(u.domainname)));
		CHECK_ERR(syscall(SYS_sethostname, "x", 65), EINVAL);
		CHECK_ERR(syscall(SYS_sethostname, "x", -1), EINVAL);
		CHECK_ERR(syscall(SYS_sethostname, UNMAPPED, 5), EFAULT);
		become_user(1000);
		CHECK_ERR(sethostname("x", 1), EPERM);
	});

	memset(&si, 0xff, sizeof(si));
	CHECK_OK(sysinfo(&si));
	CHECK(si.uptime >= 0 && si.uptime < 1L << 32);
	CHECK(si.mem_unit >= 1);
	CHECK(si.totalram >= si.freeram && si.freeram > 0);
	CHECK(si.procs >= 1);
	CHECK(labs(si.uptime - now_ns(CLOCK_BOOTTIME) / 1000000000) <= 2);

	CHECK_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK(cpu < 4096 && node < 4096);
	CHECK_OK(syscall(SYS_getcpu, NULL, NULL, NULL));

	CHECK_EQ(personality(0xffffffff) & 0xff, PER_LINUX);
	IN_CHILD({
		int was = CHECK_OK(personality(0xffffffff));

		CHECK_EQ(personality(ADDR_NO_RANDOMIZE), was);
		CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
		IN_CHILD(CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE));
	});
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_uname, p), EFAULT);
		CHECK_ERR(syscall(SYS_sysinfo, p), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_getcpu, p, NULL, NULL), EFAULT);
	}
	return abi_done();
}
