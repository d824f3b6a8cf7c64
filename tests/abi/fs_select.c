/* SPDX-License-Identifier: MIT */
/* select(2), pselect6(2). */
#include "abi.h"

static volatile int got;

static void on_sig(int sig)
{
	got = sig;
}

int main(void)
{
	struct timeval tv;
	struct timespec ts;
	fd_set r, w, e;
	sigset_t usr, none;
	struct { sigset_t *set; size_t len; } arg = { &none, 8 };
	long long t;
	int p[2];
	char c;

	NEED(pipe(p));
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	FD_SET(p[0], &e);
	tv = (struct timeval){ 0, 0 };
	CHECK_EQ(select(p[1] + 1, &r, &w, &e, &tv), 1);
	CHECK(!FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w) && !FD_ISSET(p[0], &e));
	CHECK_EQ(write(p[1], "x", 1), 1);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 2);
	CHECK(FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w));
	/* Bits at nfds and above are not looked at. */
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	CHECK_EQ(select(p[0], NULL, NULL, NULL, &tv), 0);
	CHECK_EQ(select(p[1], &r, &w, NULL, &tv), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);

	/* Time out: the sets come back empty, Linux hands back the time left. */
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	tv = (struct timeval){ 0, 30000 };
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 30000000);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK_EQ(tv.tv_sec, 0);
	CHECK_EQ(tv.tv_usec, 0);
	tv = (struct timeval){ 5, 0 };
	CHECK_EQ(write(p[1], "x", 1), 1);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 1);
	CHECK(tv.tv_sec <= 5);
	CHECK_EQ(read(p[0], &c, 1), 1);
	/* A closed write end makes the read end readable. */
	close(p[1]);
	CHECK_EQ(select(p[0] + 1, &r, NULL, NULL, NULL), 1);
	close(p[0]);
	CHECK_ERR(select(p[0] + 1, &r, NULL, NULL, NULL), EBADF);

	NEED(pipe(p));
	ticks_start(SA_RESTART);
	CHECK_ERR(select(p[0] + 1, &r, NULL, NULL, NULL), EINTR);
	ticks_stop();
	CHECK(FD_ISSET(p[0], &r));	/* an error leaves the sets alone */

	catch_sig(SIGUSR1, on_sig, 0);
	sigemptyset(&none);
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &usr, NULL));
	raise(SIGUSR1);
	got = 0;
	CHECK_ERR(syscall(SYS_pselect6, p[0] + 1, &r, NULL, NULL, NULL, &arg), EINTR);
	CHECK_EQ(got, SIGUSR1);
	arg.len = 4;
	CHECK_ERR(syscall(SYS_pselect6, p[0] + 1, &r, NULL, NULL, NULL, &arg), EINVAL);
	ts = (struct timespec){ 0, 1000000000 };
	CHECK_ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, NULL), EINVAL);

	tv = (struct timeval){ -1, 0 };
	CHECK_ERR(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), EINVAL);
	CHECK_ERR(syscall(SYS_select, -1, NULL, NULL, NULL, NULL), EINVAL);
	EACH_BAD_NONNULL(q) {
		CHECK_ERR(syscall(SYS_select, 1, q, NULL, NULL, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_select, 1, NULL, NULL, NULL, q), EFAULT);
		CHECK_ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, q), EFAULT);
	}
	return abi_done();
}
