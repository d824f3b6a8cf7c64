/* SPDX-License-Identifier: MIT */
/* Prints what no two kernels share: the release of the kernel. tools/compare.py must show that line, and say 1. */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u;

	if (uname(&u))
		return 1;
	printf("the same on both\n%s\n", u.release);
	return 0;
}
