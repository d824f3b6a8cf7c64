/* SPDX-License-Identifier: MIT */
/* poll(2), ppoll(2): events, times, bad entries, signal masks. */
#include "abi.h"

static volatile int got;

static void on_sig(int sig)
{
	got = sig;
}

static int events(int fd, int want)
{
	struct pollfd f = { fd, want, 0x7777 };
	int n = poll(&f, 1, 0);

	CHECK_EQ(n, f.revents != 0);
	return f.revents;
}

int main(void)
{
	static char big[65536];
	struct pollfd f[3];
	struct timespec ts = { 0, 20000000 }, bad = { 0, 1000000000 };
	struct rlimit rl;
	sigset_t usr, none;
	long long t;
	int p[2], fd;
	pid_t pid;

	NEED(pipe(p));
	CHECK_EQ(events(p[0], POLLIN), 0);
	CHECK_EQ(events(p[1], POLLOUT), POLLOUT);
	CHECK_EQ(events(p[1], POLLOUT | POLLWRNORM), POLLOUT | POLLWRNORM);
	CHECK_EQ(events(p[1], POLLIN), 0);
	CHECK_EQ(write(p[1], big, 65536), 65536);
	CHECK_EQ(events(p[0], POLLIN | POLLRDNORM), POLLIN | POLLRDNORM);
	CHECK_EQ(events(p[1], POLLOUT), 0);
	CHECK_EQ(events(p[0], 0), 0);
	close(p[1]);
	CHECK_EQ(events(p[0], POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(read(p[0], big, 65536), 65536);
	CHECK_EQ(events(p[0], POLLIN), POLLHUP);
	CHECK_EQ(events(p[0], 0), POLLHUP);
	close(p[0]);
	NEED(pipe(p));
	close(p[0]);
	CHECK_EQ(events(p[1], POLLOUT), POLLOUT | POLLERR);
	CHECK_EQ(events(p[1], 0), POLLERR);
	close(p[1]);
	CHECK_EQ(events(99, POLLIN), POLLNVAL);
	CHECK_EQ(events(-1, POLLIN), 0);
	CHECK_EQ(events(-99, POLLIN), 0);
	fd = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(events(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(events(open("/dev/null", O_RDWR), POLLIN | POLLOUT), POLLIN | POLLOUT);

	/* Several at once; the count is of entries, not of bits. */
	NEED(pipe(p));
	f[0] = (struct pollfd){ p[0], POLLIN, 0 };
	f[1] = (struct pollfd){ 99, POLLIN, 0 };
	f[2] = (struct pollfd){ p[1], POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(f, 3, -1), 2);
	CHECK_EQ(f[0].revents, 0);
	CHECK_EQ(f[1].revents, POLLNVAL);
	CHECK_EQ(f[2].revents, POLLOUT);

	/* Time: at least what was asked. */
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(poll(f, 1, 30), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 30000000);
	CHECK_EQ(poll(NULL, 0, 10), 0);
	t = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(syscall(SYS_ppoll, f, 1, &ts, NULL, 8), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 20000000);
	CHECK_EQ(ts.tv_nsec, 0);	/* the raw call hands back what is left */

	/* Another process's write wakes it. */
	pid = FORK();
	if (!pid) {
		msleep(30);
		_exit(write(p[1], "x", 1) != 1);
	}
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLIN);
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(read(p[0], big, 1), 1);

	/* A signal ends it, whatever SA_RESTART says. */
	ticks_start(SA_RESTART);
	CHECK_ERR(poll(f, 1, -1), EINTR);
	ticks_stop();
	/* ppoll's mask holds while it waits, and only then. */
	catch_sig(SIGUSR1, on_sig, 0);
	sigemptyset(&none);
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &usr, NULL));
	got = 0;
	raise(SIGUSR1);
	CHECK_EQ(got, 0);
	CHECK_ERR(ppoll(f, 1, NULL, &none), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &none));
	CHECK(sigismember(&none, SIGUSR1));

	CHECK_ERR(syscall(SYS_ppoll, f, 1, &bad, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_ppoll, f, 1, &ts, &none, 4), EINVAL);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &rl));
	CHECK_ERR(syscall(SYS_poll, f, rl.rlim_cur + 1, 0), EINVAL);
	EACH_BAD(q) {
		CHECK_ERR(syscall(SYS_poll, q, 1, 0), EFAULT);
		if (q) {
			CHECK_ERR(syscall(SYS_ppoll, f, 1, q, NULL, 8), EFAULT);
			CHECK_ERR(syscall(SYS_ppoll, f, 1, &ts, q, 8), EFAULT);
		}
	}
	return abi_done();
}
