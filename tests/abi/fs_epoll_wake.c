/* SPDX-License-Identifier: MIT */
/* epoll_wait(2), epoll_pwait(2), epoll_pwait2(2): who is woken, signals, times, EPOLLEXCLUSIVE. */
#include "abi.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define WAITERS 4

static int shared_ep, woken;

static void *waiter(void *arg)
{
	struct epoll_event out;

	(void)arg;
	if (epoll_wait(shared_ep, &out, 1, -1) == 1)
		__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *one_of_two(void *arg)
{
	struct epoll_event out;

	if (epoll_wait(*(int *)arg, &out, 1, -1) == 1)
		__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *ping(void *arg)
{
	int *fd = arg;
	uint64_t v;

	for (int i = 0; i < 2000; i++)
		if (read(fd[0], &v, 8) != 8 || write(fd[1], &v, 8) != 8)
			return (void *)1;
	return NULL;
}

static int watch(int ep, int fd, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

int main(void)
{
	struct epoll_event ev, out[8];
	struct timespec ts;
	pthread_t t[WAITERS];
	uint64_t v = 1;
	int fd, fds[2], ep, ep2, eps[2];
	long long start;
	sigset_t set, none;
	pid_t pid;
	void *ret;

	/* Edge-triggered: one event wakes one of the waiters. */
	shared_ep = ep = NEED(epoll_create1(0));
	fd = NEED(eventfd(0, 0));
	CHECK_OK(watch(ep, fd, EPOLLIN | EPOLLET));
	for (int i = 0; i < WAITERS; i++)
		NEED(pthread_create(&t[i], NULL, waiter, NULL) ? -1 : 0);
	msleep(50);
	for (int i = 1; i <= WAITERS; i++) {
		CHECK_EQ(write(fd, &v, 8), 8);
		AWAIT(__atomic_load_n(&woken, __ATOMIC_SEQ_CST) == i);
		msleep(10);
		CHECK_EQ(woken, i);
	}
	for (int i = 0; i < WAITERS; i++)
		pthread_join(t[i], NULL);
	/* Level-triggered: each that is told passes it on. */
	woken = 0;
	ev = (struct epoll_event){ .events = EPOLLIN };
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev));
	for (int i = 0; i < WAITERS; i++)
		NEED(pthread_create(&t[i], NULL, waiter, NULL) ? -1 : 0);
	msleep(50);
	CHECK_EQ(write(fd, &v, 8), 8);
	for (int i = 0; i < WAITERS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, WAITERS);
	CHECK_EQ(read(fd, &v, 8), 8);
	close(ep);

	/* EPOLLEXCLUSIVE: of two epolls one. */
	woken = 0;
	for (int i = 0; i < 2; i++) {
		eps[i] = NEED(epoll_create1(0));
		CHECK_OK(watch(eps[i], fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET));
		NEED(pthread_create(&t[i], NULL, one_of_two, &eps[i]) ? -1 : 0);
	}
	msleep(50);
	CHECK_EQ(write(fd, &v, 8), 8);
	AWAIT(__atomic_load_n(&woken, __ATOMIC_SEQ_CST) == 1);
	msleep(20);
	CHECK_EQ(woken, 1);
	CHECK_EQ(write(fd, &v, 8), 8);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, 2);
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLEXCLUSIVE };
	CHECK_ERR(epoll_ctl(eps[0], EPOLL_CTL_MOD, fd, &ev), EINVAL);
	ev.events = EPOLLIN;
	CHECK_ERR(epoll_ctl(eps[0], EPOLL_CTL_MOD, fd, &ev), EINVAL);
	CHECK_OK(epoll_ctl(eps[0], EPOLL_CTL_DEL, fd, NULL));
	CHECK_ERR(watch(eps[0], fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
	CHECK_ERR(watch(eps[0], fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP), EINVAL);
	CHECK_ERR(watch(eps[0], eps[1], EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	close(eps[0]);
	close(eps[1]);
	CHECK_EQ(read(fd, &v, 8), 8);

	/* Watched and waited for from another thread, over and over: no wake-up is lost. */
	ep = NEED(epoll_create1(0));
	fds[0] = NEED(eventfd(0, 0));
	fds[1] = NEED(eventfd(0, EFD_NONBLOCK));
	CHECK_OK(watch(ep, fds[1], EPOLLIN | EPOLLET));
	NEED(pthread_create(&t[0], NULL, ping, fds) ? -1 : 0);
	for (int i = 0; i < 2000; i++) {
		v = 1;
		CHECK_EQ(write(fds[0], &v, 8), 8);
		do {
			if (epoll_wait(ep, out, 8, 5000) != 1) {
				FAIL("lost event %d", i);
				return abi_done();
			}
		} while (read(fds[1], &v, 8) != 8);
	}
	pthread_join(t[0], &ret);
	CHECK_EQ((long)ret, 0);
	/* Closed or added while somebody waits. */
	shared_ep = ep;
	woken = 0;
	NEED(pthread_create(&t[0], NULL, waiter, NULL) ? -1 : 0);
	msleep(20);
	close(fds[1]);
	msleep(20);
	CHECK_EQ(woken, 0);
	v = 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_OK(watch(ep, fd, EPOLLIN));
	pthread_join(t[0], NULL);
	CHECK_EQ(woken, 1);
	CHECK_EQ(read(fd, &v, 8), 8);

	/* Order and fairness: with room for one the ready ones come in turn. */
	for (int i = 0; i < 2; i++) {
		fds[i] = NEED(eventfd(1, 0));
		CHECK_OK(watch(ep, fds[i], EPOLLIN));
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(epoll_wait(ep, out, 1, 0), 1);
		CHECK_EQ(out[0].data.fd, fds[i & 1]);
	}
	close(fds[0]);
	close(fds[1]);

	/* Signals: EINTR, never restarted; a mask for the duration of the call. */
	ticks_start(SA_RESTART);
	CHECK_ERR(epoll_wait(ep, out, 8, -1), EINTR);
	CHECK_ERR(epoll_pwait(ep, out, 8, -1, NULL), EINTR);
	ticks_stop();
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	abi_ticks = 0;
	raise(SIGALRM);
	CHECK_EQ(epoll_pwait(ep, out, 8, 20, &set), 0);
	CHECK_EQ(abi_ticks, 0);
	CHECK_ERR(epoll_pwait(ep, out, 8, -1, &none), EINTR);
	CHECK_EQ(abi_ticks, 1);
	/* What is ready goes before the signal, which then still waits. */
	raise(SIGALRM);
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(epoll_pwait(ep, out, 8, -1, &none), 1);
	CHECK_EQ(abi_ticks, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(abi_ticks, 2);
	CHECK_ERR(syscall(SYS_epoll_pwait, ep, out, 8, 0, &set, 4), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait, ep, out, 8, 0, UNMAPPED, 8), EFAULT);

	/* Times of epoll_pwait2. */
	ts = (struct timespec){ 0, 20000000 };
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, out, 8, &ts, NULL, 0), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 20000000);
	ts.tv_nsec = 0;
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, out, 8, &ts, NULL, 0), 0);
	ts.tv_nsec = 1000000000;
	CHECK_ERR(syscall(SYS_epoll_pwait2, ep, out, 8, &ts, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait2, ep, out, 8, UNMAPPED, NULL, 0), EFAULT);
	CHECK_ERR(epoll_wait(ep, out, INT_MAX / 12 + 1, 0), EINVAL);

	/* A fault while telling: the event stays. */
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_ERR(epoll_wait(ep, UNMAPPED, 1, 0), EFAULT);
	CHECK_EQ(epoll_wait(ep, out, 1, 0), 1);
	CHECK_EQ(read(fd, &v, 8), 8);

	/* One-shot waits for MOD, also when the file is hung up by then. */
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	NEED(pipe(fds));
	CHECK_OK(watch(ep, fds[0], EPOLLIN | EPOLLONESHOT));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	close(fds[1]);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);
	ev = (struct epoll_event){ .events = EPOLLOUT };
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(out[0].events, EPOLLHUP);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], UNMAPPED));
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 0);

	/* A child inherits the epoll, not a copy of it. */
	ep2 = NEED(eventfd(0, 0));
	pid = FORK();
	if (!pid)
		_exit(watch(ep, ep2, EPOLLOUT) != 0);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(epoll_wait(ep, out, 8, 0), 1);
	CHECK_EQ(out[0].events, EPOLLOUT);
	/* Regular files and directories cannot be watched; a name in /proc tells what it is. */
	CHECK_ERR(watch(ep, NEED(open(".", O_RDONLY)), EPOLLIN), EPERM);
	CHECK_ERR(watch(ep, NEED(open("/dev/null", O_RDONLY)), EPOLLIN), EPERM);
	CHECK_ERR(read(ep, out, 8), EINVAL);
	CHECK_ERR(write(ep, out, 8), EINVAL);
	return abi_done();
}
