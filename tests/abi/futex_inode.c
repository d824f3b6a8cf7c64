/* SPDX-License-Identifier: MIT */
/*
 * Who sleeps on a word of a file that is gone by now takes nobody's wake-ups: not those of files
 * that came after it, however much they may look like it to the kernel.
 */
#include "abi.h"
#include <linux/futex.h>

#define FILES 500

static int *word;
static volatile long result = 1;
static volatile pid_t tid;
static volatile int error;

static void nothing(int sig)
{
	(void)sig;
}

static void *sleeper(void *arg)
{
	tid = syscall(SYS_gettid);
	result = syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
	error = errno;
	return arg;
}

static int *map_new_file(const char *name, int *fd)
{
	void *p;

	*fd = NEED(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	NEED(ftruncate(*fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	CHECK(p != MAP_FAILED);
	NEED(unlink(name));
	return p;
}

int main(void)
{
	pthread_t thread;
	int fd, stolen = 0;

	catch_sig(SIGUSR1, nothing, 0);
	word = map_new_file("first", &fd);
	close(fd);
	pthread_create(&thread, NULL, sleeper, NULL);
	/* Moved from the word to itself: there is one who sleeps. */
	AWAIT(syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 0, 1L, word, 0) == 1);
	NEED(munmap(word, PAGE));
	msleep(30);	/* the file's remains are freed late, if at all */
	for (int i = 0; i < FILES; i++) {
		int *other = map_new_file("other", &fd);

		stolen += CHECK_OK(syscall(SYS_futex, other, FUTEX_WAKE, 1, NULL, NULL, 0));
		munmap(other, PAGE);	/* fd stays open: each file is another one */
	}
	CHECK_EQ(stolen, 0);
	CHECK_EQ(result, 1);		/* still asleep */
	do {
		pthread_kill(thread, SIGUSR1);
		msleep(2);
	} while (result == 1);
	pthread_join(thread, NULL);
	CHECK_EQ(result, -1);
	CHECK_EQ(error, EINTR);
	return abi_done();
}
