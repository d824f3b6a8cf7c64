/* SPDX-License-Identifier: MIT */
/* A process that becomes itself, again and again. */
#include <unistd.h>

int main(int argc, char **argv)
{
	char *again[] = { argv[0], NULL }, *env[] = { NULL };

	(void)argc;
	execve("/init", again, env);
	return 1;
}
