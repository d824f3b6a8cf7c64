/* SPDX-License-Identifier: MIT */
/* What strace and gdb look at: calls, frames, a variable that changes, a child. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int counter;

__attribute__((noinline)) int inner(int n)
{
	counter += n;
	return n * 2;
}

__attribute__((noinline)) int outer(int n)
{
	return inner(n + 1) + 1;
}

int main(void)
{
	int status = 0, sum = 0;

	for (int i = 0; i < 3; i++)
		sum += outer(i);
	pid_t pid = fork();
	if (!pid)
		_exit(sum);
	waitpid(pid, &status, 0);
	dprintf(1, "sum %d, child %d, counter %d\n", sum, WEXITSTATUS(status), counter);
	return 0;
}
