/* SPDX-License-Identifier: MIT */
/*
 * Nobody waits for ever where many want one lock: threads that change and walk one address space, and processes that
 * rename between the same directories. One of them has a number of rounds to do; the others go on until it is done,
 * and each must have had its turns, too.
 */
#include "abi.h"
#include <pthread.h>

#define ROUNDS	300
#define OTHERS	3

static struct shared {
	volatile int done;
	volatile unsigned long nr_rounds[OTHERS];
} *shared;

static char *area;

static void map_and_unmap(void)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	p[PAGE] = 1;
	CHECK_OK(munmap(p, 3 * PAGE));
}

/* Readers of the address space that sleep for it, one of them with page faults; and a writer. */
static void *walker(void *arg)
{
	long me = (long)arg;

	while (!shared->done) {
		if (me == 0) {
			CHECK_OK(madvise(area, 8 * PAGE, MADV_DONTNEED));
			area[3 * PAGE] = 1;
		} else if (me == 1) {
			CHECK_OK(msync(area + 8 * PAGE, 8 * PAGE, MS_ASYNC));
		} else {
			map_and_unmap();
		}
		shared->nr_rounds[me]++;
	}
	return NULL;
}

static void check_turns(void)
{
	for (int i = 0; i < OTHERS; i++) {
		CHECK(shared->nr_rounds[i] > 0);
		shared->nr_rounds[i] = 0;
	}
	shared->done = 0;
}

static void one_address_space(void)
{
	pthread_t threads[OTHERS];

	area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	for (long i = 0; i < OTHERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, walker, (void *)i), 0);
	for (int i = 0; i < ROUNDS; i++)
		map_and_unmap();
	while (!shared->nr_rounds[0] || !shared->nr_rounds[1] || !shared->nr_rounds[2])
		sched_yield();
	shared->done = 1;
	for (int i = 0; i < OTHERS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	check_turns();
}

/* There and back, from one directory to the other. */
static void rename_once(int me)
{
	char here[16], there[16];

	snprintf(here, sizeof(here), "a/%d", me);
	snprintf(there, sizeof(there), "b/%d", me);
	CHECK_OK(rename(here, there));
	CHECK_OK(rename(there, here));
}

static void two_directories(void)
{
	pid_t pids[OTHERS];

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	for (int i = 0; i <= OTHERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "a/%d", i);
		put_file(name, "x");
	}
	for (int i = 0; i < OTHERS; i++) {
		pids[i] = FORK();
		if (pids[i])
			continue;
		while (!shared->done) {
			rename_once(i);
			shared->nr_rounds[i]++;
		}
		_exit(abi_failed);
	}
	for (int i = 0; i < ROUNDS; i++)
		rename_once(OTHERS);
	while (!shared->nr_rounds[0] || !shared->nr_rounds[1] || !shared->nr_rounds[2])
		sched_yield();
	shared->done = 1;
	for (int i = 0; i < OTHERS; i++) {
		int status;

		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	check_turns();
}

int main(void)
{
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	one_address_space();
	two_directories();
	return abi_done();
}
