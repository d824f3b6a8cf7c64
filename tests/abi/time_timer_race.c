/* SPDX-License-Identifier: MIT */
/*
 * A timer that another thread deletes while timer_create(2) is about to tell its number. The number
 * goes to a page that is not there yet or never, so that there is time for it. What must not happen
 * is seen by the kernel, best by its debug build.
 * TIMEOUT: 90
 */
#include "abi.h"

#define ROUNDS 160

static volatile int next, stop;

static void *deleter(void *arg)
{
	while (!stop)
		for (int i = next; i < next + 3; i++)
			syscall(SYS_timer_delete, i);
	return arg;
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	char *page = pages(1);
	pthread_t thread;
	int id;

	NEED(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
	next = id + 1;
	pthread_create(&thread, NULL, deleter, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct sigevent *e = i & 1 ? &ev : NULL;

		if (i & 2) {
			CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, e, UNMAPPED), EFAULT);
			next++;
			continue;
		}
		NEED(madvise(page, PAGE, MADV_DONTNEED));
		CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, e, page));
		next = *(int *)page + 1;
		syscall(SYS_timer_delete, next - 1);	/* or the other thread did */
	}
	stop = 1;
	pthread_join(thread, NULL);
	return abi_done();
}
