/* SPDX-License-Identifier: MIT */
/* flock(2): whole-file locks that belong to the open file. */
#include "abi.h"
#include <sys/file.h>

int main(void)
{
	int a, b, p[2];
	pid_t pid;
	char c;

	a = NEED(open("f", O_CREAT | O_RDWR, 0644));
	b = NEED(open("f", O_RDONLY));
	CHECK_OK(flock(a, LOCK_SH));
	CHECK_OK(flock(b, LOCK_SH));
	CHECK_ERR(flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	/* The failed upgrade may have lost the shared lock (man flock), so ask again. */
	CHECK_OK(flock(a, LOCK_SH | LOCK_NB));
	CHECK_OK(flock(b, LOCK_UN));
	CHECK_OK(flock(a, LOCK_EX | LOCK_NB));
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_OK(flock(b, LOCK_UN));
	/* A read-only descriptor may hold the exclusive lock. */
	CHECK_OK(flock(a, LOCK_UN));
	CHECK_OK(flock(b, LOCK_EX));
	CHECK_OK(flock(b, LOCK_UN));

	/* Children share the lock; their unlock is everybody's. */
	CHECK_OK(flock(a, LOCK_EX));
	IN_CHILD(CHECK_OK(flock(a, LOCK_EX | LOCK_NB)));
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	IN_CHILD(CHECK_OK(flock(a, LOCK_UN)));
	CHECK_OK(flock(b, LOCK_SH | LOCK_NB));
	CHECK_OK(flock(b, LOCK_UN));
	/* flock and fcntl do not see each other. */
	CHECK_OK(flock(a, LOCK_EX));
	IN_CHILD({
		struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		CHECK_OK(fcntl(a, F_SETLK, &fl));
	});

	/* Blocking until the last descriptor closes. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		close(a);
		CHECK_OK(flock(b, LOCK_EX));
		CHECK_EQ(write(p[1], "x", 1), 1);
		_exit(abi_failed);
	}
	let_block(pid);
	CHECK_OK(fcntl(p[0], F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	close(a);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], &c, 1), 1);

	/* EINTR without SA_RESTART. */
	CHECK_OK(flock(b, LOCK_EX));
	IN_CHILD({
		a = NEED(open("f", O_RDONLY));
		ticks_start(0);
		CHECK_ERR(flock(a, LOCK_EX), EINTR);
	});

	CHECK_ERR(flock(b, 0), EINVAL);
	CHECK_ERR(flock(b, LOCK_SH | LOCK_EX), EINVAL);
	CHECK_ERR(flock(b, 0x1000), EINVAL);
	CHECK_ERR(flock(-1, LOCK_SH), EBADF);
	CHECK_ERR(flock(777, LOCK_SH), EBADF);
	return abi_done();
}
