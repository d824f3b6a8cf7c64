/* SPDX-License-Identifier: MIT */
/* getrlimit(2), setrlimit(2), prlimit64(2): reading, lowering, raising, inheriting. */
#include "abi.h"

int main(void)
{
	struct rlimit rl, old, was;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		CHECK_OK(syscall(SYS_getrlimit, i, &rl));
		CHECK(rl.rlim_cur <= rl.rlim_max);
		CHECK_OK(syscall(SYS_prlimit64, 0, i, NULL, &old));
		CHECK(rl.rlim_cur == old.rlim_cur && rl.rlim_max == old.rlim_max);
		CHECK_OK(syscall(SYS_prlimit64, 0, i, &old, NULL));
		CHECK_OK(syscall(SYS_prlimit64, 0, i, NULL, NULL));
	}
	/* Old and new in one call. */
	CHECK_OK(getrlimit(RLIMIT_CPU, &was));
	rl = (struct rlimit){ 500, was.rlim_max };
	CHECK_OK(prlimit(0, RLIMIT_CPU, &rl, &old));
	CHECK_EQ(old.rlim_cur, was.rlim_cur);
	CHECK_OK(getrlimit(RLIMIT_CPU, &rl));
	CHECK_EQ(rl.rlim_cur, 500);
	IN_CHILD(CHECK_OK(getrlimit(RLIMIT_CPU, &rl)); CHECK_EQ(rl.rlim_cur, 500));
	/* Another process by its pid. */
	{
		pid_t pid = FORK();

		if (!pid)
			for (;;)
				pause();
		rl = (struct rlimit){ 600, 600 };
		CHECK_OK(prlimit(pid, RLIMIT_CPU, &rl, &old));
		CHECK_EQ(old.rlim_cur, 500);
		CHECK_OK(prlimit(pid, RLIMIT_CPU, NULL, &old));
		CHECK_EQ(old.rlim_max, 600);
		IN_CHILD({
			become_user(1000);
			CHECK_ERR(prlimit(pid, RLIMIT_CPU, NULL, &old), EPERM);
		});
		kill(pid, SIGKILL);
		EXPECT_SIGNAL(pid, SIGKILL);
	}
	/* Users lower both and raise the soft one up to the hard one. */
	IN_CHILD({
		become_user(1000);
		rl = (struct rlimit){ 100, 200 };
		CHECK_OK(setrlimit(RLIMIT_CPU, &rl));
		rl = (struct rlimit){ 200, 200 };
		CHECK_OK(setrlimit(RLIMIT_CPU, &rl));
		rl = (struct rlimit){ 100, 201 };
		CHECK_ERR(setrlimit(RLIMIT_CPU, &rl), EPERM);
		rl = (struct rlimit){ 50, 150 };
		CHECK_OK(setrlimit(RLIMIT_CPU, &rl));
		rl = (struct rlimit){ 50, 200 };
		CHECK_ERR(setrlimit(RLIMIT_CPU, &rl), EPERM);
	});
	rl = (struct rlimit){ 5, 4 };
	CHECK_ERR(setrlimit(RLIMIT_CPU, &rl), EINVAL);
	CHECK_ERR(getrlimit(RLIM_NLIMITS, &rl), EINVAL);
	CHECK_ERR(getrlimit(-1, &rl), EINVAL);
	CHECK_ERR(prlimit(0x3fffffff, RLIMIT_CPU, NULL, &rl), ESRCH);
	EACH_BAD_NONNULL(p) {
		CHECK_ERR(syscall(SYS_getrlimit, RLIMIT_CPU, p), EFAULT);
		CHECK_ERR(syscall(SYS_setrlimit, RLIMIT_CPU, p), EFAULT);
		CHECK_ERR(syscall(SYS_prlimit64, 0, RLIMIT_CPU, p, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_prlimit64, 0, RLIMIT_CPU, NULL, p), EFAULT);
	}
	return abi_done();
}
