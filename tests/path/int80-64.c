/* SPDX-License-Identifier: MIT */
/* fork by the 32-bit table's number 2, from a 64-bit program. */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (;;) {
		long pid;

		asm volatile("int $0x80" : "=a"(pid) : "0"(2L) : "r8", "r9", "r10", "r11", "memory");
		if (pid == 0)
			_exit(0);
		wait(NULL);
	}
}
