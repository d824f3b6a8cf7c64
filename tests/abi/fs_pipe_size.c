/* SPDX-License-Identifier: MIT */
/* F_SETPIPE_SZ, F_GETPIPE_SZ, and the atomicity of writes up to PIPE_BUF. */
#include "abi.h"

static void sizes(void)
{
	static char big[1 << 17];
	int p[2];

	NEED(pipe(p));
	CHECK_OK(fcntl(p[1], F_SETFL, O_NONBLOCK));
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 4096), 4096);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 4096);
	CHECK_EQ(write(p[1], big, sizeof(big)), 4096);
	/* Rounded up to a power of two of pages. */
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 3 * 4096 + 1), 4 * 4096);
	CHECK_EQ(write(p[1], big, sizeof(big)), 3 * 4096);
	CHECK_ERR(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1 << 17), 1 << 17);
	CHECK_EQ(read(p[0], big, sizeof(big)), 4 * 4096);
	CHECK_ERR(fcntl(p[0], F_SETPIPE_SZ, 0x80000001), EINVAL);
	/* Small writes count page by page only where they cannot be merged. */
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(write(p[1], "b", 1), 1);
	CHECK_EQ(read(p[0], big, 10), 2);
}

/* pipe(7): beyond pipe-user-pages-soft an unprivileged user gets two pages, and no more on demand. */
static void user_limit(void)
{
	char soft[16] = "", max[16] = "";
	int p[2], fs = NEED(open("/proc/sys/fs/pipe-user-pages-soft", O_RDWR));
	int fm = NEED(open("/proc/sys/fs/pipe-max-size", O_RDWR));

	CHECK(read(fs, soft, sizeof(soft) - 1) > 0);
	CHECK(read(fm, max, sizeof(max) - 1) > 0);
	CHECK_EQ(pwrite(fs, "32", 2, 0), 2);
	IN_CHILD({
		int q[3][2];

		CHECK_OK(setresuid(4711, 4711, 4711));
		for (int i = 0; i < 3; i++)
			NEED(pipe(q[i]));
		CHECK_EQ(fcntl(q[0][0], F_GETPIPE_SZ), 65536);
		CHECK_EQ(fcntl(q[1][0], F_GETPIPE_SZ), 65536);
		CHECK_EQ(fcntl(q[2][0], F_GETPIPE_SZ), 8192);
		CHECK_ERR(fcntl(q[2][0], F_SETPIPE_SZ, 16384), EPERM);
		CHECK_EQ(fcntl(q[2][0], F_SETPIPE_SZ, 4096), 4096);
		/* What is closed is given back. */
		close(q[0][0]);
		close(q[0][1]);
		CHECK_EQ(fcntl(q[2][0], F_SETPIPE_SZ, 65536), 65536);
	});
	/* root is not bound. */
	for (int i = 0; i < 4; i++) {
		NEED(pipe(p));
		CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	}
	CHECK_EQ(pwrite(fm, "4096", 4, 0), 4);
	IN_CHILD({
		CHECK_OK(setresuid(4711, 4711, 4711));
		NEED(pipe(p));
		CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 4096);
	});
	CHECK(pwrite(fs, soft, strlen(soft), 0) > 0);
	CHECK(pwrite(fm, max, strlen(max), 0) > 0);
}

/* Two writers of PIPE_BUF bytes each never mix. */
static void atomicity(void)
{
	static char buf[PIPE_BUF];
	int p[2], n, i, total = 0;
	pid_t pid[2];

	NEED(pipe(p));
	for (i = 0; i < 2; i++) {
		pid[i] = FORK();
		if (!pid[i]) {
			memset(buf, 'a' + i, sizeof(buf));
			for (n = 0; n < 60; n++)
				if (write(p[1], buf, sizeof(buf)) != sizeof(buf))
					_exit(1);
			_exit(0);
		}
	}
	close(p[1]);
	for (;;) {
		for (n = 0; n < PIPE_BUF; n += i) {
			i = read(p[0], buf + n, PIPE_BUF - n);
			if (i <= 0)
				break;
		}
		if (n == 0)
			break;
		CHECK_EQ(n, PIPE_BUF);
		for (i = 1; i < n; i++)
			if (buf[i] != buf[0]) {
				FAIL("writes mixed at byte %d", i);
				break;
			}
		total++;
	}
	CHECK_EQ(total, 120);
	EXPECT_EXIT(pid[0], 0);
	EXPECT_EXIT(pid[1], 0);
}

/* Without room for all of a small write, a nonblocking one writes nothing. */
static void all_or_nothing(void)
{
	static char buf[65536];
	int p[2];

	NEED(pipe(p));
	CHECK_OK(fcntl(p[1], F_SETFL, O_NONBLOCK));
	CHECK_EQ(write(p[1], buf, 65536 - 100), 65536 - 100);
	CHECK_ERR(write(p[1], buf, 200), EAGAIN);
	CHECK_EQ(write(p[1], buf, 100), 100);
	CHECK_ERR(write(p[1], buf, 1), EAGAIN);
}

/* The answer is an int: what does not fit it cannot be had. */
static void too_large(void)
{
	int p[2];

	NEED(pipe(p));
	CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, 1UL << 31), ENOMEM);
	CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, (1UL << 31) + 1), EINVAL);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	sizes();
	too_large();
	user_limit();
	atomicity();
	all_or_nothing();
	return abi_done();
}
