/* SPDX-License-Identifier: MIT */
/* libc's fork(): clone with SIGCHLD and the child-tid flags. The child returns through ret_from_fork. */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (;;) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
}
