/* SPDX-License-Identifier: MIT */
/* Nothing of proc and sysfs is executed, whatever its mode says; what their links lead to is. */
#include "abi.h"

static void refused(const char *path, mode_t mode)
{
	char *argv[] = { "x", NULL };

	CHECK_OK(chmod(path, mode | 0111));
	CHECK_ERR(execv(path, argv), EACCES);
	CHECK_ERR(access(path, X_OK), EACCES);
	CHECK_OK(chmod(path, mode));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 7;
	refused("/proc/version", 0444);
	refused("/sys/devices/system/cpu/online", 0444);
	CHECK_OK(access("/proc/self", X_OK));
	pid_t pid = FORK();

	if (!pid) {
		char *args[] = { "x", "again", NULL };

		execv("/proc/self/exe", args);
		_exit(1);
	}
	EXPECT_EXIT(pid, 7);
	return abi_done();
}
