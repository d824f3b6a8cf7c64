/* SPDX-License-Identifier: MIT */
/*
 * Who runs on which of several CPUs: sched_setaffinity(2) moves tasks that run and tasks that wait, nothing runs
 * where it may not, and tasks that only compute are shared out by their weight. With one CPU only what
 * can be seen there.
 *
 * Shares are of CPU time, not of the clock's, and over windows of half a second of it: one window
 * that is shared well is enough, as a kernel that does not balance never has one.
 */
#include "abi.h"

#define MAX_LOOPS	4
#define WINDOW_NS	500000000L
#define WINDOWS		40

static struct board {
	volatile long turns;
	volatile int cpu, strayed;
} *board;
static int nr_cpus, first, second;	/* the two lowest CPUs that this process may use */
static pid_t loops[MAX_LOOPS];
static int nr_loops;

static cpu_set_t set_of(int a, int b)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(a, &set);
	CPU_SET(b, &set);
	return set;
}

static void allow(pid_t pid, int a, int b)
{
	cpu_set_t set = set_of(a, b);

	CHECK_OK(sched_setaffinity(pid, sizeof(set), &set));
}

/* Loop i has gone round twice since the call: what it says is true of after the call. */
static void fresh(int i)
{
	long turns = board[i].turns;

	for (int tries = 0; board[i].turns < turns + 2; tries++) {
		if (tries > 5000) {
			FAIL("loop %d does not run", i);
			return;
		}
		msleep(2);
	}
}

/* One more process that only computes, on CPUs a and b, and says where it is. */
static void start_loop(int a, int b, int nice_value)
{
	struct board *mine = &board[nr_loops];
	pid_t pid;

	*mine = (struct board){ .cpu = -1 };
	pid = FORK();
	if (!pid) {
		allow(0, a, b);
		NEED(setpriority(PRIO_PROCESS, 0, nice_value));
		for (;;) {
			int cpu = sched_getcpu();

			mine->cpu = cpu;
			if (cpu != a && cpu != b)
				mine->strayed = 1;
			mine->turns++;
		}
	}
	loops[nr_loops++] = pid;
	fresh(nr_loops - 1);	/* it has chosen its CPUs: from here on the parent does */
}

static void end_loops(void)
{
	for (int i = 0; i < nr_loops; i++)
		kill(loops[i], SIGKILL);
	for (int i = 0; i < nr_loops; i++)
		EXPECT_SIGNAL(loops[i], SIGKILL);
	nr_loops = 0;
}

static long cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts)) {
		FAIL("no CPU clock of %d", pid);
		return 0;
	}
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

/* Percents of the loops' CPU time in one window. */
static void measure(int *percent)
{
	long before[MAX_LOOPS], used[MAX_LOOPS], all;

	for (int i = 0; i < nr_loops; i++)
		before[i] = cpu_ns(loops[i]);
	do {
		msleep(20);
		all = 0;
		for (int i = 0; i < nr_loops; i++)
			all += used[i] = cpu_ns(loops[i]) - before[i];
	} while (all < WINDOW_NS && !abi_failed);
	for (int i = 0; i < nr_loops; i++)
		percent[i] = all ? used[i] * 100 / all : 0;
}

/* Some window has each loop i between least[i] and most[i] percent. */
static void expect_shares(int line, const int *least, const int *most)
{
	int percent[MAX_LOOPS] = { 0 };

	for (int window = 0; window < WINDOWS && !abi_failed; window++) {
		int good = 1;

		measure(percent);
		for (int i = 0; i < nr_loops; i++)
			good &= percent[i] >= least[i] && percent[i] <= most[i];
		if (good)
			return;
	}
	FAIL("line %d: the shares are %d %d %d %d %%", line, percent[0], percent[1], percent[2], percent[3]);
}

/* A task that runs, and then two of which one waits, are sent from CPU to CPU. */
static void check_affinity(void)
{
	start_loop(first, second, 0);
	for (int i = 0; i < 50; i++) {
		int cpu = i & 1 ? first : second;

		allow(loops[0], cpu, cpu);
		fresh(0);
		CHECK_EQ(board[0].cpu, cpu);
	}
	start_loop(first, second, 0);
	for (int i = 0; i < 20; i++) {
		int cpu = i & 1 ? first : second;

		for (int n = 0; n < 2; n++)
			allow(loops[n], cpu, cpu);
		for (int n = 0; n < 2; n++) {
			fresh(n);
			CHECK_EQ(board[n].cpu, cpu);
		}
	}
	end_loops();
}

/* Three on one CPU stay there, however idle the other is. */
static void check_pinned(void)
{
	for (int i = 0; i < 3; i++)
		start_loop(first, first, 0);
	expect_shares(__LINE__, (int[]){ 20, 20, 20 }, (int[]){ 46, 46, 46 });
	for (int i = 0; i < 3; i++)
		CHECK_EQ(board[i].strayed, 0);
	end_loops();
}

/* Two that were bound to one CPU and are let go: one leaves for the idle one. */
static void check_idle_pulls(void)
{
	int apart = 0;

	for (int i = 0; i < 2; i++)
		start_loop(first, first, 0);
	fresh(0);
	fresh(1);
	for (int i = 0; i < 2; i++)
		allow(loops[i], first, second);
	for (int tries = 0; tries < 3000 && !apart; tries++) {
		msleep(5);
		apart = board[0].cpu != board[1].cpu;
	}
	CHECK(apart);
	end_loops();
}

/* Two of three share a CPU, but not always the same two. */
static void check_three_on_two(void)
{
	for (int i = 0; i < 3; i++)
		start_loop(first, second, 0);
	expect_shares(__LINE__, (int[]){ 24, 24, 24 }, (int[]){ 43, 43, 43 });
	end_loops();
}

/* The two of nice 0 begin on one CPU, the two of nice 10 on the other; each pair must split. */
static void check_weights(void)
{
	for (int i = 0; i < 4; i++)
		start_loop(i < 2 ? first : second, i < 2 ? first : second, i < 2 ? 0 : 10);
	for (int i = 0; i < 4; i++)
		fresh(i);
	for (int i = 0; i < 4; i++)
		allow(loops[i], first, second);
	expect_shares(__LINE__, (int[]){ 37, 37, 0, 0 }, (int[]){ 60, 60, 16, 16 });
	end_loops();
}

int main(void)
{
	/* Above the loops, which are its children, so that it can always look and end them. */
	struct sched_param rt = { .sched_priority = 1 };
	cpu_set_t mine;

	board = shared_pages(1);
	NEED(sched_getaffinity(0, sizeof(mine), &mine));
	nr_cpus = CPU_COUNT(&mine);
	while (!CPU_ISSET(first, &mine))
		first++;
	for (second = first + 1; second < CPU_SETSIZE && !CPU_ISSET(second, &mine); second++)
		;
	NEED(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &rt));
	check_pinned();
	if (nr_cpus < 2)
		return abi_done();
	check_affinity();
	check_idle_pulls();
	check_three_on_two();
	check_weights();
	return abi_done();
}
