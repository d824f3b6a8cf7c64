/* SPDX-License-Identifier: MIT */
/*
 * What tests/page walks, and docs/walk-page.png shows: a fork, a copy-on-write on both sides, a child that
 * computes until the timer takes the CPU from it, a wait, a signal, and output.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t heard;
static volatile long sum;

static void on_child(int sig)
{
	heard = sig;
}

int main(void)
{
	struct stat st;
	int status = 0;
	char *page = malloc(100000);
	pid_t pid;

	signal(SIGCHLD, on_child);
	fstat(1, &st);
	page[5000] = 1;
	pid = fork();
	if (pid == 0) {
		page[5000] = 2;
		for (long i = 0; i < 2000000; i++)
			sum += i;
		_exit(7);
	}
	page[5000] = 3;
	while (waitpid(pid, &status, 0) < 0)
		;
	printf("child ended with %d, signal %d\n", WEXITSTATUS(status), (int)heard);
	nanosleep(&(struct timespec){ 0, 20000 }, NULL);
	return 0;
}
