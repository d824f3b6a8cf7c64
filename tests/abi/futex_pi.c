/* SPDX-License-Identifier: MIT */
/* futex(2): FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI. Skipped where there are none. */
#include "abi.h"
#include <linux/futex.h>

static volatile int word, got, tid;

static long futex(int op, void *arg)
{
	return syscall(SYS_futex, &word, op | FUTEX_PRIVATE_FLAG, 0, arg, NULL, 0);
}

static void *locks(void *arg)
{
	tid = syscall(SYS_gettid);
	CHECK_ERR(futex(FUTEX_TRYLOCK_PI, NULL), EAGAIN);
	CHECK_ERR(futex(FUTEX_UNLOCK_PI, NULL), EPERM);
	CHECK_EQ(futex(FUTEX_LOCK_PI, NULL), 0);
	CHECK_EQ(word & FUTEX_TID_MASK, tid);
	got = 1;
	CHECK_EQ(futex(FUTEX_UNLOCK_PI, NULL), 0);
	return NULL;
}

int main(void)
{
	struct timespec ts = { 1, 0 };
	int me = syscall(SYS_gettid);
	pthread_t t;

	if (futex(FUTEX_LOCK_PI, NULL) == -1 && errno == ENOSYS)
		SKIP("no priority inheritance");
	CHECK_EQ(word, me);
	CHECK_ERR(futex(FUTEX_LOCK_PI, NULL), EDEADLK);
	CHECK_EQ(pthread_create(&t, NULL, locks, NULL), 0);
	AWAIT(word & FUTEX_WAITERS);
	CHECK_EQ(got, 0);
	CHECK_EQ(futex(FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(got, 1);
	CHECK_EQ(word, 0);
	CHECK_EQ(futex(FUTEX_TRYLOCK_PI, NULL), 0);
	CHECK_EQ(word, me);
	/* The owner that the word names does not exist. */
	word = 0x3ffffff0;
	CHECK_ERR(futex(FUTEX_LOCK_PI, &ts), ESRCH);
	return abi_done();
}
