/* SPDX-License-Identifier: MIT */
/* Pthread primitives under load: mutexes, condition variables, semaphores, barriers, keys. */
#include "abi.h"
#include <semaphore.h>

#define N 8
#define ROUNDS 100

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t bar;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static sem_t sem;
static int turn, inside, total;
static pthread_key_t key;
static volatile int destroyed;

static void gone(void *p)
{
	__sync_fetch_and_add(&destroyed, 1);
}

static void *body(void *arg)
{
	int me = (long)arg;

	pthread_setspecific(key, arg + 1);
	/* In turn. */
	for (int i = 0; i < ROUNDS / 10; i++) {
		pthread_mutex_lock(&m);
		while (turn % N != me)
			pthread_cond_wait(&c, &m);
		turn++;
		pthread_cond_broadcast(&c);
		pthread_mutex_unlock(&m);
	}
	pthread_barrier_wait(&bar);
	/* At most two at once. */
	for (int i = 0; i < ROUNDS; i++) {
		sem_wait(&sem);
		if (__sync_add_and_fetch(&inside, 1) > 2)
			FAIL("three in the semaphore");
		if (i % 16 == 0)
			sched_yield();
		__sync_sub_and_fetch(&inside, 1);
		sem_post(&sem);
	}
	pthread_barrier_wait(&bar);
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 4 == me % 4) {
			pthread_rwlock_wrlock(&rw);
			total++;
		} else {
			pthread_rwlock_rdlock(&rw);
		}
		pthread_rwlock_unlock(&rw);
	}
	CHECK_EQ((long)pthread_getspecific(key), me + 1);
	return arg;
}

int main(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t *shared = shared_pages(1);
	struct timespec ts;
	pthread_t t[N];
	void *ret;
	pid_t pid;

	pthread_key_create(&key, gone);
	sem_init(&sem, 0, 2);
	pthread_barrier_init(&bar, NULL, N);
	for (long i = 0; i < N; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, body, (void *)i), 0);
	for (long i = 0; i < N; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK_EQ((long)ret, i);
	}
	CHECK_EQ(turn, N * (ROUNDS / 10));
	CHECK_EQ(total, N * ROUNDS / 4);
	CHECK_EQ(destroyed, N);

	/* A timed wait that nobody ends. */
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	pthread_mutex_lock(&m);
	CHECK_EQ(pthread_cond_timedwait(&c, &m, &ts), ETIMEDOUT);
	pthread_mutex_unlock(&m);

	/* A robust mutex between processes: its owner dies. */
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(pthread_mutex_init(shared, &a), 0);
	pid = FORK();
	if (!pid) {
		pthread_mutex_lock(shared);
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(pthread_mutex_lock(shared), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(shared), 0);
	CHECK_EQ(pthread_mutex_unlock(shared), 0);
	/* Cancelling a thread that sleeps in the kernel. */
	IN_CHILD({
		int p[2];

		NEED(pipe(p));
		CHECK_EQ(pthread_create(&t[0], NULL, (void *(*)(void *))(void *)getchar, NULL), 0);
		CHECK_EQ(pthread_cancel(t[0]), 0);
		CHECK_EQ(pthread_join(t[0], &ret), 0);
	});
	return abi_done();
}
