/* SPDX-License-Identifier: MIT */
/* Writing into a pipe that nobody reads: SIGPIPE and EPIPE. */
#include "abi.h"

static volatile int got;

static void on_sig(int sig)
{
	got = sig;
}

static volatile int *ticks;

static void on_tick(int sig)
{
	++*ticks;
}

int main(void)
{
	static char big[70000];
	struct iovec v = { "x", 1 };
	int p[2];
	pid_t pid;

	ticks = shared_pages(1);
	NEED(pipe(p));
	close(p[0]);
	DIES_BY(SIGPIPE, write(p[1], "x", 1));
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
	CHECK_ERR(writev(p[1], &v, 1), EPIPE);
	CHECK_EQ(write(p[1], "x", 0), 0);
	catch_sig(SIGPIPE, on_sig, 0);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(got, SIGPIPE);
	close(p[1]);

	/* A writer asleep in a full pipe learns of the last reader's end, having written
	 * a part: the count comes first, the signal with the next write. */
	NEED(pipe(p));
	pid = FORK();
	if (!pid) {
		close(p[0]);
		got = 0;
		CHECK_EQ(write(p[1], big, sizeof(big)), 65536);
		CHECK_ERR(write(p[1], "x", 1), EPIPE);
		CHECK_EQ(got, SIGPIPE);
		_exit(abi_failed);
	}
	close(p[1]);
	let_block(pid);
	close(p[0]);
	EXPECT_EXIT(pid, 0);

	/* EINTR: a signal wakes a reader that got nothing; one with SA_RESTART does not. */
	NEED(pipe(p));
	ticks_start(0);
	CHECK_ERR(read(p[0], big, 1), EINTR);
	ticks_stop();
	pid = FORK();
	if (!pid) {
		ticks_start(SA_RESTART);
		catch_sig(SIGALRM, on_tick, SA_RESTART);
		CHECK_EQ(read(p[0], big, 1), 1);
		_exit(abi_failed);
	}
	AWAIT(*ticks >= 2);
	CHECK_EQ(write(p[1], "w", 1), 1);
	EXPECT_EXIT(pid, 0);

	/* A writer that wrote a part before the signal gets the count. */
	pid = FORK();
	if (!pid) {
		ticks_start(0);
		CHECK_EQ(write(p[1], big, sizeof(big)), 65536);
		CHECK_ERR(write(p[1], big, 1), EINTR);
		_exit(abi_failed);
	}
	EXPECT_EXIT(pid, 0);
	return abi_done();
}
