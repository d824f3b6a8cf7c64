/* SPDX-License-Identifier: MIT */
/* A signal to oneself: do_signal builds the handler's frame on the way out of kill. */
#include <signal.h>
#include <unistd.h>

static void handler(int sig)
{
	(void)sig;
}

int main(void)
{
	signal(SIGUSR1, handler);
	for (;;)
		kill(getpid(), SIGUSR1);
}
