/* SPDX-License-Identifier: MIT */
/* signalfd4(2): reading signals. Skipped where there is none. */
#include "abi.h"
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo s[2];
	struct pollfd f;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 && errno == ENOSYS)
		SKIP("no signalfd");
	NEED(fd);
	CHECK_EQ(sizeof(s[0]), 128);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	f = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&f, 1, 0), 0);
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 5 });
	kill(getpid(), SIGUSR1);
	CHECK_EQ(poll(&f, 1, 0), 1);
	CHECK_ERR(read(fd, s, 127), EINVAL);
	CHECK_EQ(read(fd, s, sizeof(s)), (long)sizeof(s));
	CHECK_EQ(s[0].ssi_signo, SIGUSR1);
	CHECK_EQ(s[0].ssi_pid, getpid());
	CHECK_EQ(s[0].ssi_code, SI_USER);
	CHECK_EQ(s[1].ssi_signo, SIGUSR2);
	CHECK_EQ(s[1].ssi_int, 5);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	/* The set of an existing one can change. */
	sigdelset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	kill(getpid(), SIGUSR1);
	CHECK_ERR(read(fd, s, sizeof(s)), EAGAIN);
	CHECK_ERR(signalfd(0, &set, 0), EINVAL);
	CHECK_ERR(signalfd(-2, &set, 0), EBADF);
	CHECK_ERR(signalfd(-1, &set, 1), EINVAL);
	return abi_done();
}
