/* SPDX-License-Identifier: MIT */
/* adjtimex(2), clock_adjtime(2): reading the clock's discipline. Skipped where there is none. */
#include "abi.h"
#include <sys/timex.h>

int main(void)
{
	struct timex tx = { 0 };

	if (syscall(SYS_adjtimex, &tx) == -1 && errno == ENOSYS)
		SKIP("no adjtimex");
	CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	CHECK(tx.tick >= 9000 && tx.tick <= 11000);
	CHECK(tx.time.tv_sec >= time(NULL) - 1);
	CHECK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &tx) >= 0);
	CHECK_ERR(syscall(SYS_clock_adjtime, 99, &tx), EINVAL);
	IN_CHILD({
		become_user(1000);
		tx.modes = ADJ_OFFSET;
		CHECK_ERR(syscall(SYS_adjtimex, &tx), EPERM);
		tx.modes = 0;
		CHECK(syscall(SYS_adjtimex, &tx) >= 0);
	});
	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_adjtimex, p), EFAULT);
	return abi_done();
}
