/* SPDX-License-Identifier: MIT */
/* One process calls fork(2), two return from it. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		return 1;
	}
	if (pid == 0) {
		dprintf(1, "child:  fork gave me %d, I am %d\n", pid, getpid());
		_exit(7);
	}
	waitpid(pid, &status, 0);
	dprintf(1, "parent: fork gave me %d, it ended with %d\n", pid, WEXITSTATUS(status));
	return 0;
}
