/* SPDX-License-Identifier: MIT */
/* The fork that every course begins with: the child speaks, the parent waits for it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status;
	pid_t pid;

	/* A line is one write(2), so that the two do not mix. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		printf("child\n");
		return 7;
	}
	printf("parent\n");
	wait(&status);
	printf("child complete, status %d\n", WEXITSTATUS(status));
	return 0;
}
