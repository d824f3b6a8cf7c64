/* SPDX-License-Identifier: MIT */
/* The CPU clock of a process does not go back when one of its threads ends. */
#include "abi.h"

#define ROUNDS 150

static volatile int running;

static void *spin(void *arg)
{
	long long end = now_ns(CLOCK_THREAD_CPUTIME_ID) + 700000;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	running = 0;
	return arg;
}

int main(void)
{
	long long last = 0, now, back = 0;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_t thread;

		running = 1;
		pthread_create(&thread, NULL, spin, NULL);
		/* On a machine with one CPU, too: the thread ends while this one looks. */
		for (int after = 0; after < 100; after += !running) {
			now = now_ns(CLOCK_PROCESS_CPUTIME_ID);
			if (last - now > back)
				back = last - now;
			last = now;
		}
		pthread_join(thread, NULL);
		now = now_ns(CLOCK_PROCESS_CPUTIME_ID);
		if (last - now > back)
			back = last - now;
		last = now;
	}
	CHECK_EQ(back, 0);
	return abi_done();
}
