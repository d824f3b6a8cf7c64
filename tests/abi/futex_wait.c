/* SPDX-License-Identifier: MIT */
/* futex(2): FUTEX_WAIT, FUTEX_WAKE, timeouts, private and shared keys, errors. */
#include "abi.h"
#include <linux/futex.h>

static volatile int word;
static volatile int woken;
static volatile pid_t tids[4];

static long futex(volatile int *w, int op, int val, void *arg, volatile int *w2, int val3)
{
	return syscall(SYS_futex, w, op, val, arg, w2, val3);
}

static void *waiter(void *arg)
{
	tids[(long)arg] = syscall(SYS_gettid);
	CHECK_EQ(futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), 0);
	__sync_fetch_and_add(&woken, 1);
	return NULL;
}

static void threads(void)
{
	pthread_t t[4];
	int i, n;

	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, waiter, (void *)(long)i), 0);
	for (i = 0; i < 4; i++) {
		AWAIT(tids[i]);
		let_block(tids[i]);
	}
	CHECK_EQ(woken, 0);
	n = futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	CHECK_EQ(n, 1);
	AWAIT(woken >= 1);
	msleep(10);
	CHECK_EQ(woken, 1);
	/* A private wake does not meet a shared wait, and the other way round. */
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0), 3);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, 4);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0), 0);
}

/* Two processes, two addresses, one page. */
static void processes(void)
{
	int fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	volatile int *a, *b;
	pid_t pid;

	CHECK_OK(ftruncate(fd, PAGE));
	a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
	woken = 0;
	pid = FORK();
	if (!pid) {
		CHECK_EQ(futex(b + 3, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
		_exit(abi_failed);
	}
	let_block(pid);
	AWAIT(woken || (woken = futex(a + 3, FUTEX_WAKE, 1, NULL, NULL, 0)));
	EXPECT_EXIT(pid, 0);
	/* Shared anonymous memory, too. */
	a = shared_pages(1);
	pid = FORK();
	if (!pid) {
		CHECK_EQ(futex(a, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
		_exit(abi_failed);
	}
	woken = 0;
	AWAIT(woken || (woken = futex(a, FUTEX_WAKE, 1, NULL, NULL, 0)));
	EXPECT_EXIT(pid, 0);
}

/* A mapping whose file has become shorter holds no word; a private futex is only an address. */
static void truncated(void)
{
	int fd = NEED(open("g", O_CREAT | O_RDWR, 0600));
	volatile int *a;

	CHECK_OK(ftruncate(fd, PAGE));
	a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != MAP_FAILED);
	CHECK_EQ(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_ERR(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(a, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_EQ(futex(a, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
	CHECK_OK(munmap((void *)a, PAGE));
	close(fd);
}

int main(void)
{
	struct timespec ts = { 0, 20000000 }, bad = { 0, 1000000000 }, neg = { -1, 0 };
	long long t;

	threads();
	processes();
	truncated();

	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 20000000);
	ts.tv_nsec = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
	ticks_start(0);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
	ticks_stop();

	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &neg, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)((char *)&word + 2), FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_futex, p, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
		CHECK_ERR(syscall(SYS_futex, p, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT, 0, p, NULL, 0), EFAULT);
	}
	return abi_done();
}
