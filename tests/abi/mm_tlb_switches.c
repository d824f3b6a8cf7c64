/* SPDX-License-Identifier: MIT */
/*
 * Nothing of an address space is remembered that is no longer so: pages that are replaced, moved, shut and copied,
 * while the CPUs go to and fro between several processes. A CPU whose TLB keeps what it knows of a process (PCIDs),
 * or that is idle meanwhile (lazily), must hear of the change before it goes on there.
 *
 * On one CPU or two: tests/bochs runs this on a CPU that has PCIDs.
 */
#include "abi.h"

#define ROUNDS		25
#define COPIES		16
#define WHERE		((char *)0x700000000000)	/* the same addresses in all processes */
#define NR_PAGES	40				/* more than are flushed one by one */

struct shared {
	volatile int stop;
	volatile unsigned long published, seen;
	unsigned long nr_rounds;	/* of all processes: atomic */
};
static struct shared *shared;
static sigjmp_buf out;

/* Where stale memory is used, the failures that were counted may be forgotten, and children never begin. */
static void round_done(void)
{
	__atomic_add_fetch(&shared->nr_rounds, 1, __ATOMIC_SEQ_CST);
}

static void on_segv(int sig)
{
	siglongjmp(out, 1);
}

static int write_faults(volatile char *p)
{
	if (sigsetjmp(out, 1))
		return 1;
	*p = 1;
	return 0;
}

static int read_faults(volatile char *p)
{
	if (sigsetjmp(out, 1))
		return 1;
	(void)*p;
	return 0;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *map_at(char *where, unsigned long pages)
{
	return mmap(where, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static int turn[9][2];		/* pipes: a byte for whose turn it is */

static void wait_turn(int mine)
{
	char c;

	CHECK_EQ(read(turn[mine][0], &c, 1), 1);
}

static void give_turn(int whose)
{
	CHECK_EQ(write(turn[whose][1], "", 1), 1);
}

/* One of `all` processes that take turns on one CPU, and change what they all have at WHERE. */
static void taker(int mine, int all)
{
	volatile unsigned long *word = (volatile unsigned long *)WHERE;
	unsigned long before = 0;

	pin(0);
	CHECK(map_at(WHERE, NR_PAGES) == WHERE);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long now = i * 100 + mine + 1;

		wait_turn(mine);
		CHECK_EQ(*word, before);
		switch (i % 5) {
		case 0:				/* the whole, in place */
			CHECK(map_at(WHERE, NR_PAGES) == WHERE);
			CHECK_EQ(*word, 0);
			break;
		case 1:				/* one page */
			CHECK(map_at(WHERE, 1) == WHERE);
			CHECK_EQ(*word, 0);
			break;
		case 2:
			mprotect(WHERE, PAGE, PROT_READ);
			CHECK(write_faults(WHERE));
			mprotect(WHERE, PAGE, PROT_NONE);
			CHECK(read_faults(WHERE));
			mprotect(WHERE, PAGE, PROT_READ | PROT_WRITE);
			CHECK_EQ(*word, before);
			break;
		case 3:
			CHECK(mremap(WHERE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, WHERE + NR_PAGES * PAGE) ==
			      WHERE + NR_PAGES * PAGE);
			CHECK(read_faults(WHERE));
			CHECK_EQ(*(volatile unsigned long *)(WHERE + NR_PAGES * PAGE), before);
			CHECK(map_at(WHERE, 1) == WHERE);
			break;
		case 4:				/* with its page tables */
			munmap(WHERE, (NR_PAGES + 1) * PAGE);
			CHECK(read_faults(WHERE));
			CHECK(map_at(WHERE, NR_PAGES) == WHERE);
			break;
		}
		*word = before = now;
		round_done();
		give_turn((mine + 1) % all);
	}
}

/* More processes than a CPU has numbers for (6 on Linux), and the one that has always the same. */
static void take_turns(void)
{
	static const int counts[] = { 2, 3, 9 };

	for (int n = 0; n < 9; n++)
		NEED(pipe(turn[n]));
	for (int k = 0; k < 3; k++) {
		pid_t pid[9];
		char c;

		for (int n = 0; n < counts[k]; n++) {
			pid[n] = fork();
			if (!pid[n]) {
				taker(n, counts[k]);
				_exit(abi_done());
			}
		}
		give_turn(0);
		for (int n = 0; n < counts[k]; n++) {
			int status;

			waitpid(pid[n], &status, 0);
			CHECK_EQ(status, 0);
		}
		CHECK_EQ(read(turn[0][0], &c, 1), 1);	/* what the last one passed on */
	}
}

/*
 * Two threads (processes that share memory) on two CPUs; on the second one another process runs in between, or
 * nobody. The first replaces a page and says so; what the second sees may not be older than what was said before.
 */
static char reader_stack[65536] __attribute__((aligned(16)));
static volatile int reader_sleeps;

static int reader(void *arg)
{
	volatile unsigned long *word = (volatile unsigned long *)WHERE;
	int bad = 0;

	pin(1);
	while (!shared->stop) {
		unsigned long said = shared->published, seen;

		seen = *word;
		bad += seen < said;
		shared->seen = said;
		if (reader_sleeps)
			usleep(50);
		else
			sched_yield();
	}
	return bad != 0;
}

static void other_cpu(int sleeps)
{
	pid_t thread, neighbour;
	int status;

	CHECK(map_at(WHERE, 1) == WHERE);
	shared->stop = 0;
	shared->published = shared->seen = 0;
	reader_sleeps = sleeps;
	neighbour = fork();
	if (!neighbour) {
		pin(1);
		while (!shared->stop)
			sleeps ? usleep(100) : sched_yield();
		_exit(0);
	}
	thread = clone(reader, reader_stack + sizeof(reader_stack), CLONE_VM | SIGCHLD, NULL);
	NEED(thread);
	pin(0);
	for (unsigned long i = 1; i <= ROUNDS; i++) {
		/* Made elsewhere and moved into place, so that it is never seen without its number. */
		unsigned long *fresh = map_at(WHERE + 8 * PAGE, 1);

		*fresh = i;
		CHECK(mremap(fresh, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, WHERE) == WHERE);
		shared->published = i;
		round_done();
		for (int k = 0; k < 50 && shared->seen < i && i % 3; k++)
			sched_yield();
	}
	shared->stop = 1;
	waitpid(thread, &status, 0);
	CHECK_EQ(status, 0);
	waitpid(neighbour, &status, 0);
	CHECK_EQ(status, 0);
}

/* After fork() both have the pages read-only: who writes gets its own, on whichever CPU the other one is. */
static void copies(void)
{
	volatile unsigned long *word = (volatile unsigned long *)WHERE;
	int status;

	CHECK(map_at(WHERE, 1) == WHERE);
	for (unsigned long i = 1; i <= COPIES; i++) {
		pid_t pid;

		*word = i;
		pin(i & 1);
		pid = fork();
		if (!pid) {
			CHECK_EQ(*word, i);
			*word = 1000 + i;
			sched_yield();
			CHECK_EQ(*word, 1000 + i);
			_exit(abi_done());
		}
		*word = 2000 + i;
		sched_yield();
		CHECK_EQ(*word, 2000 + i);
		round_done();
		waitpid(pid, &status, 0);
		CHECK_EQ(status, 0);
		CHECK_EQ(*word, 2000 + i);
	}
}

/* Each program has its stack, and its code, where the one before it had something else. */
static void programs(void)
{
	int status;

	for (int i = 0; i < 12; i++) {
		pid_t pid = fork();

		if (!pid) {
			pin(i & 1);
			execl("/proc/self/exe", "exec", NULL);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		CHECK_EQ(status, 0);
	}
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], "exec"))
		return 0;
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(shared == MAP_FAILED ? -1 : 0);
	signal(SIGSEGV, on_segv);
	take_turns();
	other_cpu(0);
	other_cpu(1);
	copies();
	programs();
	printf("ROUNDS %lu\n", shared->nr_rounds);
	fflush(stdout);
	CHECK_EQ(shared->nr_rounds, (2 + 3 + 9 + 2) * ROUNDS + COPIES);
	return abi_done();
}
