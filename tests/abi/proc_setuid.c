/* SPDX-License-Identifier: MIT */
/* User ids: setuid, setreuid, setresuid, setfsuid, and who may change what. */
#include "abi.h"
#include <sys/fsuid.h>

static int are(uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;

	CHECK_OK(getresuid(&a, &b, &c));
	CHECK_EQ(getuid(), a);
	CHECK_EQ(geteuid(), b);
	return a == r && b == e && c == s;
}

#define CASE(r, e, s, ...) IN_CHILD(NEED(setresuid(r, e, s)); __VA_ARGS__)

int main(void)
{
	CHECK(are(0, 0, 0));
	/* Root: setuid sets all three. */
	CASE(0, 0, 0, CHECK_OK(setuid(7)); CHECK(are(7, 7, 7)); CHECK_ERR(setuid(0), EPERM));
	/* Others: setuid moves the effective one among real and saved. */
	CASE(1, 2, 3, CHECK_OK(setuid(3)); CHECK(are(1, 3, 3)); CHECK_OK(setuid(1));
	     CHECK(are(1, 1, 3)); CHECK_ERR(setuid(2), EPERM));
	CASE(1, 0, 3, CHECK_OK(setuid(9)); CHECK(are(9, 9, 9)));
	CASE(0, 5, 0, CHECK_OK(setuid(0)); CHECK(are(0, 0, 0)));

	/* setreuid: the saved one follows the effective one when the real one is set, or
	 * the effective one gets a value that is not the real one. */
	CASE(0, 0, 0, CHECK_OK(setreuid(1, 2)); CHECK(are(1, 2, 2)));
	CASE(0, 0, 0, CHECK_OK(setreuid(-1, 5)); CHECK(are(0, 5, 5)));
	CASE(1, 2, 3, CHECK_OK(setreuid(-1, 1)); CHECK(are(1, 1, 3)));
	CASE(1, 2, 3, CHECK_OK(setreuid(2, 1)); CHECK(are(2, 1, 1)));
	CASE(1, 2, 3, CHECK_OK(setreuid(-1, 3)); CHECK(are(1, 3, 3)));
	CASE(1, 2, 3, CHECK_ERR(setreuid(3, -1), EPERM); CHECK(are(1, 2, 3)));
	CASE(1, 2, 3, CHECK_ERR(setreuid(-1, 4), EPERM));
	CASE(1, 2, 3, CHECK_OK(setreuid(-1, -1)); CHECK(are(1, 2, 3)));

	/* setresuid: anything among the three, all or nothing. */
	CASE(1, 2, 3, CHECK_OK(setresuid(3, 1, 2)); CHECK(are(3, 1, 2)));
	CASE(1, 2, 3, CHECK_OK(setresuid(-1, 3, -1)); CHECK(are(1, 3, 3)));
	CASE(1, 2, 3, CHECK_ERR(setresuid(1, 4, 3), EPERM); CHECK(are(1, 2, 3)));
	CASE(1, 2, 3, CHECK_ERR(setresuid(1, 2, 0), EPERM));
	CASE(1, 2, 3, CHECK_OK(setresuid(-1, -1, -1)); CHECK(are(1, 2, 3)));
	CASE(1, 1, 0, CHECK_OK(setresuid(-1, 0, -1)); CHECK_OK(setuid(0)); CHECK(are(0, 0, 0)));

	/* The file system id follows the effective one; setfsuid moves it alone. */
	chmod(".", 0777);
	IN_CHILD({
		CHECK_EQ(setfsuid(1000), 0);
		CHECK_EQ(setfsuid(-1), 1000);
		CHECK(are(0, 0, 0));
		close(NEED(open("fs", O_CREAT | O_RDWR, 0600)));
		CHECK_EQ(stat_of("fs").st_uid, 1000);
		CHECK_OK(seteuid(5));
		CHECK_EQ(setfsuid(-1), 5);
		CHECK_EQ(setfsuid(7), 5);	/* not among real, effective, saved, fs */
		CHECK_EQ(setfsuid(-1), 5);
	});

	CHECK_ERR(setuid(-1), EINVAL);
	EACH_BAD(p) {
		uid_t a;

		CHECK_ERR(syscall(SYS_getresuid, p, &a, &a), EFAULT);
		CHECK_ERR(syscall(SYS_getresuid, &a, p, &a), EFAULT);
		CHECK_ERR(syscall(SYS_getresuid, &a, &a, p), EFAULT);
	}
	/* Large ids. */
	CASE(0, 0, 0, CHECK_OK(setuid(4294967294u)); CHECK(are(4294967294u, 4294967294u,
							       4294967294u)));
	/* fork and threads: the kernel's ids belong to the thread, the child gets a copy. */
	IN_CHILD({
		NEED(setresuid(1, 2, 3));
		IN_CHILD(CHECK(are(1, 2, 3)));
	});
	return abi_done();
}
