/* SPDX-License-Identifier: MIT */
/* A program that replaces itself by itself: with other arguments it only says what it was given. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	char *args[] = { "again", "two", "three", NULL };
	char *env[] = { "LAB=03", NULL };

	if (argc == 3 && !strcmp(argv[0], "again")) {
		printf("process %d: argc %d, argv[0] %s, environment %s\n", getpid(), argc, argv[0],
		       environ[0]);
		return 0;
	}
	printf("process %d: before execve\n", getpid());
	fflush(stdout);
	execve(argv[0], args, env);
	perror("execve");
	return 1;
}
