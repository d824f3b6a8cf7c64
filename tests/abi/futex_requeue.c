/* SPDX-License-Identifier: MIT */
/* futex(2): FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, the bitset operations. */
#include "abi.h"
#include <linux/futex.h>

static volatile int a, b, awake, ready;
static volatile pid_t tids[4];

static long futex(volatile int *w, int op, int val, long arg, volatile int *w2, int val3)
{
	return syscall(SYS_futex, w, op | FUTEX_PRIVATE_FLAG, val, arg, w2, val3);
}

static void *on_a(void *arg)
{
	tids[__sync_fetch_and_add(&ready, 1)] = syscall(SYS_gettid);
	CHECK_EQ(futex(&a, FUTEX_WAIT, 0, 0, NULL, 0), 0);
	__sync_fetch_and_add(&awake, 1);
	return NULL;
}

static void *on_bits(void *bits)
{
	tids[__sync_fetch_and_add(&ready, 1)] = syscall(SYS_gettid);
	CHECK_EQ(futex(&a, FUTEX_WAIT_BITSET, 0, 0, NULL, (long)bits), 0);
	__sync_fetch_and_add(&awake, (long)bits);
	return NULL;
}

/* Start n threads and wait until all of them sleep. */
static void start(pthread_t *t, int n, void *(*fn)(void *), long bit)
{
	awake = ready = 0;
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, (void *)(bit << i)), 0);
	for (int i = 0; i < n; i++) {
		AWAIT(tids[i]);
		let_block(tids[i]);
		tids[i] = 0;
	}
}

static void settle(int want)
{
	for (int i = 0; i < 200 && awake != want; i++)
		msleep(2);
	msleep(5);
	CHECK_EQ(awake, want);
}

int main(void)
{
	struct timespec ts;
	pthread_t t[4];
	long long start_ns;

	/* Wake one, move two, leave one. */
	start(t, 4, on_a, 0);
	CHECK_ERR(futex(&a, FUTEX_CMP_REQUEUE, 1, 2, &b, 77), EAGAIN);
	CHECK_EQ(futex(&a, FUTEX_CMP_REQUEUE, 1, 2, &b, 0), 3);
	settle(1);
	CHECK_EQ(futex(&a, FUTEX_WAKE, 10, 0, NULL, 0), 1);
	settle(2);
	CHECK_EQ(futex(&b, FUTEX_WAKE, 10, 0, NULL, 0), 2);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	start(t, 3, on_a, 0);
	CHECK_EQ(futex(&a, FUTEX_REQUEUE, 1, 100, &b, 0), 3);
	settle(1);
	CHECK_EQ(futex(&b, FUTEX_WAKE, 10, 0, NULL, 0), 2);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);

	/* Bits: a wake reaches those whose set meets its own. */
	start(t, 3, on_bits, 1);
	CHECK_EQ(futex(&a, FUTEX_WAKE_BITSET, 10, 0, NULL, 8), 0);
	CHECK_EQ(futex(&a, FUTEX_WAKE_BITSET, 10, 0, NULL, 2), 1);
	settle(2);
	CHECK_EQ(futex(&a, FUTEX_WAKE, 10, 0, NULL, 0), 2);
	settle(7);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_ERR(futex(&a, FUTEX_WAIT_BITSET, 0, 0, NULL, 0), EINVAL);
	CHECK_ERR(futex(&a, FUTEX_WAKE_BITSET, 1, 0, NULL, 0), EINVAL);

	/* WAIT_BITSET's timeout is a point in time, of either clock. */
	start_ns = now_ns(CLOCK_MONOTONIC);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	CHECK_ERR(futex(&a, FUTEX_WAIT_BITSET, 0, (long)&ts, NULL, -1), ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - start_ns >= 20000000);
	ts = (struct timespec){ 1, 0 };
	CHECK_ERR(futex(&a, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, (long)&ts, NULL, -1),
		  ETIMEDOUT);

	/* WAKE_OP: change the second word, wake on both. */
	b = 5;
	start(t, 2, on_a, 0);
	CHECK_EQ(futex(&a, FUTEX_WAKE_OP, 1, 1, &b,
		       FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)), 1);
	CHECK_EQ(b, 8);
	settle(1);
	CHECK_EQ(futex(&b, FUTEX_WAKE_OP, 1, 1, &a,
		       FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 100)), 0);
	CHECK_EQ(futex(&b, FUTEX_WAKE_OP, 1, 1, &a,
		       FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)), 1);
	settle(2);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CHECK_ERR(futex(&a, FUTEX_CMP_REQUEUE, -1, 1, &b, 0), EINVAL);
	CHECK_ERR(futex(&a, FUTEX_CMP_REQUEUE, 1, -1, &b, 0), EINVAL);
	return abi_done();
}
