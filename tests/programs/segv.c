/* SPDX-License-Identifier: MIT */
/* A handler on its own stack for a bad pointer tells the address, and a child that does not handle it dies of it. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	printf("signal %d, code %d, address %p\n", sig, info->si_code, info->si_addr);
	siglongjmp(back, 1);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };
	int status;

	setbuf(stdout, NULL);
	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	if (!sigsetjmp(back, 1))
		*(volatile int *)0x1234 = 1;
	if (!sigsetjmp(back, 1))
		*(volatile char *)main = 1;
	if (fork() == 0) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile int *)0x1234 = 1;
		_exit(0);
	}
	wait(&status);
	printf("child killed by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}
