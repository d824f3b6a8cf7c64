/* SPDX-License-Identifier: MIT */
/* Threads: a mutex, a condition variable, a barrier, a thread-local variable, join values. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 8
#define ROUNDS 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t start;
static long counter, turn;
static __thread long mine;

static void *work(void *arg)
{
	long self = (long)arg, i;

	pthread_barrier_wait(&start);
	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		mine++;
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	while (turn != self)
		pthread_cond_wait(&turn_changed, &lock);
	printf("thread %ld counted %ld\n", self, mine);
	turn++;
	pthread_cond_broadcast(&turn_changed);
	pthread_mutex_unlock(&lock);
	return (void *)(self * self);
}

int main(void)
{
	pthread_t t[THREADS];
	long i, sum = 0;
	void *value;

	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, (void *)i))
			return 1;
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &value);
		sum += (long)value;
	}
	printf("counter %ld, squares %ld\n", counter, sum);
	return 0;
}
