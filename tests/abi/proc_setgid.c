/* SPDX-License-Identifier: MIT */
/* Group ids and supplementary groups. */
#include "abi.h"
#include <grp.h>
#include <sys/fsuid.h>

static int are(gid_t r, gid_t e, gid_t s)
{
	gid_t a, b, c;

	CHECK_OK(getresgid(&a, &b, &c));
	CHECK_EQ(getgid(), a);
	CHECK_EQ(getegid(), b);
	return a == r && b == e && c == s;
}

#define CASE(r, e, s, ...) IN_CHILD(NEED(setresgid(r, e, s)); NEED(setresuid(9, 9, 9)); __VA_ARGS__)

int main(void)
{
	gid_t many[65537], list[8] = { 1, 50, 3, 4000000000u }, got[8];

	IN_CHILD(CHECK_OK(setgid(7)); CHECK(are(7, 7, 7)));
	CASE(1, 2, 3, CHECK_OK(setgid(3)); CHECK(are(1, 3, 3)); CHECK_ERR(setgid(2), EPERM));
	IN_CHILD(CHECK_OK(setregid(1, 2)); CHECK(are(1, 2, 2)));
	CASE(1, 2, 3, CHECK_OK(setregid(-1, 1)); CHECK(are(1, 1, 3)));
	CASE(1, 2, 3, CHECK_OK(setregid(2, -1)); CHECK(are(2, 2, 2)));
	CASE(1, 2, 3, CHECK_ERR(setregid(3, -1), EPERM); CHECK_ERR(setregid(-1, 0), EPERM));
	CASE(1, 2, 3, CHECK_OK(setresgid(3, 1, 2)); CHECK(are(3, 1, 2)));
	CASE(1, 2, 3, CHECK_ERR(setresgid(0, -1, -1), EPERM); CHECK(are(1, 2, 3)));
	CHECK_ERR(setgid(-1), EINVAL);
	IN_CHILD({
		CHECK_EQ(setfsgid(77), 0);
		close(NEED(open("fs", O_CREAT | O_RDWR, 0600)));
		CHECK_EQ(stat_of("fs").st_gid, 77);
	});

	/* Supplementary groups: stored sorted or not, all there. */
	IN_CHILD({
		CHECK_OK(syscall(SYS_setgroups, 4, list));
		CHECK_EQ(getgroups(0, NULL), 4);
		CHECK_EQ(getgroups(8, got), 4);
		for (int i = 0; i < 4; i++) {
			int found = 0;

			for (int k = 0; k < 4; k++)
				found += got[k] == list[i];
			CHECK_EQ(found, 1);
		}
		CHECK_ERR(getgroups(3, got), EINVAL);
		CHECK_ERR(getgroups(-1, got), EINVAL);
		IN_CHILD(CHECK_EQ(getgroups(8, got), 4));
		CHECK_OK(setresuid(9, 9, 9));
		CHECK_ERR(syscall(SYS_setgroups, 0, NULL), EPERM);
		CHECK_EQ(getgroups(8, got), 4);
	});
	for (int i = 0; i < 65537; i++)
		many[i] = 65537 - i;
	CHECK_ERR(syscall(SYS_setgroups, 65537, many), EINVAL);
	CHECK_ERR(syscall(SYS_setgroups, -1, many), EINVAL);
	IN_CHILD({
		CHECK_OK(syscall(SYS_setgroups, 65536, many));
		CHECK_EQ(getgroups(0, NULL), 65536);
		/* And they count for permissions. */
		put_file("g", "x");
		chown("g", 0, 60000);
		chmod("g", 0040);
		chmod(".", 0755);
		NEED(setresgid(70000, 70000, 70000));
		NEED(setresuid(9, 9, 9));
		CHECK_OK(open("g", O_RDONLY));
		CHECK_ERR(open("g", O_WRONLY), EACCES);
	});
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_setgroups, 2, p), EFAULT);
		IN_CHILD({
			CHECK_OK(syscall(SYS_setgroups, 1, list));
			CHECK_ERR(syscall(SYS_getgroups, 2, p), EFAULT);
		});
	}
	return abi_done();
}
