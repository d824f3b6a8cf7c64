/* SPDX-License-Identifier: MIT */
/* A process sends itself a signal and catches it: the handler runs before kill(2) comes back. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile int caught;

static void handler(int sig)
{
	caught = sig;
}

int main(void)
{
	struct sigaction sa = { .sa_handler = handler };
	long ret;

	sigaction(SIGUSR1, &sa, NULL);
	asm volatile("the_kill:	syscall\n"
		     "behind_it:"
		     : "=a"(ret) : "a"(62L), "D"((long)getpid()), "S"((long)SIGUSR1) : "rcx", "r11", "memory");
	printf("kill gave %ld, and the handler had seen signal %d\n", ret, caught);
	return 0;
}
