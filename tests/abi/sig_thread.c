/* SPDX-License-Identifier: MIT */
/* Signals and threads: own masks, directed signals, any thread may take the process's. */
#include "abi.h"

static volatile pid_t taker;
static volatile int count;
static volatile pid_t tid;
static volatile int stop;

static void on(int sig)
{
	taker = syscall(SYS_gettid);
	count++;
}

static void *thread(void *arg)
{
	sigset_t set;

	/* The mask is inherited from the creator, then its own. */
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
	CHECK(sigismember(&set, SIGUSR1));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	tid = syscall(SYS_gettid);
	while (!stop)
		msleep(2);
	return NULL;
}

static void *faults(void *arg)
{
	POKE(NULL, 1);
	return NULL;
}

static void *pending_of_its_own(void *arg)
{
	sigset_t set;

	CHECK_OK(sigpending(&set));
	CHECK(!sigismember(&set, SIGUSR2));
	CHECK(sigismember(&set, SIGTERM));
	return NULL;
}

static void until(int n)
{
	for (int i = 0; count < n && i < 1000; i++)
		msleep(2);
	CHECK_EQ(count, n);
}

int main(void)
{
	sigset_t set, now;
	pthread_t t;
	pid_t pid;

	catch_sig(SIGUSR1, on, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
	AWAIT(tid);
	/* This thread blocks it, so the other takes what is for the process. */
	CHECK_OK(kill(getpid(), SIGUSR1));
	until(1);
	CHECK_EQ(taker, tid);
	CHECK_OK(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
	until(2);
	CHECK_EQ(taker, tid);
	/* Directed at this one it waits here. */
	CHECK_OK(syscall(SYS_tkill, getpid(), SIGUSR1));
	msleep(20);
	CHECK_EQ(count, 2);
	CHECK_OK(sigpending(&now));
	CHECK(sigismember(&now, SIGUSR1));
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(taker, getpid());
	stop = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);

	/* sigpending shows the thread's own and the process's. */
	IN_CHILD({
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigaddset(&set, SIGTERM);
		CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
		CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2));
		CHECK_OK(kill(getpid(), SIGTERM));
		CHECK_EQ(pthread_create(&t, NULL, pending_of_its_own, NULL), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	});

	/* A fault in one thread ends them all, and so does SIGKILL to one. */
	stop = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pid = FORK();
	if (!pid) {
		pthread_create(&t, NULL, faults, NULL);
		for (;;)
			pause();
	}
	EXPECT_SIGNAL(pid, SIGSEGV);
	pid = FORK();
	if (!pid) {
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		tid = 0;
		pthread_create(&t, NULL, thread, NULL);
		AWAIT(tid);
		syscall(SYS_tgkill, getpid(), tid, SIGTERM);
		for (;;)
			pause();
	}
	EXPECT_SIGNAL(pid, SIGTERM);
	return abi_done();
}
