/* SPDX-License-Identifier: MIT */
/*
 * One page, two processes. The two stores stand in assembler between labels, so that each is one
 * instruction that gdb and walk can name.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char page[4096] __attribute__((aligned(4096)));

int main(void)
{
	page[0] = 1;			/* now the page is there, and ours */
	if (fork() == 0) {
		asm volatile("child_writes:	movb $2, %0\n"
			     "child_wrote:" : "=m"(page[0]));
		dprintf(1, "child:  page[0] is %d\n", page[0]);
		_exit(0);
	}
	wait(NULL);
	dprintf(1, "parent: page[0] is %d\n", page[0]);
	asm volatile("parent_writes:	movb $3, %0\n"
		     "parent_wrote:" : "=m"(page[0]));
	dprintf(1, "parent: page[0] is %d\n", page[0]);
	return 0;
}
