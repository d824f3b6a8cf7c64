/* SPDX-License-Identifier: MIT */
/* O_ASYNC, F_SETOWN, F_SETSIG, FIOASYNC: signals when a pipe becomes ready. fcntl(2). */
#include "abi.h"

/* The next signal of set within 5 s (or 0 s), or -1. */
static int next(const sigset_t *set, siginfo_t *si, int seconds)
{
	struct timespec ts = { .tv_sec = seconds };
	int sig;

	memset(si, 0, sizeof(*si));
	do
		sig = sigtimedwait(set, si, &ts);
	while (sig < 0 && errno == EINTR);
	return sig;
}

int main(void)
{
	struct f_owner_ex ex;
	sigset_t set;
	siginfo_t si;
	int p[2], copy, file, on;
	char c;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	NEED(pipe(p));

	/* No O_ASYNC, no owner: nothing. */
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next(&set, &si, 0), -1);
	CHECK_OK(fcntl(p[0], F_SETFL, O_ASYNC));
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next(&set, &si, 0), -1);

	/* The default is SIGIO without any details. */
	CHECK_OK(fcntl(p[0], F_SETOWN, getpid()));
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next(&set, &si, 5), SIGIO);
	CHECK_EQ(next(&set, &si, 0), -1);

	/* A signal of one's own choice comes with them. */
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGRTMIN));
	CHECK_EQ(fcntl(p[0], F_GETSIG), SIGRTMIN);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next(&set, &si, 5), SIGRTMIN);
	CHECK_EQ(si.si_code, POLL_IN);
	CHECK_EQ(si.si_fd, p[0]);
	CHECK_EQ(si.si_band, POLLIN | POLLRDNORM);

	/* A thread, a group; from another process, which is not told itself. */
	ex = (struct f_owner_ex){ .type = F_OWNER_TID, .pid = getpid() };
	CHECK_OK(fcntl(p[0], F_SETOWN_EX, &ex));
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGUSR1));
	pid = FORK();
	if (!pid) {
		setpgid(0, 0);
		CHECK_EQ(write(p[1], "b", 1), 1);
		CHECK_EQ(next(&set, &si, 0), -1);
		_exit(abi_failed);
	}
	CHECK_EQ(next(&set, &si, 5), SIGUSR1);
	EXPECT_EXIT(pid, 0);
	CHECK_OK(fcntl(p[0], F_SETOWN, -getpgrp()));
	CHECK_EQ(fcntl(p[0], F_GETOWN), -getpgrp());
	CHECK_EQ(write(p[1], "c", 1), 1);
	CHECK_EQ(next(&set, &si, 5), SIGUSR1);

	/* The flag belongs to the open file: closing one of two descriptors changes nothing. */
	copy = NEED(dup(p[0]));
	close(p[0]);
	CHECK_EQ(write(p[1], "d", 1), 1);
	CHECK_EQ(next(&set, &si, 5), SIGUSR1);

	/* Off again, by ioctl(2). */
	on = 0;
	CHECK_OK(ioctl(copy, FIOASYNC, &on));
	CHECK_EQ(fcntl(copy, F_GETFL) & O_ASYNC, 0);
	CHECK_EQ(write(p[1], "e", 1), 1);
	CHECK_EQ(next(&set, &si, 0), -1);

	/* Room for the writer; and the reader that goes away. */
	on = 1;
	CHECK_OK(ioctl(p[1], FIOASYNC, &on));
	CHECK_OK(fcntl(p[1], F_SETOWN, getpid()));
	CHECK_OK(fcntl(p[1], F_SETSIG, SIGRTMIN));
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(next(&set, &si, 5), SIGRTMIN);
	CHECK_EQ(si.si_code, POLL_OUT);
	CHECK_EQ(si.si_fd, p[1]);
	close(copy);
	CHECK_EQ(next(&set, &si, 5), SIGRTMIN);
	/* Closed while the flag is on: the list forgets it. */
	close(p[1]);
	CHECK_EQ(next(&set, &si, 0), -1);

	/* A regular file does not know it. */
	file = NEED(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_ERR(ioctl(file, FIOASYNC, &on), ENOTTY);
	CHECK_OK(fcntl(file, F_SETFL, O_ASYNC));
	CHECK_EQ(fcntl(file, F_GETFL) & O_ASYNC, 0);
	return abi_done();
}
