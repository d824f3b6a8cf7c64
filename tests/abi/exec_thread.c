/* SPDX-License-Identifier: MIT */
/* execve(2) from a thread: the others end, the new program has the process's pid. */
#include "abi.h"

static volatile int *sh;
static char pidarg[16];

static void *spins(void *arg)
{
	for (;;)
		sh[0]++;
	return NULL;
}

static void *sleeps(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *execs(void *arg)
{
	msleep(10);
	sh[1] = syscall(SYS_gettid);
	execl("/proc/self/exe", "x", pidarg, NULL);
	sh[2] = 1;
	return NULL;
}

static void *fails(void *arg)
{
	execl("/nonexistent", "x", NULL);
	return (void *)(long)errno;
}

int main(int argc, char **argv)
{
	pthread_t t;
	void *ret;
	pid_t pid;
	int p[2];
	char c;

	if (argc > 1) {
		CHECK_EQ(getpid(), atoi(argv[1]));
		CHECK_EQ(syscall(SYS_gettid), getpid());
		CHECK(strstr(get_file("/proc/self/status"), "\nThreads:\t1\n"));
		_exit(abi_failed);
	}
	sh = shared_pages(1);
	/* A failed attempt harms nobody. */
	CHECK_EQ(pthread_create(&t, NULL, fails, NULL), 0);
	CHECK_EQ(pthread_join(t, &ret), 0);
	CHECK_EQ((long)ret, ENOENT);

	/* From a thread that is not the first, beside one that runs and one that sleeps. */
	NEED(pipe2(p, O_CLOEXEC));
	pid = FORK();
	if (!pid) {
		snprintf(pidarg, sizeof(pidarg), "%d", getpid());
		pthread_create(&t, NULL, spins, NULL);
		pthread_create(&t, NULL, sleeps, NULL);
		pthread_create(&t, NULL, execs, NULL);
		for (;;)
			pause();
	}
	EXPECT_EXIT(pid, 0);
	CHECK(sh[1] != pid && sh[1] != 0);
	CHECK_EQ(sh[2], 0);
	/* The first thread: the same. */
	pid = FORK();
	if (!pid) {
		snprintf(pidarg, sizeof(pidarg), "%d", getpid());
		pthread_create(&t, NULL, spins, NULL);
		execs(NULL);
	}
	EXPECT_EXIT(pid, 0);
	/* The first thread has already gone. */
	pid = FORK();
	if (!pid) {
		snprintf(pidarg, sizeof(pidarg), "%d", getpid());
		pthread_create(&t, NULL, execs, NULL);
		syscall(SYS_exit, 0);
	}
	EXPECT_EXIT(pid, 0);
	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
	return abi_done();
}
