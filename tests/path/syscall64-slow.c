/* SPDX-License-Identifier: MIT */
/* Takes the slow way through entry_SYSCALL_64: clone needs all registers saved. */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (;;) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
}
