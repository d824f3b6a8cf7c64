/* SPDX-License-Identifier: MIT */
/* A dynamically linked program: the kernel starts the interpreter, which maps libc, libm and dlopens nothing. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void on_exit_say(void)
{
	puts("atexit");
}

int main(int argc, char **argv)
{
	volatile double two = 2;
	struct timespec ts;

	atexit(on_exit_say);
	printf("%s, %d argument%s\n", argv[0], argc - 1, argc == 2 ? "" : "s");
	printf("sqrt %.6f, %s\n", sqrt(two), strerror(ENOENT));
	printf("HOME=%s\n", getenv("HOME"));
	return clock_gettime(CLOCK_MONOTONIC, &ts) ? 1 : 0;
}
