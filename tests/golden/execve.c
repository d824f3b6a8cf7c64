/* SPDX-License-Identifier: MIT */
/* A child becomes another program. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char *argv[] = { "echo", "a new program", NULL }, *envp[] = { "PATH=/bin", NULL };
	int status;

	if (!fork()) {
		execve("/missing/echo", argv, envp);
		execve("/bin/echo", argv, envp);
		_exit(127);
	}
	wait(&status);
	return WEXITSTATUS(status);
}
