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

int main(void)
{
	sizes();
	atomicity();
	all_or_nothing();
	return abi_done();
}
