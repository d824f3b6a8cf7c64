/* SPDX-License-Identifier: MIT */
/* Parent and child write the same page after a fork: who gets the copy, who takes the page back. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	page[0] = 'p';
	if (!fork()) {
		page[0] = 'c';		/* shared: a copy */
		_exit(page[0]);
	}
	wait(&status);
	page[0]++;			/* shared no more: taken back */
	printf("parent %c, child %c\n", page[0], WEXITSTATUS(status));
	return 0;
}
