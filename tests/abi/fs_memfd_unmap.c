/* SPDX-License-Identifier: MIT */
/*
 * F_SEAL_WRITE while a shared mapping goes away: once the seal is there nobody writes any more, nor does a thread of
 * the process that is in munmap(2) meanwhile. The mapping is large, and the thread writes to its end, which goes last.
 */
#include "abi.h"
#include <pthread.h>

#define SIZE	(1024 * PAGE)
#define ROUNDS	12

/* Until the memory is gone, and the process with it. */
static void *write_on(void *word)
{
	for (;;)
		++*(volatile unsigned long *)word;
	return NULL;
}

static void map_and_unmap(int fd)
{
	char *m = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	volatile unsigned long *word = (unsigned long *)(m + SIZE - PAGE);
	pthread_t thread;

	if (m == MAP_FAILED || pthread_create(&thread, NULL, write_on, (void *)word))
		_exit(1);
	while (!*word)
		sched_yield();
	munmap(m, SIZE);
	pause();
}

static unsigned long read_word(int fd)
{
	unsigned long word = 0;

	CHECK_EQ(pread(fd, &word, sizeof(word), SIZE - PAGE), sizeof(word));
	return word;
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		int fd = NEED(memfd_create("sealed", MFD_ALLOW_SEALING)), status;
		unsigned long then;
		pid_t pid;

		CHECK_OK(ftruncate(fd, SIZE));
		pid = NEED(fork());
		if (pid == 0)
			map_and_unmap(fd);
		while (!read_word(fd))
			sched_yield();
		while (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))
			;
		then = read_word(fd);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
		CHECK_EQ(read_word(fd), then);
		close(fd);
	}
	return abi_done();
}
