/* SPDX-License-Identifier: MIT */
/* fcntl(2) record locks: owned by the process, split and merged by the byte. */
#include "abi.h"

/* What another process would run into. */
static struct flock test(int fd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	CHECK_OK(fcntl(fd, F_GETLK, &fl));
	return fl;
}

static void blocking(int fd)
{
	int p[2];
	char c;
	pid_t pid;

	NEED(pipe(p));
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 10));
	pid = FORK();
	if (!pid) {
		CHECK_ERR(lock_range(fd, F_SETLK, F_RDLCK, 5, 1), EAGAIN);
		CHECK_OK(lock_range(fd, F_SETLKW, F_RDLCK, 5, 1));
		CHECK_EQ(write(p[1], "L", 1), 1);
		_exit(abi_failed);
	}
	let_block(pid);
	CHECK_OK(fcntl(p[0], F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], &c, 1), 1);
	/* Its exit gave the lock back. */
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	close(p[0]);
	close(p[1]);
}

static void deadlock(int fd)
{
	pid_t pid;
	int st;

	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 1));
	pid = FORK();
	if (!pid) {
		CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 1, 1));
		CHECK_OK(lock_range(fd, F_SETLKW, F_WRLCK, 0, 1));
		_exit(abi_failed);
	}
	while (test(fd, F_WRLCK, 1, 1).l_type == F_UNLCK)
		msleep(2);
	let_block(pid);
	CHECK_ERR(lock_range(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	st = abi_wait(pid);
	CHECK_EQ(st, 0);
}

/* Of several locks in the way F_GETLK tells the one with the lowest offset, whatever came first. */
static void lowest_first(int fd)
{
	struct flock fl;

	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 60, 5));
	CHECK_OK(lock_range(fd, F_SETLK, F_RDLCK, 40, 5));
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 50, 5));
	/* Cut in two: the right half comes before what follows it. */
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 52, 1));
	IN_CHILD({
		static const int want[] = { 40, 50, 53, 60 };

		/* From the end of the one that was found: all of them, in order. */
		for (int i = 0, from = 0; i < 4; i++) {
			fl = test(fd, F_WRLCK, from, 0);
			CHECK_EQ(fl.l_start, want[i]);
			CHECK_EQ(fl.l_type, i ? F_WRLCK : F_RDLCK);
			from = fl.l_start + fl.l_len;
		}
	});
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
}

static int said[2];		/* the pipe that closer() tells its thread id by */

static void *closer(void *arg)
{
	pid_t tid = gettid();

	let_block(getpid());
	close((int)(long)arg);
	CHECK_EQ(write(said[1], &tid, sizeof(tid)), sizeof(tid));
	return NULL;
}

/*
 * A thread waits for a lock; another one closes the descriptor and ends. The lock that comes then
 * would be nobody's to give up.
 */
static void closed_meanwhile(int fd)
{
	char task[64];
	pthread_t t;
	pid_t pid, tid;

	NEED(pipe(said));
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 10));
	pid = FORK();
	if (!pid) {
		int mine = NEED(open("f", O_RDWR));

		CHECK_EQ(pthread_create(&t, NULL, closer, (void *)(long)mine), 0);
		CHECK_ERR(lock_range(mine, F_SETLKW, F_WRLCK, 5, 1), EBADF);
		_exit(abi_failed);
	}
	CHECK_EQ(read(said[0], &tid, sizeof(tid)), sizeof(tid));
	snprintf(task, sizeof(task), "/proc/%d/task/%d", pid, tid);
	AWAIT(access(task, F_OK));
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	EXPECT_EXIT(pid, 0);
	IN_CHILD(CHECK_EQ(test(fd, F_WRLCK, 0, 0).l_type, F_UNLCK));
	close(said[0]);
	close(said[1]);
}

int main(void)
{
	struct flock fl;
	pid_t pid, parent = getpid();
	int fd, fd2, rd;

	fd = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(write(fd, "0123456789", 10), 10);

	/* Write-lock 10..29, turn 15..19 into a read lock, drop 25..29. */
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 10, 20));
	CHECK_OK(lock_range(fd, F_SETLK, F_RDLCK, 15, 5));
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 25, 5));
	CHECK_EQ(test(fd, F_WRLCK, 0, 0).l_type, F_UNLCK);	/* own locks never conflict */
	IN_CHILD({
		fl = test(fd, F_RDLCK, 0, 0);
		CHECK_EQ(fl.l_type, F_WRLCK);
		CHECK_EQ(fl.l_start, 10);
		CHECK_EQ(fl.l_len, 5);
		CHECK_EQ(fl.l_pid, parent);
		CHECK_EQ(fl.l_whence, SEEK_SET);
		fl = test(fd, F_WRLCK, 15, 5);
		CHECK_EQ(fl.l_type, F_RDLCK);
		CHECK_EQ(fl.l_len, 5);
		CHECK_EQ(test(fd, F_RDLCK, 15, 5).l_type, F_UNLCK);
		fl = test(fd, F_RDLCK, 15, 100);
		CHECK_EQ(fl.l_start, 20);
		CHECK_EQ(fl.l_len, 5);
		CHECK_EQ(test(fd, F_WRLCK, 25, 0).l_type, F_UNLCK);
		CHECK_OK(lock_range(fd, F_SETLK, F_RDLCK, 15, 5));
		CHECK_ERR(lock_range(fd, F_SETLK, F_WRLCK, 15, 5), EAGAIN);
		CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 25, 0));
	});

	/* Closing any descriptor of the file drops all of the process's locks on it. */
	fd2 = NEED(open("f", O_RDONLY));
	close(fd2);
	IN_CHILD(CHECK_EQ(test(fd, F_WRLCK, 0, 0).l_type, F_UNLCK));

	/* Whence and negative lengths: 4 bytes before offset 8. */
	CHECK_EQ(lseek(fd, 8, SEEK_SET), 8);
	fl = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 0, .l_len = -4 };
	CHECK_OK(fcntl(fd, F_SETLK, &fl));
	IN_CHILD({
		fl = test(fd, F_WRLCK, 0, 0);
		CHECK_EQ(fl.l_start, 4);
		CHECK_EQ(fl.l_len, 4);
	});
	fl = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 0 };
	CHECK_OK(fcntl(fd, F_SETLK, &fl));
	IN_CHILD(CHECK_EQ(test(fd, F_WRLCK, 0, 0).l_type, F_UNLCK));

	lowest_first(fd);
	blocking(fd);
	deadlock(fd);
	closed_meanwhile(fd);

	/* A signal ends the wait. */
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
	pid = FORK();
	if (!pid) {
		ticks_start(0);
		CHECK_ERR(lock_range(fd, F_SETLKW, F_WRLCK, 0, 1), EINTR);
		_exit(abi_failed);
	}
	EXPECT_EXIT(pid, 0);

	CHECK_ERR(lock_range(fd, F_SETLK, 77, 0, 1), EINVAL);
	CHECK_ERR(lock_range(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL);
	CHECK_ERR(lock_range(fd, F_SETLK, F_WRLCK, 3, -4), EINVAL);
	fl = (struct flock){ .l_type = F_WRLCK, .l_whence = 9 };
	CHECK_ERR(fcntl(fd, F_SETLK, &fl), EINVAL);
	fl = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET };
	CHECK_ERR(fcntl(fd, F_GETLK, &fl), EINVAL);
	CHECK_ERR(lock_range(-1, F_SETLK, F_WRLCK, 0, 1), EBADF);
	rd = NEED(open("f", O_RDONLY));
	CHECK_ERR(lock_range(rd, F_SETLK, F_WRLCK, 0, 1), EBADF);
	CHECK_OK(lock_range(rd, F_SETLK, F_RDLCK, 0, 1));
	rd = NEED(open("f", O_WRONLY));
	CHECK_ERR(lock_range(rd, F_SETLK, F_RDLCK, 0, 1), EBADF);
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_fcntl, fd, F_SETLK, p), EFAULT);
		CHECK_ERR(syscall(SYS_fcntl, fd, F_GETLK, p), EFAULT);
	}
	return abi_done();
}
