/* SPDX-License-Identifier: MIT */
/*
 * Makes the kernel go back by iret: the handler changes rcx in the saved context, so that at the end of
 * rt_sigreturn it differs from rip, and SYSRET could not restore it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RCX] = 0x1234;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	for (;;)
		kill(getpid(), SIGUSR1);
}
