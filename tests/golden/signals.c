/* SPDX-License-Identifier: MIT */
/* A handler, a blocked signal, a call that is interrupted, a child that is killed. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	write(1, "handler\n", 8);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t block, old;
	int status, p[2];
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &old);
	raise(SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
	pipe(p);
	pid = fork();
	if (!pid) {
		char c;

		close(p[1]);
		read(p[0], &c, 1);	/* until the parent kills it */
		_exit(0);
	}
	usleep(50000);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return WTERMSIG(status);
}
