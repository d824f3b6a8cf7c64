/* SPDX-License-Identifier: MIT */
/* SIGKILL ends a process wherever it sleeps, and everything that it held is released. */
#include "abi.h"
#include <linux/futex.h>
#include <sys/file.h>

static int p[2], full[2], lock;
static volatile int word;

static void in_read(void)
{
	char c;

	read(p[0], &c, 1);
}

static void in_write(void)
{
	static char big[65536 * 2];

	write(full[1], big, sizeof(big));
}

static void in_sleep(void)
{
	msleep(100000);
}

static void in_futex(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void in_poll(void)
{
	struct pollfd f = { p[0], POLLIN, 0 };

	poll(&f, 1, -1);
}

static void in_wait(void)
{
	if (!fork())
		for (;;)
			pause();
	wait(NULL);
}

static void in_flock(void)
{
	flock(open("f", O_RDONLY), LOCK_EX);
}

static void in_fifo(void)
{
	open("fifo", O_RDONLY);
}

static void in_sigwait(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwaitinfo(&set, NULL);
}

static void in_loop(void)
{
	for (;;)
		;
}

int main(void)
{
	static void (*const where[])(void) = { in_read, in_write, in_sleep, in_futex, in_poll,
					       in_wait, in_flock, in_fifo, in_sigwait };

	NEED(pipe(p));
	NEED(pipe(full));
	lock = NEED(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_OK(mkfifo("fifo", 0600));
	CHECK_OK(flock(lock, LOCK_EX));
	for (unsigned i = 0; i < sizeof(where) / sizeof(*where); i++) {
		pid_t pid = FORK();

		if (!pid) {
			setpgid(0, 0);
			where[i]();
			_exit(50 + i);
		}
		setpgid(pid, pid);
		let_block(pid);
		CHECK_OK(kill(-pid, SIGKILL));
		EXPECT_SIGNAL(pid, SIGKILL);
	}
	DIES_BY(SIGKILL, if (!fork()) { kill(getppid(), SIGKILL); _exit(0); } in_loop());
	return abi_done();
}
