/* SPDX-License-Identifier: MIT */
/*
 * shares NICE...: for each nice value, two processes that only compute, one at nice 0 and one at NICE, run for
 * three seconds on one CPU. Prints the part of their CPU time that the second one had, from getrusage's times.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 3

static pid_t busy(int nice_value)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (setpriority(PRIO_PROCESS, 0, nice_value))
		_exit(1);
	for (;;)
		__asm__ volatile("");
}

/* CPU time of a child that is ended here, in microseconds; -1: it was not there any more. */
static long stop(pid_t pid)
{
	struct rusage ru;
	int status;

	kill(pid, SIGKILL);
	if (wait4(pid, &status, 0, &ru) != pid || !WIFSIGNALED(status))
		return -1;
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
	struct sched_param rt = { .sched_priority = 1 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	/* Above both, so that neither runs before both exist, and the three seconds end in time. */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &rt))
		return 1;
	for (int i = 1; i < argc; i++) {
		pid_t a = busy(0), b = busy(atoi(argv[i]));
		long used_a, used_b;

		sleep(SECONDS);
		used_a = stop(a);
		used_b = stop(b);
		if (used_a < 0 || used_b < 0 || used_a + used_b == 0)
			return 1;
		printf("nice %s: %.1f %%\n", argv[i], 100.0 * used_b / (used_a + used_b));
		/* Nearly all of the time went to the two. */
		if (used_a + used_b < SECONDS * 1000000L / 2)
			printf("only %ld us were used\n", used_a + used_b);
	}
	return 0;
}
