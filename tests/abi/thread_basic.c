/* SPDX-License-Identifier: MIT */
/* Threads: ids, what they share, thread-local storage, many of them, fork and exit from one. */
#include "abi.h"

static __thread int tls = 5;
static int counter;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile pid_t tid;
static int fd;

static void *body(void *arg)
{
	tid = syscall(SYS_gettid);
	CHECK_EQ(getpid(), (long)arg);
	CHECK_EQ(tls, 5);
	tls = 6;
	CHECK_OK(chdir("d"));
	CHECK_OK(close(fd));
	umask(0111);
	return &tls;
}

static void *count(void *arg)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		if (i % 50 == 0)
			sched_yield();
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *forks(void *arg)
{
	pid_t pid = FORK();

	/* Only the calling thread lives on in the child. */
	if (!pid) {
		CHECK_EQ(syscall(SYS_gettid), getpid());
		CHECK(strstr(get_file("/proc/self/status"), "\nThreads:\t1\n"));
		_exit(abi_failed);
	}
	return (void *)(long)pid;
}

int main(void)
{
	pthread_t t[16];
	void *ret;
	int i;

	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "");
	fd = NEED(open("d/f", O_RDONLY));
	umask(022);
	CHECK_EQ(syscall(SYS_gettid), getpid());
	CHECK_EQ(pthread_create(&t[0], NULL, body, (void *)(long)getpid()), 0);
	CHECK_EQ(pthread_join(t[0], &ret), 0);
	CHECK(tid > 0 && tid != getpid());
	CHECK(ret != &tls);
	CHECK_EQ(tls, 5);
	/* Directory, umask and descriptors are the process's. */
	CHECK_OK(access("f", F_OK));
	CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
	CHECK_EQ(umask(022), 0111);
	/* The thread is gone, or about to: join waits for a word that its exit clears. */
	for (i = 0; i < 400 && !syscall(SYS_tgkill, getpid(), tid, 0); i++)
		msleep(5);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), tid, 0), ESRCH);

	for (i = 0; i < 16; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count, (void *)(long)i), 0);
	for (i = 0; i < 16; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK_EQ((long)ret, i);
	}
	CHECK_EQ(counter, 16 * 200);

	/* Any thread may wait for a child that another one made. */
	CHECK_EQ(pthread_create(&t[0], NULL, forks, NULL), 0);
	CHECK_EQ(pthread_join(t[0], &ret), 0);
	EXPECT_EXIT((long)ret, 0);
	return abi_done();
}
