/* SPDX-License-Identifier: MIT */
/* pipe(2), pipe2(2): capacity, blocking, end of file, flags. */
#include "abi.h"

static char big[1 << 17];

int main(void)
{
	struct stat st;
	int p[2], n, total;
	char buf[100] = "";
	pid_t pid;

	NEED(pipe(p));
	CHECK_EQ(p[1], p[0] + 1);
	CHECK_EQ(write(p[1], "hello", 5), 5);
	CHECK_EQ(write(p[1], " world", 6), 6);
	CHECK_EQ(read(p[0], buf, 3), 3);
	CHECK_EQ(read(p[0], buf + 3, 90), 8);
	CHECK_STR(buf, "hello world");
	CHECK_ERR(read(p[1], buf, 1), EBADF);
	CHECK_ERR(write(p[0], buf, 1), EBADF);
	CHECK_EQ(write(p[1], buf, 0), 0);
	CHECK_OK(fstat(p[0], &st));
	CHECK(S_ISFIFO(st.st_mode));

	/* 64 KiB fit, not a byte more; a large write fills what is left. */
	CHECK_OK(fcntl(p[1], F_SETFL, O_NONBLOCK));
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
	CHECK_EQ(write(p[1], big, sizeof(big)), 65536);
	CHECK_ERR(write(p[1], "x", 1), EAGAIN);
	CHECK_EQ(read(p[0], big, PAGE), PAGE);
	CHECK_EQ(write(p[1], big, PAGE), PAGE);
	CHECK_ERR(write(p[1], "x", 1), EAGAIN);
	CHECK_OK(fcntl(p[0], F_SETFL, O_NONBLOCK));
	for (total = 0; (n = read(p[0], big, sizeof(big))) > 0; total += n)
		;
	CHECK_EQ(total, 65536);
	CHECK_EQ(errno, EAGAIN);
	CHECK_ERR(read(p[0], buf, 1), EAGAIN);

	/* The end of file comes with the last writer, in this process or another. */
	CHECK_EQ(write(p[1], "rest", 4), 4);
	n = dup(p[1]);
	close(p[1]);
	CHECK_EQ(read(p[0], buf, 100), 4);
	CHECK_ERR(read(p[0], buf, 100), EAGAIN);
	close(n);
	CHECK_EQ(read(p[0], buf, 100), 0);
	CHECK_EQ(read(p[0], buf, 100), 0);
	close(p[0]);

	/* A reader sleeps until something comes, a writer until there is room. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		close(p[0]);
		msleep(30);
		for (total = 0; total < 3 * 65536; total += n)
			n = write(p[1], big, 65536);
		_exit(total != 3 * 65536);
	}
	close(p[1]);
	for (total = 0; (n = read(p[0], big, sizeof(big))) > 0; total += n)
		;
	CHECK_EQ(n, 0);
	CHECK_EQ(total, 3 * 65536);
	EXPECT_EXIT(pid, 0);
	close(p[0]);

	NEED(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[1], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fcntl(p[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_ERR(pipe2(p, O_APPEND), EINVAL);
	CHECK_ERR(pipe2(p, ~0), EINVAL);
	EACH_BAD(q) {
		n = dup(0);
		CHECK_ERR(syscall(SYS_pipe, q), EFAULT);
		CHECK_ERR(syscall(SYS_pipe2, q, 0), EFAULT);
		CHECK_EQ(dup(0), n + 1);	/* nothing stayed open */
		close(n);
		close(n + 1);
	}
	CHECK_ERR(read(p[0], UNMAPPED, 1), EAGAIN);
	CHECK_EQ(write(p[1], "z", 1), 1);
	EACH_BAD(q) {
		CHECK_ERR(syscall(SYS_read, p[0], q, 1), EFAULT);
		CHECK_ERR(syscall(SYS_write, p[1], q, 1), EFAULT);
	}
	CHECK_EQ(read(p[0], buf, 10), 1);
	CHECK_EQ(buf[0], 'z');
	return abi_done();
}
