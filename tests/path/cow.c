/* SPDX-License-Identifier: MIT */
/* The child writes to a page that it shares with its parent since fork: the write faults and copies. */
#include <sys/wait.h>
#include <unistd.h>

static volatile char page[4096] __attribute__((aligned(4096))) = { 1 };

int main(void)
{
	for (;;) {
		page[0] = 1;
		if (fork() == 0) {
			page[0] = 2;
			_exit(0);
		}
		wait(NULL);
	}
}
