/* SPDX-License-Identifier: MIT */
/*
 * Who ran when? Three children at once: A and B only compute (B with a nice value), C sleeps and
 * then wants a little CPU. Each looks at the clock all the time, in the vDSO, without system calls,
 * and marks in shared memory the hundredths of a second in which it ran. The parent draws them.
 *
 *	sched [NICE OF B] [TENTHS OF A SECOND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS		10000000L		/* HZ is 100 */
#define MOST		1000			/* columns */
#define LEAD		50			/* ticks before the first column: the first slices differ */

static unsigned int (*ran)[MOST];		/* [task][column]: times that it was seen there */
static long ticks = 60, start;

static long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static long column(void)
{
	return (now_ns() - start) / TICK_NS;
}

static void compute(int task, long until)
{
	long at;

	while ((at = column()) < until)
		if (at >= 0)
			ran[task][at]++;
}

/* Waits for a key that never comes: 70 ms asleep, then 10 ms of work. */
static void sleep_and_work(int task)
{
	struct timespec nap = { 0, 7 * TICK_NS };

	while (column() < ticks) {
		nanosleep(&nap, NULL);
		compute(task, column() + 1 < ticks ? column() + 1 : ticks);
	}
}

static void draw(const char *name, int task)
{
	long sum = 0;

	printf("%s ", name);
	for (long i = 0; i < ticks; i++) {
		unsigned int most = ran[0][i] > ran[1][i] ? ran[0][i] : ran[1][i];

		most = ran[2][i] > most ? ran[2][i] : most;
		/* whole tick, a part of one, not at all */
		putchar(!ran[task][i] ? '.' : ran[task][i] == most ? '#' : '-');
		sum += ran[task][i] && ran[task][i] == most;
	}
	printf("  %ld\n", sum);
}

int main(int argc, char **argv)
{
	int nice_b = argc > 1 ? atoi(argv[1]) : 0;

	if (argc > 2)
		ticks = atol(argv[2]) * 10;
	if (ticks < 10 || ticks > MOST) {
		fprintf(stderr, "between 1 and %d tenths of a second\n", MOST / 10);
		return 1;
	}
	ran = mmap(NULL, sizeof(*ran) * 3, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ran == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	start = now_ns() + LEAD * TICK_NS;
	for (int task = 0; task < 3; task++) {
		if (fork())
			continue;
		if (task == 1)
			setpriority(PRIO_PROCESS, 0, nice_b);
		if (task == 2)
			sleep_and_work(task);
		else
			compute(task, ticks);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	printf("one column is 10 ms: # ran, - ran for a part of it, . did not run\n");
	draw("A, nice 0 ", 0);
	printf("B, nice %-2d", nice_b);
	draw("", 1);
	draw("C, sleeper", 2);
	return 0;
}
