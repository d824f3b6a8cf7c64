/* SPDX-License-Identifier: MIT */
/*
 * fork as a program of 1991 asks for it: the number in eax, int $0x80, the result in eax, negative
 * for an error. Number 2 has been fork ever since, in the table for 32-bit programs.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_FORK	2
#define CALL_GETPID	20

static __attribute__((noinline)) long old_call(long number)
{
	long ret;

	asm volatile("the_int80:	int $0x80\n"
		     "behind_it:" : "=a"(ret) : "a"(number) : "memory");
	return ret;
}

int main(void)
{
	long pid = old_call(CALL_FORK);

	if (pid == 0) {
		dprintf(1, "child:  getpid by int $0x80 %ld, by syscall %d\n",
			old_call(CALL_GETPID), getpid());
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	dprintf(1, "parent: fork by int $0x80 gave me %ld\n", pid);
	return 0;
}
