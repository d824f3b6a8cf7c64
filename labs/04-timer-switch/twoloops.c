/* SPDX-License-Identifier: MIT */
/*
 * Two processes that only compute: in spin() neither makes a system call (the clock is read in the
 * vDSO). Who finds that the clock has jumped by more than 2 ms was not running meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long ms_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* How often was this process away within the next `ms` milliseconds? */
static __attribute__((noinline)) int spin(long ms)
{
	long start = ms_now(), last = start, now;
	int away = 0;

	do {
		for (int i = 0; i < 20000; i++)
			asm volatile("");
		now = ms_now();
		if (now - last > 2)
			away++;
		last = now;
	} while (now - start < ms);
	return away;
}

int main(int argc, char **argv)
{
	long ms = argc > 1 ? atol(argv[1]) : 200;
	pid_t child = fork();
	int away = spin(ms);

	dprintf(1, "%s: away %d times\n", child ? "X, the parent" : "Y, the child ", away);
	if (child)
		wait(NULL);
	return 0;
}
