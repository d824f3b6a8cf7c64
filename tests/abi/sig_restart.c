/* SPDX-License-Identifier: MIT */
/* Which system calls SA_RESTART restarts, which never, and nanosleep's own way. */
#include "abi.h"
#include <sys/file.h>

static volatile int *count;		/* handlers run in the parent, seen by the child, too */

static void on(int sig)
{
	++*count;
}

/* A timer's signals every 20 ms while the statements run. */
#define WITH_ALARM(flags, ...) do {						\
	ticks_start(flags);							\
	catch_sig(SIGALRM, on, flags);						\
	__VA_ARGS__;								\
	ticks_stop();								\
	CHECK(*count >= 1);							\
	*count = 0;								\
} while (0)

/* A child that ends, after writing a byte, when its parent has handled two signals. */
static pid_t later(int fd)
{
	pid_t pid;

	*count = 0;
	pid = FORK();
	if (!pid) {
		AWAIT(*count >= 2);
		if (fd >= 0)
			write(fd, "x", 1);
		_exit(abi_failed);
	}
	return pid;
}

int main(void)
{
	struct timespec ts, rem;
	struct pollfd f;
	long long t;
	int p[2], st;
	pid_t pid;
	char c;

	count = shared_pages(1);
	NEED(pipe(p));
	f = (struct pollfd){ p[0], POLLIN, 0 };

	/* Restarted. */
	pid = later(p[1]);
	WITH_ALARM(SA_RESTART, CHECK_EQ(read(p[0], &c, 1), 1));
	EXPECT_EXIT(pid, 0);
	pid = later(-1);
	WITH_ALARM(SA_RESTART, CHECK_EQ(waitpid(pid, &st, 0), pid));
	pid = later(-1);
	WITH_ALARM(SA_RESTART, CHECK_EQ(waitid(P_PID, pid, NULL, WEXITED), 0));
	/* Not without the flag. */
	WITH_ALARM(0, CHECK_ERR(read(p[0], &c, 1), EINTR));
	pid = later(-1);
	WITH_ALARM(0, CHECK_ERR(waitpid(pid, &st, 0), EINTR));
	*count = 2;
	EXPECT_EXIT(pid, 0);

	/* Never: poll, select, pause, sigtimedwait, nanosleep: they have their own ways. */
	WITH_ALARM(SA_RESTART, CHECK_ERR(poll(&f, 1, -1), EINTR));
	WITH_ALARM(SA_RESTART, CHECK_ERR(select(0, NULL, NULL, NULL, NULL), EINTR));
	WITH_ALARM(SA_RESTART, CHECK_ERR(pause(), EINTR));
	ts = (struct timespec){ 5, 0 };
	rem = (struct timespec){ 0, 0 };
	WITH_ALARM(SA_RESTART, CHECK_ERR(nanosleep(&ts, &rem), EINTR));
	CHECK(rem.tv_sec <= 4);
	WITH_ALARM(SA_RESTART, CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &rem), EINTR));
	CHECK(rem.tv_sec <= 4);

	/* Signals without a handler do not show: stop and continue in the middle of a read, a
	 * nanosleep, a poll. The sleep ends when it would have ended. */
	pid = FORK();
	if (!pid) {
		t = now_ns(CLOCK_MONOTONIC);
		ts = (struct timespec){ 0, 120000000 };
		CHECK_EQ(nanosleep(&ts, NULL), 0);
		CHECK(now_ns(CLOCK_MONOTONIC) - t >= 120000000);
		_exit(abi_failed);
	}
	let_block(pid);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	kill(pid, SIGCONT);
	EXPECT_EXIT(pid, 0);
	pid = FORK();
	if (!pid) {
		CHECK_EQ(read(p[0], &c, 1), 1);
		CHECK_EQ(poll(&f, 1, -1), 1);
		CHECK_EQ(read(p[0], &c, 1), 1);
		_exit(abi_failed);
	}
	for (int i = 0; i < 2; i++) {
		let_block(pid);
		kill(pid, SIGSTOP);
		CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
		kill(pid, SIGCONT);
		kill(pid, SIGWINCH);
		msleep(10);
		CHECK_EQ(write(p[1], "x", 1), 1);
		msleep(20);
	}
	EXPECT_EXIT(pid, 0);

	/* A restarted call starts over with the same arguments: the registers are intact. */
	{
		register long r12 asm("r12") = 0x1212;
		long ret;

		pid = later(p[1]);
		ticks_start(SA_RESTART);
		catch_sig(SIGALRM, on, SA_RESTART);
		asm volatile("syscall" : "=a"(ret), "+r"(r12)
			     : "a"(SYS_read), "D"(p[0]), "S"(&c), "d"(1) : "rcx", "r11", "memory");
		ticks_stop();
		CHECK_EQ(ret, 1);
		CHECK_EQ(r12, 0x1212);
		EXPECT_EXIT(pid, 0);
	}
	/* The number is an int: what stands above it does not hide that a call was interrupted. */
	{
		struct timespec ts = { 5, 0 };
		long high = 1UL << 63 | SYS_nanosleep, ret;

		ticks_start(0);
		catch_sig(SIGALRM, on, 0);
		asm volatile("syscall" : "=a"(ret) : "a"(high), "D"(&ts), "S"(0)
			     : "rcx", "r11", "memory");
		ticks_stop();
		CHECK_EQ(ret, -EINTR);
	}
	/* restart_syscall(2) out of the blue. */
	CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
	return abi_done();
}
